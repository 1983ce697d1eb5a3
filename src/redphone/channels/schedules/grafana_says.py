"""A shift of Grafana OnCall as dated duties, for the proof: each group is a calendar rule.

That is how Grafana OnCall itself works out who is on call. Nothing here is shared with the
mapping onto layers but the shape of the document.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from redphone.channels.schedules.grafana_shape import Shift
from redphone.channels.schedules.says import Duty, utc

_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MARGIN = timedelta(days=40)


def duties(shift: Shift, zone: ZoneInfo, start: datetime, end: datetime) -> list[Duty]:
    """Everyone's duties in this shift that touch the span."""
    lasts = timedelta(seconds=shift.duration)
    found = []
    for wall, people in _events(shift, zone, start, end):
        starts_at, ends_at = utc(wall, zone), utc(wall + lasts, zone)
        if starts_at < end and ends_at > start:
            found += [Duty(person=who, starts_at=starts_at, ends_at=ends_at) for who in people]
    return found


def _events(
    shift: Shift, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    bare = shift.start.replace(tzinfo=None)
    if shift.frequency is None or shift.type in {"single_event", "override"}:
        yield from ((bare, group) for group in shift.groups[:1])
        return
    if shift.type == "rolling_users":
        bare = _on_a_chosen_day(shift, bare)
    after = _wall(start, zone) - timedelta(seconds=shift.duration) - _MARGIN
    before = _wall(end, zone) + _MARGIN
    until = shift.until
    if until is not None:
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        before = min(before, _wall(until, zone))
    begins = shift.rotation_start.replace(tzinfo=None) if shift.rotation_start else bare
    if shift.frequency == "daily" and shift.by_day and shift.type == "rolling_users":
        events = _day_by_day(shift, bare, before)
    else:
        events = _rolling(shift, bare, after, before)
    yield from ((wall, group) for wall, group in events if wall >= begins)


def _on_a_chosen_day(shift: Shift, bare: datetime) -> datetime:
    """A rotation that would begin on another day begins on the first chosen one of a week."""
    days = shift.by_day or []
    if not days or _NAMES[bare.weekday()] in days:
        return bare
    first_day = _NAMES.index(shift.week_start or "SU")
    ordered = [*_NAMES[first_day:], *_NAMES[:first_day]]
    wanted = min(days, key=ordered.index)
    while _NAMES[bare.weekday()] != wanted:
        bare += timedelta(days=1)
    return bare


def _day_by_day(
    shift: Shift, bare: datetime, before: datetime
) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    """The chosen days in their order; each group has as many of them as the interval says."""
    order = cycle(group for group in shift.groups for _ in range(shift.interval or 1))
    wall = bare
    while wall <= before:
        if _NAMES[wall.weekday()] in (shift.by_day or ()):
            yield wall, next(order)
        wall += timedelta(days=1)


def _rolling(
    shift: Shift, bare: datetime, after: datetime, before: datetime
) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    groups = shift.groups
    step = shift.interval or 1
    for number, group in enumerate(groups):
        event = Event()
        event.add("uid", str(number))
        event.add("dtstart", _first(shift, bare, number * step))
        event.add("duration", timedelta(seconds=shift.duration))
        event.add("rrule", _rule(shift, step * len(groups)))
        calendar = Calendar()
        calendar.add_component(event)
        for each in recurring_ical_events.of(calendar).between(after, before):
            wall = each["DTSTART"].dt
            if bare <= wall <= before and _is_chosen(shift, wall):
                yield wall, group


def _rule(shift: Shift, interval: int) -> dict[str, object]:
    rule: dict[str, object] = {"freq": shift.frequency, "interval": interval}
    rule["wkst"] = shift.week_start or "SU"
    rule |= {"byday": shift.by_day} if shift.by_day else {}
    rule |= {"bymonth": shift.by_month} if shift.by_month else {}
    rule |= {"bymonthday": shift.by_monthday} if shift.by_monthday else {}
    return rule


def _is_chosen(shift: Shift, wall: datetime) -> bool:
    """Whether the rule itself has it: a calendar's first event counts though its rule has it not.

    A group's rule begins at the beginning of its week or month, which need not be one of its days.
    """
    return not (
        (shift.by_day and _NAMES[wall.weekday()] not in shift.by_day)
        or (shift.by_month and wall.month not in shift.by_month)
        or (shift.by_monthday and not {wall.day, _from_the_end(wall)} & set(shift.by_monthday))
    )


def _from_the_end(wall: datetime) -> int:
    """The day of the month counted from its last, which is -1."""
    return wall.day - monthrange(wall.year, wall.month)[1] - 1


def _first(shift: Shift, bare: datetime, steps: int) -> datetime:
    """Where the rule of a group begins: so many hours, days, weeks or months after the first."""
    if shift.frequency == "hourly":
        return bare + timedelta(hours=steps)
    if shift.frequency == "daily":
        return bare + timedelta(days=steps)
    if shift.frequency == "weekly":
        start = bare
        if shift.by_day and shift.type == "rolling_users" and steps:
            first_day = _NAMES.index(shift.week_start or "SU")
            start = bare - timedelta((bare.weekday() - first_day) % 7)
        return start + timedelta(weeks=steps)
    start = bare.replace(day=1) if shift.by_monthday and steps else bare
    year, month = divmod(start.year * 12 + start.month - 1 + steps, 12)
    last = monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
