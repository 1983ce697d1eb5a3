"""Values out of strangers' bodies: text that can be stored, moments, links, keys, flat fields.

Everything here takes anything and raises nothing; what it gives back has a bounded size.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

MOST_ALERTS = 5001
"""Alerts of one body that are read: one more than a door takes one by one, so that it can tell."""

LONGEST_TITLE = 250
LONGEST_VALUE = 1000
LONGEST_TEXT = 8000
LONGEST_KEY = 255
LONGEST_NAME = 120
MOST_FIELDS = 100
DEEPEST_FIELD = 6

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")
_LINK = re.compile(r"https?://[^\s/?#\\@\"<>]+(?:[/?#][^\s\\\"<>]*)?", re.IGNORECASE)
_EPOCH = re.compile(r"\d{9,19}(?:\.\d{1,9})?")
_OFFSET_WITH_NAME = re.compile(r"(.+?)\s*([+-]\d\d:?\d\d)\s+[A-Z]{1,5}")
_PLACEHOLDER = re.compile(r"\*\w+\*|\{[A-Z][A-Z0-9_.]+\}|\$[A-Z][A-Z_]+|\*UNKNOWN\*")

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def text(value: Any, limit: int = LONGEST_VALUE) -> str:
    """A single value as text of at most `limit` characters; "" for what is none.

    Control characters and halves of characters can't be stored or shown, and are left out. A
    placeholder that the sender has not filled in is no value.
    """
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, str):
        whole = value
    elif isinstance(value, bool):
        return "true" if value else "false"
    else:
        whole = _number(value)
    cut = whole[: limit + 1]
    if not cut.isprintable():
        cut = _CONTROL.sub(" ", cut.encode("utf-8", "replace").decode())
    cut = cut.strip()
    if cut[:1] in _STARTS and _PLACEHOLDER.fullmatch(cut):
        return ""
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


_STARTS = ("*", "{", "$")


def _number(value: Any) -> str:
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    try:
        return str(value)
    except ValueError:  # Python refuses to write out a number of thousands of digits.
        return "a very large number"


def line(value: Any, limit: int = LONGEST_TITLE) -> str:
    """The same on one line: for a title or a name."""
    found = text(value, limit)
    return found if found.isprintable() and "  " not in found else " ".join(found.split())


def link(value: Any) -> str:
    """A link that may be shown: http or https, with a host, and nothing that breaks a page."""
    if not isinstance(value, str) or len(value) > 2000:
        return ""
    found = value.strip()
    return found if found.isprintable() and _LINK.fullmatch(found) else ""


def key_of(value: Any) -> str:
    """A sender's key as it can be stored: itself, or a digest of one that is too long or odd."""
    if isinstance(value, str) and len(value) <= LONGEST_KEY and value.isprintable():
        return value
    if isinstance(value, str):
        return digest(value)
    return text(value, LONGEST_KEY)


def digest(*parts: str) -> str:
    """A key made of the parts that tell one trouble from another."""
    joined = "\x00".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:40]


def when(value: Any) -> datetime | None:
    """A moment, from ISO 8601 and its relatives or from seconds since 1970 or thousandths of them.

    None for what is none, and for moments before 2000 or after 2200: "0001-01-01" means "not yet".
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        moment = _from_text(value.strip()) if isinstance(value, str) else _from_epoch(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        return None
    return moment if _EARLIEST <= moment < _LATEST else None


def _from_text(value: str) -> datetime:
    if len(value) > 60:
        raise ValueError(value[:60])
    if _EPOCH.fullmatch(value):
        return _from_epoch(float(value))
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return _from_relative(value)


def _from_relative(value: str) -> datetime:
    """Spellings of Go and of people: "… +0000 UTC", "… UTC", "2026.11.23 12:00:00"."""
    if found := _OFFSET_WITH_NAME.fullmatch(value):
        return datetime.fromisoformat(found[1] + found[2])
    spelled = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", value)
    spelled = re.sub(r"^(\d{4})[./](\d\d)[./](\d\d)", r"\1-\2-\3", spelled)
    return datetime.fromisoformat(spelled)


def _from_epoch(value: float) -> datetime:
    """Seconds, or thousandths, millionths, billionths of them: told apart by their size."""
    seconds = float(value)
    for _ in range(3):
        if seconds < 1e11:
            break
        seconds /= 1000
    return _EPOCH_START + timedelta(seconds=seconds)


def flat(*values: Any) -> dict[str, str]:
    """All single values inside some values, by dotted names; the first of a name is kept.

    What is too deep, too many or too long is left out or cut short: the raw body has it.
    """
    found: dict[str, str] = {}
    waiting = [("", value, 0) for value in reversed(values)]
    looked = 0
    while waiting and len(found) < MOST_FIELDS and looked < 10 * MOST_FIELDS:
        name, value, depth = waiting.pop()
        looked += 1
        if isinstance(value, dict | list):
            if depth < DEEPEST_FIELD:
                waiting += reversed(_children(name, value, depth + 1))
        elif (told := text(value)) and name:
            found.setdefault(name[:LONGEST_NAME], told)
    return found


def _children(name: str, value: Any, depth: int) -> list[tuple[str, Any, int]]:
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    lead = f"{name}." if name else ""
    return [
        (lead + line(key, LONGEST_NAME), child, depth)
        for (key, child), _ in zip(pairs, range(MOST_FIELDS), strict=False)
    ]


def first(source: Mapping[str, Any], *names: str) -> str:
    """The first of these names that has a value, on one line."""
    for name in names:
        if found := line(source.get(name)):
            return found
    return ""


def table(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none for what is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
