"""Times and spans in words. Every page says them through here, so that all say them alike.

`static/redphone/desk.js` says the same words when it makes them tick.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def span(length: timedelta) -> str:
    """A length for a narrow place, two units at most: "2 min 41 s", "1 h 5 min", "3 days"."""
    seconds = abs(int(length.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return _two(seconds, (_MINUTE, "min"), (1, "s"))
    if seconds < 2 * _DAY:
        return _two(seconds, (_HOUR, "h"), (_MINUTE, "min"))
    return f"{seconds // _DAY} days"


def _two(seconds: int, first: tuple[int, str], second: tuple[int, str]) -> str:
    whole, rest = divmod(seconds, first[0])
    part = rest // second[0]
    return f"{whole} {first[1]}" + (f" {part} {second[1]}" if part else "")


def length(of: timedelta) -> str:
    """A length in whole words, rounded down: "12 minutes", "1 hour 5 minutes", "3 days"."""
    seconds = abs(int(of.total_seconds()))
    if seconds < _MINUTE:
        return counted(seconds, "second")
    if seconds < _HOUR:
        return counted(seconds // _MINUTE, "minute")
    if seconds < 2 * _DAY:
        hours, rest = divmod(seconds, _HOUR)
        minutes = rest // _MINUTE
        return counted(hours, "hour") + (f" {counted(minutes, 'minute')}" if minutes else "")
    return counted(seconds // _DAY, "day")


def counted(number: int, noun: str) -> str:
    """ "1 minute", "2 minutes": the noun in the right number."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def left(due: datetime, at: datetime) -> str:
    """How long there is until `due`: "in 12 minutes", "now", "2 minutes late"."""
    seconds = int((due - at).total_seconds())
    if seconds == 0:
        return "now"
    return f"in {length(due - at)}" if seconds > 0 else f"{length(due - at)} late"


def ago(then: datetime, at: datetime) -> str:
    """How long it has been: "12 minutes ago", "just now"; what is to come is "in 12 minutes"."""
    seconds = int((at - then).total_seconds())
    if seconds < 0:
        return f"in {length(then - at)}"
    return "just now" if seconds < 10 else f"{length(at - then)} ago"


def digits(due: datetime, at: datetime) -> str:
    """The big figures of a clock: "1:18", "2:57:44", "−2:06" once it is late, "3 days"."""
    seconds = int((due - at).total_seconds())
    sign, seconds = ("−", -seconds) if seconds < 0 else ("", seconds)
    if seconds >= 2 * _DAY:
        return f"{sign}{seconds // _DAY} days"
    hours, rest = divmod(seconds, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def clock_time(then: datetime, at: datetime | None = None) -> str:
    """A moment with its zone: "14:32 UTC" on the day of `at`, "22 Nov, 14:32 UTC" else."""
    then = then.astimezone(UTC)
    if at is None or then.date() != at.astimezone(UTC).date():
        year = f" {then.year}" if at is None or then.year != at.astimezone(UTC).year else ""
        return f"{then.day} {then:%b}{year}, {then:%H:%M} UTC"
    return f"{then:%H:%M} UTC"


def exact(then: datetime) -> str:
    """A moment to the second: "22 Nov 2026, 14:32:05 UTC"."""
    then = then.astimezone(UTC)
    return f"{then.day} {then:%b %Y, %H:%M:%S} UTC"


def people_list(names: list[str]) -> str:
    """ "Ana", "Ana and Bo", "Ana, Bo and Ines"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
