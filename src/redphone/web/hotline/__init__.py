"""The hotline's door: what a voice provider posts to, and what the line hears."""
