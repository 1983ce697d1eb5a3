"""Tags for templates; see `desk`."""
