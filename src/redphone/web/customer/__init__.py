"""The customers' face: report a critical issue, and follow their own organisation's cases."""
