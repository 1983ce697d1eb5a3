"""Looking up what a server said among what servers say."""

from __future__ import annotations

import re

from redphone.channels.mail.bounce_failed import FAILED
from redphone.channels.mail.bounce_refused import REFUSED
from redphone.channels.mail.bounce_sure import FILTERED, FIRST, UNKNOWN_USER

_FIRST = tuple((reason, re.compile(phrases)) for reason, phrases in FIRST)
_LATER = tuple((reason, re.compile(phrases)) for reason, phrases in REFUSED + FAILED)
_UNKNOWN = re.compile(UNKNOWN_USER)
_FILTERED = re.compile(FILTERED)


def sure(text: str) -> str:
    """The reason that a text tells beyond doubt, "" if none."""
    return next((reason for reason, phrases in _FIRST if phrases.search(text)), "")


def said(text: str) -> str:
    """The first reason whose phrases a text has, in the order above; "" if it has none."""
    return next((reason for reason, phrases in _LATER if phrases.search(text)), "")


def says(reason: str, text: str) -> bool:
    """Whether a text has one of the phrases for this reason."""
    return any(name == reason and phrases.search(text) for name, phrases in _FIRST + _LATER)


def says_unknown(text: str) -> bool:
    """Whether a text says that the address is not there."""
    return _UNKNOWN.search(text) is not None


def says_filtered(text: str) -> bool:
    """Whether a text says that its receiver doesn't want the mail."""
    return _FILTERED.search(text) is not None
