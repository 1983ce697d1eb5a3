"""Layers cut to a span of time, so that whose turn it is stays the same inside it."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from redphone.channels.schedules.says import utc
from redphone.core.oncall import Layer, Unit

_SPANS = {Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1), Unit.WEEK: timedelta(7)}


def to_wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What a zone's clocks show at a moment, without the zone."""
    return at.astimezone(zone).replace(tzinfo=None)


def handover(layer: Layer, number: int) -> datetime:
    """When the turn of this number begins; the first is 0."""
    if layer.unit is Unit.HOUR:
        return layer.starts_at + number * layer.every * _SPANS[Unit.HOUR]
    zone = ZoneInfo(layer.time_zone)
    wall = to_wall(layer.starts_at, zone)
    if layer.unit is Unit.MONTH:
        return utc(_months_later(wall, number * layer.every), zone)
    return utc(wall + number * layer.every * _SPANS[layer.unit], zone)


def _months_later(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return wall.replace(year=year, month=month + 1, day=min(wall.day, last))


def turn_at(layer: Layer, at: datetime) -> int:
    """The number of the turn that holds at a moment."""
    length = timedelta(28) if layer.unit is Unit.MONTH else _SPANS[layer.unit]
    number = (at - layer.starts_at) // (length * layer.every)
    while handover(layer, number) > at:
        number -= 1
    while handover(layer, number + 1) <= at:
        number += 1
    return number


def clip(
    layer: Layer, start: datetime | None = None, end: datetime | None = None
) -> tuple[Layer, ...]:
    """The layer inside a span of time, or nothing when none of it is there.

    Whose turn it is stays the same: turns are counted from where they were.
    """
    since = max(layer.holds_from or layer.starts_at, layer.starts_at, start or layer.starts_at)
    ends = [each for each in (layer.ends_at, end) if each is not None]
    until = min(ends, default=None)
    if until is not None and until <= since:
        return ()
    return (replace(layer, holds_from=since if since > layer.starts_at else None, ends_at=until),)


def ahead(layers: Iterable[Layer], at: datetime) -> tuple[Layer, ...]:
    """The layers that are not over, each without a beginning that is: nobody plans the past."""
    return tuple(
        replace(each, holds_from=each.holds_from if (each.holds_from or at) > at else None)
        for each in layers
        if each.ends_at is None or each.ends_at > at
    )


def cut_out(layer: Layer, start: datetime, end: datetime) -> tuple[Layer, ...]:
    """The layer without what it says between two moments."""
    return (*clip(layer, None, start), *clip(layer, end, None))


Cuts = Sequence[tuple[datetime, datetime]]
"""Times from and until that are taken out of a layer."""


def cut_all(layer: Layer, cuts: Cuts) -> tuple[Layer, ...]:
    """The layer without what it says in any of these times."""
    parts: tuple[Layer, ...] = (layer,)
    for start, end in sorted(cuts):
        parts = tuple(rest for part in parts for rest in cut_out(part, start, end))
    return parts


def numbered(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The same layers with ids that are all different: parts of one are counted."""
    seen: dict[str, int] = {}
    found = []
    for layer in layers:
        seen[layer.id] = count = seen.get(layer.id, 0) + 1
        found.append(layer if count == 1 else replace(layer, id=f"{layer.id}#{count}"))
    return tuple(found)
