"""Template tags of the responders' pages."""
