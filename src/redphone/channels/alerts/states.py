"""What a sender's own word means: that something is wrong, is taken, or is over.

When nothing tells, it is wrong: an alert that is looked at for nothing costs a minute, one that
was taken for a recovery may cost a night.
"""

from __future__ import annotations

import re
from typing import Any

from redphone.channels.alerts.alert import Change

OVER = frozenset((
    "resolved", "resolve", "resolves", "recovered", "recover", "recovers", "recovery", "ok",
    "okay", "up", "closed", "close", "clear", "cleared", "clears", "normal", "healthy",
    "inactive", "deactivated", "ended", "end", "success", "successful", "passing", "passed",
    "green", "fixed", "restored", "operational", "solved", "online", "good",
))  # fmt: skip
TAKEN = frozenset((
    "acknowledged", "acknowledge", "acknowledges", "acknowledgement", "ack", "acked",
    "assigned",
))  # fmt: skip
WRONG = frozenset((
    "firing", "fired", "fire", "triggered", "trigger", "alerting", "alert", "alarm", "open",
    "opened", "reopened", "created", "create", "active", "activated", "activate", "problem",
    "down", "critical", "crit", "error", "errored", "failed", "failure", "fail", "failing",
    "fatal", "emergency", "disaster", "warning", "warn", "nodata", "unhealthy", "degraded",
    "outage", "unresolved", "major", "high", "red", "danger", "offline", "unavailable",
    "unreachable", "breached", "violated", "started", "trouble", "page", "severe",
    "insufficient", "unknown", "missing", "timeout",
))  # fmt: skip
TURNS = frozenset((
    "not", "no", "non", "un", "isn", "never", "without",
))  # fmt: skip

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_OVER_IN_TITLE = re.compile(
    r"^\W*(?:resolved|recovered|recovery|ok|up|closed|cleared|back to normal)\s*(?:[:\])|-]|$)"
    r"|^(?:\S+\s+){0,12}?(?:has|have|is|are)\s+(?:now\s+)?"
    r"(?:recovered|resolved|cleared|back\s+(?:up|online|to\s+normal))\b"
    r"|\brecovered from\b|[\[(](?:resolved|ok|up|recovered|closed)[\])]|\bis (?-i:UP)\b|✅|🟢",
    re.IGNORECASE,
)
_TAKEN_IN_TITLE = re.compile(
    r"^\W*(?:acknowledged|ack)\s*(?:[:\])|-]|$)|\[acknowledged\]", re.IGNORECASE
)


def change_of(word: Any) -> Change | None:
    """What one word or code of a sender means, such as "RESOLVED", "ALERT_RECOVERY", "not ok".

    None when it tells nothing either way.
    """
    if not isinstance(word, str) or len(word) > 80:
        return None
    words = [found.lower() for found in _WORDS.findall(word)]
    told = set(words)
    if any(turn in TURNS for turn in words):
        turned = told & (OVER | {"data"})
        return Change.FIRING if turned else None
    if told & OVER:
        return Change.RESOLVED
    if told & TAKEN:
        return Change.ACKNOWLEDGED
    return Change.FIRING if told & WRONG else None


def is_only_state(value: str) -> bool:
    """Whether a text is a state and nothing more, such as "ok" or "Not OK"."""
    words = _WORDS.findall(value[:80])
    return bool(words) and all(word.lower() in OVER | TAKEN | WRONG | TURNS for word in words)


def change_of_title(title: str) -> Change | None:
    """What a title or a message begins with or says plainly: "[Recovered] …", "… is back up"."""
    start = title[:200]
    if _OVER_IN_TITLE.search(start):
        return Change.RESOLVED
    return Change.ACKNOWLEDGED if _TAKEN_IN_TITLE.search(start) else None
