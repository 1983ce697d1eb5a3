"""The faces: what responders, customers and everyone else see in a browser."""
