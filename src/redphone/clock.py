"""The only place that reads the system clock.

The edges (web, api, jobs, config, cli) ask here and hand the moment down as `at`; no rule, row or
channel asks for itself, so that every one of them can be run at any moment a test likes.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The moment it is, as an aware datetime in UTC."""
    return datetime.now(UTC)
