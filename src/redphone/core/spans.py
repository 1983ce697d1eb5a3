"""Spans as people write them in the policy: "30 min", "1 business hour", "5 business days".

A span says how long a promise may take, and by which clock: the wall's, or the desk's business
hours. What a span means for a given start is worked out in `hours.deadline`.

Source: POL-2, POL-4, EMG-1 to EMG-5, FAQ-3, FAQ-7, FAQ-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

_WALL_UNITS = {
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "day": timedelta(days=1),
}
_SPELLINGS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "day"),
}
_WHOLE = re.compile(r"(?:\d+\s*(?:business\s+)?[a-z]+)(?:\s+\d+\s*(?:business\s+)?[a-z]+)*")
_PART = re.compile(r"(\d+)\s*(business\s+)?([a-z]+)")
_LONGEST = timedelta(days=3660)
_EXAMPLES = 'Write it like "30 min", "1 h 30 min", "1 business hour" or "5 business days".'


class SpanUnreadable(ValueError):
    """This is not a span. Write a whole number and a unit, such as "30 min"."""


class SpanUnit(StrEnum):
    """The clock that a span is counted by."""

    WALL = "wall"
    BUSINESS_HOURS = "business hours"
    BUSINESS_DAYS = "business days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A length of time and the clock it is counted by.

    `length` is the length itself for `WALL` and `BUSINESS_HOURS`, and that many whole days for
    `BUSINESS_DAYS`. It is always longer than nothing and a whole number of seconds.

    Raises:
        ValueError: the length is nothing, negative, or not whole.
    """

    unit: SpanUnit
    length: timedelta

    def __post_init__(self) -> None:
        if self.length <= timedelta(0) or self.length.microseconds:
            raise ValueError(f"A span is one or more whole seconds, not {self.length!r}.")
        if self.unit is SpanUnit.BUSINESS_DAYS and self.length.seconds:
            raise ValueError(f"Business days are whole days, not {self.length!r}.")

    def __str__(self) -> str:
        """The span as people write it; `parse_span` reads it back to the same value."""
        if self.unit is SpanUnit.BUSINESS_DAYS:
            return _counted(self.length.days, "business day")
        if self.unit is SpanUnit.BUSINESS_HOURS:
            return _business_words(int(self.length.total_seconds()))
        return _wall_words(int(self.length.total_seconds()))


def parse_span(text: str) -> Span:
    """Read a span as people write it; parts may be joined ("1 h 30 min"), capitals don't matter.

    Raises:
        SpanUnreadable: with what to write instead.
    """
    words = " ".join(text.lower().split())
    if not _WHOLE.fullmatch(words):
        raise SpanUnreadable(f'"{text}" is not a span. {_EXAMPLES}')
    parts = [
        (int(number), bool(business), _unit(unit, text))
        for number, business, unit in _PART.findall(words)
    ]
    span = _joined(parts, text)
    if span.length > _LONGEST:
        raise SpanUnreadable(f'"{text}" is longer than ten years. Write a shorter span.')
    return span


def _unit(word: str, text: str) -> str:
    if word not in _SPELLINGS:
        raise SpanUnreadable(f'"{text}" is not a span: "{word}" is not a unit. {_EXAMPLES}')
    return _SPELLINGS[word]


def _joined(parts: list[tuple[int, bool, str]], text: str) -> Span:
    """One span from its parts, which all have to be counted by the same clock."""
    kinds = {(business, business and unit == "day") for _, business, unit in parts}
    if len(kinds) > 1:
        raise SpanUnreadable(
            f'"{text}" mixes business time with other time. Write it in one of them, '
            'such as "90 business min" or "5 business days".'
        )
    if len({unit for _, _, unit in parts}) < len(parts):
        raise SpanUnreadable(f'"{text}" gives a unit twice. {_EXAMPLES}')
    if max(number for number, _, _ in parts) > _LONGEST.total_seconds():
        raise SpanUnreadable(f'"{text}" is longer than ten years. Write a shorter span.')
    length = sum((number * _WALL_UNITS[unit] for number, _, unit in parts), timedelta(0))
    if not length:
        raise SpanUnreadable(f'"{text}" is no time at all. Write 1 s or more.')
    business, in_days = kinds.pop()
    if in_days:
        return Span(unit=SpanUnit.BUSINESS_DAYS, length=length)
    unit = SpanUnit.BUSINESS_HOURS if business else SpanUnit.WALL
    return Span(unit=unit, length=length)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _wall_words(seconds: int) -> str:
    # A single day is written "24 h": the source's spans of a day are clocks, not calendar days.
    days, rest = divmod(seconds, 86_400)
    if days >= 2 and not rest:
        return f"{days} days"
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    named = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{number} {unit}" for number, unit in named if number)


def _business_words(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    if not rest:
        return _counted(hours, "business hour")
    minutes, left = divmod(rest, 60)
    named = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{number} business {unit}" for number, unit in named if number)
