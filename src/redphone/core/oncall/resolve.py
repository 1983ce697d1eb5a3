"""Who is on call at a moment: a weekly rota and its overrides.

A shift belongs to the weekday on which it starts, in the team's zone; its start is inclusive, its
end exclusive. A shift whose end is not after its start runs over midnight into the next day (equal
times: a full day). An override takes somebody's place in the shifts that they have, or stands
beside the rota when it names nobody to replace.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from redphone.core.oncall.rota import Override, Rota, Shift


def on_call(rota: Rota, at: datetime) -> tuple[str, ...]:
    """The people on call at a moment, in the order of the rota, each once.

    Empty when nobody is: the ladder then climbs at once.
    """
    standing = [o for o in rota.overrides if o.starts_at <= at < o.ends_at]
    wall = at.astimezone(ZoneInfo(rota.time_zone)).replace(tzinfo=None)
    people = [
        person
        for shift in rota.shifts
        if covers(shift, wall)
        for person in _in_place_of(shift.person, standing, {shift.person})
    ]
    people += [o.person for o in standing if o.instead_of is None]
    return tuple(dict.fromkeys(people))


def _in_place_of(person: str, standing: list[Override], passed: set[str]) -> Iterator[str]:
    """Who stands in for a person, and who for them in turn; two who swap are each the other."""
    found = [o.person for o in standing if o.instead_of == person and o.person not in passed]
    if not found:
        yield person
    for each in found:
        yield from _in_place_of(each, standing, passed | {each})


def covers(shift: Shift, wall: datetime) -> bool:
    """Whether a shift holds at a wall-clock time of the team's zone."""
    today, now = wall.weekday(), wall.time()
    if not shift.is_overnight:
        return shift.weekday == today and shift.starts <= now < shift.ends
    yesterday = (wall - timedelta(days=1)).weekday()
    return (shift.weekday == today and now >= shift.starts) or (
        shift.weekday == yesterday and now < shift.ends
    )


def holes(rota: Rota, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """When nobody of a team is on call between two moments, as (from, until) in UTC, in order.

    Who is on call changes only where a shift or an override begins or ends, at midnight, and where
    the zone's clocks are changed: it is looked up once after each of these.
    """
    moments = sorted({start, *(m for m in _changes(rota, start, end) if start < m < end)})
    found: list[tuple[datetime, datetime]] = []
    for since, until in zip(moments, [*moments[1:], end], strict=True):
        if on_call(rota, since):
            continue
        if found and found[-1][1] == since:
            found[-1] = (found[-1][0], until)
        else:
            found.append((since, until))
    return tuple((since.astimezone(UTC), until.astimezone(UTC)) for since, until in found)


def _changes(rota: Rota, start: datetime, end: datetime) -> Iterator[datetime]:
    for override in rota.overrides:
        yield from (override.starts_at, override.ends_at)
    zone = ZoneInfo(rota.time_zone)
    edges = {time(0), *(s.starts for s in rota.shifts), *(s.ends for s in rota.shifts)}
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for edge in edges:
            # An hour that comes twice has both; one that is left out falls beside the change.
            for fold in (0, 1):
                yield datetime.combine(day, edge, zone).replace(fold=fold).astimezone(UTC)
        following = day + timedelta(days=1)
        change = _clock_change(
            datetime.combine(day, time(0), zone).astimezone(UTC),
            datetime.combine(following, time(0), zone).astimezone(UTC),
            zone,
        )
        if change:
            yield change
        day = following


def _clock_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The second at which the zone's offset changes between two moments, if it does."""
    if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
        return None
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
