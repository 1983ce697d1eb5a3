"""The public face: the status page, for anyone."""
