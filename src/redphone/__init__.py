"""Redphone: an urgent-support desk. The floors are described in docs/architecture.md."""

__version__ = "0.1.0"
