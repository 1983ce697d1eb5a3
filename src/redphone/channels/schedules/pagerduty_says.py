"""PagerDuty's rules read a second time, for the proof: each turn is walked through as a date.

Nothing here is shared with the mapping onto layers but the shape of the document.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from redphone.channels.schedules.pagerduty_shape import (
    Entry,
    Restriction,
    Schedule,
    ScheduleLayer,
)
from redphone.channels.schedules.says import Duty, inside, joined, sweep, utc
from redphone.core.oncall import Span

_DAY = timedelta(days=1)
_MOST_TURNS = 100_000


def spans(
    given: Schedule,
    overrides: list[Entry],
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    *,
    by_wall: bool = False,
) -> tuple[Span, ...]:
    """Who is on call by the document's rules between two moments.

    `by_wall`: turns that divide a day keep their wall time, too.
    """
    alone = [Duty(person=e.user.id, starts_at=e.start, ends_at=e.end) for e in overrides]
    levels = [
        list(_of_layer(layer, zone, start, end, by_wall=by_wall))
        for layer in given.schedule_layers
    ]
    return sweep([alone, *levels], start, end)


def _of_layer(
    layer: ScheduleLayer, zone: ZoneInfo, start: datetime, end: datetime, *, by_wall: bool
) -> Iterator[Duty]:
    begins = max(_aware(layer.start, zone), _aware(layer.rotation_virtual_start, zone), start)
    ends = min(_aware(layer.end, zone), end) if layer.end else end
    if begins >= ends or not layer.users or layer.rotation_turn_length_seconds <= 0:
        return
    turns = (
        Duty(person=person, starts_at=since, ends_at=until)
        for person, since, until in _turns(layer, zone, begins, ends, by_wall=by_wall)
    )
    yield from inside(turns, joined(_allowed(layer.restrictions, zone, begins, ends)))


def _turns(
    layer: ScheduleLayer, zone: ZoneInfo, begins: datetime, ends: datetime, *, by_wall: bool
) -> Iterator[tuple[str, datetime, datetime]]:
    """Each turn that touches the span. Whole days go by the wall, the others by elapsed time."""
    length = timedelta(seconds=layer.rotation_turn_length_seconds)
    divides = by_wall and not layer.restrictions and _DAY % length == timedelta(0)
    clock = zone if divides or length % _DAY == timedelta(0) else ZoneInfo("UTC")
    bare = _aware(layer.rotation_virtual_start, zone).astimezone(clock).replace(tzinfo=None)
    passed = (begins.astimezone(clock).replace(tzinfo=None) - bare) // length - 1
    for number in range(passed, passed + _MOST_TURNS):
        since = utc(bare + number * length, clock)
        until = utc(bare + (number + 1) * length, clock)
        if since >= ends:
            return
        if until > begins:
            person = layer.users[number % len(layer.users)].user.id
            yield person, max(since, begins), min(until, ends)


def _allowed(
    restrictions: list[Restriction], zone: ZoneInfo, begins: datetime, ends: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The times at which restrictions let the layer speak."""
    if not restrictions:
        yield begins, ends
        return
    day = begins.astimezone(zone).date() - timedelta(days=8)
    while day <= ends.astimezone(zone).date():
        for each in restrictions:
            weekly = each.type == "weekly_restriction"
            if not weekly or day.isoweekday() == each.start_day_of_week:
                opens = datetime.combine(day, each.start_time_of_day)
                closes = opens + timedelta(seconds=each.duration_seconds)
                yield utc(opens, zone), utc(closes, zone)
        day += _DAY


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=zone)
