"""Tests on real PostgreSQL."""
