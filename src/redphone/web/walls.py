"""Moments as a clock on the wall of some zone shows them, for pages that speak of days.

Everything else on the desk's pages is said in UTC (`words.py`); a rota is lived in the zone of the
people on it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every zone that can be chosen: "Region/City" names, and UTC first."""
    places = (name for name in available_timezones() if "/" in name)
    return ("UTC", *sorted(name for name in places if not name.startswith(("Etc/", "SystemV/"))))


def is_zone(name: str) -> bool:
    """Whether this names a zone whose clocks are known."""
    return name in available_zones()


@lru_cache(maxsize=1)
def available_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """The zone of that name; UTC where nobody knows it, so that a page always opens."""
    return ZoneInfo(name if is_zone(name) else "UTC")


def clock(then: datetime, within: ZoneInfo) -> str:
    """The time of day, "09:00"; where the clocks show it twice, with the zone's own letters."""
    wall = then.astimezone(within)
    shown = f"{wall:%H:%M}"
    other = wall.replace(fold=1 - wall.fold)
    return f"{shown} {wall.tzname()}" if other.utcoffset() != wall.utcoffset() else shown


def day(on: date) -> str:
    """A day in a narrow place: "Mon 23 Nov"."""
    return f"{on:%a} {on.day} {on:%b}"


def moment(then: datetime, within: ZoneInfo, at: datetime) -> str:
    """A day and a time: "Mon 23 Nov, 09:00"; "today", "tomorrow"; the year where it differs."""
    on, today = then.astimezone(within).date(), at.astimezone(within).date()
    near = {today: "today", today + _DAY: "tomorrow", today - _DAY: "yesterday"}
    year = f" {on.year}" if on.year != today.year else ""
    return f"{near.get(on) or day(on) + year}, {clock(then, within)}"


def midnight(on: date, within: ZoneInfo) -> datetime:
    """When a day begins in a zone, in UTC; the first moment of it where midnight is skipped."""
    return datetime.combine(on, time(0), within).astimezone(UTC)


def from_wall(wall: datetime, within: ZoneInfo) -> datetime:
    """A wall time as a moment in UTC: the first of two; one that is skipped, after the skip."""
    return wall.replace(tzinfo=within, fold=0).astimezone(UTC)
