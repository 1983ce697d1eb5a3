"""Decides. Plain functions over frozen values: no Django, no clock, no input or output."""
