"""Walls and instants, in whole microseconds since 1970 UTC.

The conventions are those of `core.hours`: a wall time that comes twice means its first coming (as
in RFC 5545); one that is skipped means the moment of the skip. A day begins with its midnight, by
the same rule, so that a day which a zone leaves out has no length.

A year of fifty layers is some hundred thousand instants: they are counted as integers, and a
zone's offsets are found once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEK = 7 * DAY
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001, a wall time has no zone
TICK = timedelta(microseconds=1)
MONDAY = -3 * DAY
"""The wall time at which the week of 1 January 1970 began."""
FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Walls:
    """A zone's offsets over some years: the n-th holds from `since[n]`, until the wall `ends[n]`.

    Before the first and after the last year the nearest offset is taken.
    """

    since: tuple[int, ...]
    offsets: tuple[int, ...]
    ends: tuple[int, ...]

    def instant(self, wall: int) -> int:
        """The instant of a wall time."""
        n = bisect_right(self.ends, wall)
        return max(wall - self.offsets[n], self.since[n])

    def instants(self, walls: range) -> list[int]:
        """The instants of wall times that rise by even steps."""
        found: list[int] = []
        while walls:
            n = bisect_right(self.ends, walls[0])
            # All walls before this offset's end are read by it.
            count = min(len(walls), -((walls[0] - self.ends[n]) // walls.step))
            offset, since = self.offsets[n], self.since[n]
            part = [wall - offset for wall in walls[:count]]
            skipped = bisect_right(part, since)
            part[:skipped] = [since] * skipped
            found += part
            walls = walls[count:]
        return found

    def wall(self, instant: int) -> int:
        """What the wall shows at an instant."""
        return instant + self.offsets[bisect_right(self.since, instant) - 1]


def micros(at: datetime) -> int:
    """An aware moment as microseconds since 1970 UTC."""
    return (at - EPOCH) // TICK


def moment(instant: int) -> datetime:
    """The UTC moment of an instant."""
    return EPOCH + timedelta(microseconds=instant)


def wall_of(at: datetime, zone: str) -> int:
    """The wall time of any moment, however far from the years that are looked at."""
    return (at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - NAIVE_EPOCH) // TICK


def walls(zone: str, start: int, end: int) -> Walls:
    """The zone's offsets around two instants: a year more on either side."""
    first = max(2, moment(start).year - 1)
    return _walls(zone, first, min(9998, moment(end).year + 1))


@lru_cache(maxsize=1024)
def _walls(zone: str, first: int, last: int) -> Walls:
    changes: list[tuple[int, int]] = []
    for year in range(first, last + 1):
        for since, offset in _changes(zone, year):
            if not changes or changes[-1][1] != offset:
                changes.append((since, offset))
    begins = (-FOREVER, *(at for at, _ in changes[1:]))
    offsets = tuple(offset for _, offset in changes)
    ends = (*(at + offset for at, offset in zip(begins[1:], offsets, strict=False)), FOREVER)
    return Walls(begins, offsets, ends)


@lru_cache(maxsize=4096)
def _changes(zone: str, year: int) -> Sequence[tuple[int, int]]:
    """The offset at the year's beginning, and each one that follows with its first instant.

    It looks once a day: no zone has changed its clocks twice within one.
    """
    here = ZoneInfo(zone)
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = [(micros(at), _offset(at, here))]
    while at < end:
        following = min(at + timedelta(days=1), end)
        if (offset := _offset(following, here)) != found[-1][1]:
            found.append((micros(_first(at, following, here)), offset))
        at = following
    return found


def _first(before: datetime, after: datetime, here: ZoneInfo) -> datetime:
    """The first second with the offset that holds at `after`, and not at `before`."""
    offset = _offset(after, here)
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        reached = _offset(before + timedelta(seconds=middle), here) == offset
        low, high = (low, middle) if reached else (middle, high)
    return before + timedelta(seconds=high)


def _offset(at: datetime, here: ZoneInfo) -> int:
    return (at.astimezone(here).utcoffset() or timedelta(0)) // TICK
