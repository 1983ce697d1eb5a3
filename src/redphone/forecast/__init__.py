"""Imagining: the core under a virtual clock, without a database."""
