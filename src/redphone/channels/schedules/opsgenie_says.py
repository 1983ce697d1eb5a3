"""Opsgenie's rules read a second time, for the proof: each turn is walked through as a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from redphone.channels.schedules.opsgenie_shape import (
    OverrideGiven,
    Restriction,
    Rotation,
    Schedule,
    TimeRestriction,
)
from redphone.channels.schedules.says import Duty, inside, joined, sweep, utc
from redphone.core.oncall import Span

_DAY = timedelta(days=1)
_LENGTHS = {"hourly": timedelta(hours=1), "daily": _DAY, "weekly": 7 * _DAY}
_NAMES = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".lower().split()
_MOST_TURNS = 100_000


def spans(
    given: Schedule, overrides: list[OverrideGiven], zone: ZoneInfo, start: datetime, end: datetime
) -> tuple[Span, ...]:
    """Who is on call by the document's rules between two moments."""
    found: list[Duty] = []
    for rotation in given.rotations:
        if not rotation.enabled:
            continue
        mine = [o for o in overrides if _takes(o, rotation)]
        instead = [
            Duty(person=o.user.key, starts_at=o.start_date, ends_at=o.end_date) for o in mine
        ]
        turns = list(_duties(rotation, zone, start, end))
        found += [
            Duty(person=person, starts_at=each.starts_at, ends_at=each.ends_at)
            for each in sweep([instead, turns], start, end)
            for person in each.people
        ]
    return sweep([found], start, end)


def _takes(override: OverrideGiven, rotation: Rotation) -> bool:
    if not override.rotations:
        return True
    ids = {each.id for each in override.rotations if each.id}
    names = {each.name for each in override.rotations if not each.id}
    return rotation.id in ids or rotation.name in names


def _duties(rotation: Rotation, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Duty]:
    length = _LENGTHS.get(rotation.type.lower())
    if length is None or rotation.length < 1 or not rotation.participants:
        return
    begins = max(_aware(rotation.start_date, zone), start)
    ends = min(_aware(rotation.end_date, zone), end) if rotation.end_date else end
    allowed = joined(_allowed(rotation.time_restriction, zone, begins, ends))
    yield from inside(_turns(rotation, length, zone, begins, ends), allowed)


def _turns(
    rotation: Rotation, length: timedelta, zone: ZoneInfo, begins: datetime, ends: datetime
) -> Iterator[Duty]:
    clock = zone if length >= _DAY else ZoneInfo("UTC")
    bare = _aware(rotation.start_date, zone).astimezone(clock).replace(tzinfo=None)
    step = length * rotation.length
    first = max((begins.astimezone(clock).replace(tzinfo=None) - bare) // step - 1, 0)
    for number in range(first, first + _MOST_TURNS):
        since = max(utc(bare + number * step, clock), begins)
        until = min(utc(bare + (number + 1) * step, clock), ends)
        if since >= ends:
            return
        who = rotation.participants[number % len(rotation.participants)]
        if who.type == "user" and since < until:
            yield Duty(person=who.key, starts_at=since, ends_at=until)


def _allowed(
    given: TimeRestriction | None, zone: ZoneInfo, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, datetime]]:
    if given is None or not given.parts:
        yield begins, ends
        return
    day = begins.astimezone(zone).date() - 8 * _DAY
    while day <= ends.astimezone(zone).date():
        for part in given.parts:
            if given.type == "time-of-day":
                yield _of_a_day(part, day, zone)
            elif _NAMES[day.weekday()] == (part.start_day or "").lower():
                yield _of_a_week(part, day, zone)
        day += _DAY


def _of_a_day(part: Restriction, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    opens = datetime.combine(day, time(part.start_hour % 24, part.start_min))
    closes = datetime.combine(day, time(part.end_hour % 24, part.end_min))
    if closes <= opens:
        closes += _DAY
    return utc(opens, zone), utc(closes, zone)


def _of_a_week(part: Restriction, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    opens = datetime.combine(day, time(part.start_hour % 24, part.start_min))
    days = (_NAMES.index((part.end_day or "").lower()) - opens.weekday()) % 7
    closes = datetime.combine(opens.date() + days * _DAY, time(part.end_hour % 24, part.end_min))
    if closes <= opens:
        closes += 7 * _DAY
    return utc(opens, zone), utc(closes, zone)


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=zone)
