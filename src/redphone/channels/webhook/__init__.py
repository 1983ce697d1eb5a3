"""Webhooks out: signed posts to programs elsewhere (Standard Webhooks)."""
