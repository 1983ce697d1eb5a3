"""The form of the *Report Critical Issue* button, as it arrives."""
