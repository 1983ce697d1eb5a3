"""Business time once more, minute by minute: the arithmetic that `redphone verify` checks with.

On purpose nothing like `hours`: no windows are cut and no edges are looked up. Every minute is
asked what the wall shows, and whether the desk is open then. A day's answers are kept, so that
many deadlines cost little.

What the wall has shown counts, not what it shows: on the night when an hour comes twice, a time
of day is over once it was seen, and what is skipped was seen at the skip.

Source: FAQ-3, FAQ-7, FAQ-8; clauses.md, rows 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from redphone.core.policy import HoursSource, Target
from redphone.core.spans import Span, SpanUnit

_MINUTE = timedelta(minutes=1)
_A_DAY = 24 * 60
_PATIENCE = 400
"""Days to look ahead before a calendar counts as never open."""


class NeverOpen(Exception):
    """In more than a year of minutes this calendar is never open. Give its week a window."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the minutes are asked: the policy's own hours, and the days on which it is closed."""

    hours: HoursSource
    closed: frozenset[date]

    def is_open(self, wall: datetime) -> bool:
        """Whether the desk is open when the wall shows this."""
        if wall.date() in self.closed:
            return False
        shown = wall.time()
        windows = self.hours.week[wall.weekday()]
        return any(
            opens <= shown and (shown < closes or closes == time(0)) for opens, closes in windows
        )


@lru_cache(maxsize=4096)
def _minutes(calendar: Calendar, day: date) -> tuple[int, ...]:
    """For each minute of a UTC day the local day on which the desk is open then; 0 is closed."""
    zone = ZoneInfo(calendar.hours.time_zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    shown = (midnight - timedelta(days=2)).replace(tzinfo=None)
    answers = []
    # Three hours ahead of midnight, so that an hour that comes again is known to be a second one.
    for minute in range(-180, _A_DAY):
        wall = (midnight + minute * _MINUTE).astimezone(zone).replace(tzinfo=None, fold=0)
        shown = max(shown, wall)
        if minute >= 0:
            answers.append(shown.toordinal() if calendar.is_open(shown) else 0)
    return tuple(answers)


def _from(calendar: Calendar, at: datetime) -> Iterator[tuple[datetime, int]]:
    """Each minute from the one that holds `at` on, with its answer; without end."""
    at = at.astimezone(UTC)
    first = at.hour * 60 + at.minute
    day = at.date()
    for _ in range(_PATIENCE):
        answers = _minutes(calendar, day)
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        # Most minutes are closed ones: whole closed days are passed over at once.
        if first or any(answers):
            for minute in range(first, _A_DAY):
                yield midnight + minute * _MINUTE, answers[minute]
        first, day = 0, day + timedelta(days=1)
    raise NeverOpen


def opening(calendar: Calendar, at: datetime) -> datetime:
    """The first moment from `at` on at which the desk is open."""
    return next(max(minute, at) for minute, answer in _from(calendar, at) if answer)


def is_open(calendar: Calendar, at: datetime) -> bool:
    return bool(next(_from(calendar, at))[1])


def _after_business_time(calendar: Calendar, at: datetime, left: timedelta) -> datetime:
    for minute, answer in _from(calendar, at):
        if not answer:
            continue
        begins = max(minute, at)
        if left <= minute + _MINUTE - begins:
            return begins + left
        left -= minute + _MINUTE - begins
    raise AssertionError("the minutes never end")


def _after_business_days(calendar: Calendar, at: datetime, days: int) -> datetime:
    """The closing of the last of so many days on which the desk opened, after the day of `at`."""
    zone = ZoneInfo(calendar.hours.time_zone)
    today = at.astimezone(zone).toordinal()
    seen: list[int] = []
    closing = at
    for minute, answer in _from(calendar, at):
        if not answer or answer <= today:
            continue
        if answer not in seen:
            if len(seen) == days:
                return closing
            seen.append(answer)
        closing = minute + _MINUTE
    raise AssertionError("the minutes never end")


def _after(calendar: Calendar, at: datetime, span: Span) -> datetime:
    if span.unit is SpanUnit.WALL:
        return at.astimezone(UTC) + span.length
    if span.unit is SpanUnit.BUSINESS_HOURS:
        return _after_business_time(calendar, at.astimezone(UTC), span.length)
    return _after_business_days(calendar, at.astimezone(UTC), span.length.days)


@lru_cache(maxsize=8192)
def due(target: Target, start: datetime, calendar: Calendar) -> datetime:
    """When a target that began at `start` is due.

    Source: FAQ-3, FAQ-7; clauses.md, row 7.
    """
    outside = target.outside_business_hours
    if outside is None or is_open(calendar, start):
        return _after(calendar, start, target.within)
    opens = opening(calendar, start)
    return min(_after(calendar, start, outside), _after(calendar, opens, target.within))
