"""Chat and push apps, by Apprise."""
