"""Recurring events of people who take turns, as layers.

What can't be said as a layer is None here, and becomes dated spans: a plan must say the same as
its source, and be short second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from math import gcd
from zoneinfo import ZoneInfo

from redphone.channels.schedules.says import utc
from redphone.channels.schedules.turns import Cuts, clip, cut_all, handover, turn_at
from redphone.core.oncall import Layer, Unit, Window

DAY, WEEK, HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)

_MOST_TURNS = 400
"""A layer with more turns than this would be no plan that anybody can read."""

_MOST_OCCURRENCES = 20_000


class Every(StrEnum):
    """How often an event comes again."""

    HOUR = "HOURLY"
    DAY = "DAILY"
    WEEK = "WEEKLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An event that comes again, and the groups of people who take turns at it.

    `starts` is the first beginning on the wall of the zone, `lasts` is by the wall as well. Each
    group has the event `interval` times the unit after the group before. `days` are weekdays, 0
    is Monday. It ends after `count` events or with the last that begins at or before `until`.
    """

    id: str
    name: str
    priority: int
    time_zone: str
    groups: tuple[tuple[str, ...], ...]
    every: Every
    starts: datetime
    lasts: timedelta
    interval: int = 1
    days: frozenset[int] = frozenset()
    week_start: int = 0
    count: int | None = None
    until: datetime | None = None


def layers(rule: Rule) -> tuple[Layer, ...] | None:
    """The rule as layers, or None when no layer says the same."""
    if rule.lasts <= timedelta(0) or rule.interval < 1 or not rule.groups:
        return None
    if rule.every is Every.HOUR:
        made = _hourly(rule)
    elif rule.every is Every.DAY and not rule.days:
        made = _in_days(rule, rule.interval)
    elif rule.every is Every.WEEK and len(rule.days or {0}) == 1:
        starts_on_its_day = not rule.days or rule.starts.weekday() in rule.days
        made = _in_days(rule, rule.interval * 7) if starts_on_its_day else None
    else:
        made = _on_days(rule)
    if made is None or len(made.turns) > _MOST_TURNS:
        return None
    return _ended(made, rule)


def _layer(
    rule: Rule,
    turns: tuple[tuple[str, ...], ...],
    unit: Unit,
    every: int = 1,
    windows: tuple[Window, ...] = (),
) -> Layer:
    return Layer(
        id=rule.id,
        name=rule.name,
        priority=rule.priority,
        time_zone=rule.time_zone,
        turns=turns,
        unit=unit,
        every=every,
        starts_at=utc(rule.starts, ZoneInfo(rule.time_zone)),
        windows=windows,
    )


def _hourly(rule: Rule) -> Layer | None:
    """Hours by elapsed time: elsewhere than in UTC nobody agrees what they do at a change."""
    if rule.time_zone != "UTC" or rule.days or rule.lasts % HOUR:
        return None
    return _slots(rule, Unit.HOUR, rule.lasts // HOUR, rule.interval)


def _in_days(rule: Rule, days: int) -> Layer | None:
    """An event every so many days. What lasts no whole days is a window of shorter turns."""
    if rule.lasts % DAY == timedelta(0):
        return _slots(rule, Unit.DAY, rule.lasts // DAY, days)
    if rule.lasts < DAY:
        every_day = tuple(_window(rule, day) for day in range(7))
        if days % 7:
            return _layer(rule, _spread(rule, 1, days), Unit.DAY, windows=every_day)
    if rule.lasts < WEEK and days % 7 == 0:
        once = (_window(rule, rule.starts.weekday()),)
        return _layer(rule, _spread(rule, 1, days // 7), Unit.WEEK, windows=once)
    return None


def _slots(rule: Rule, unit: Unit, lasts: int, period: int) -> Layer | None:
    """Turns of equal length, some of them nobody's, where an event lasts whole units."""
    if lasts >= period and len(rule.groups) == 1:
        lasts = period
    if lasts > period:
        return None
    slot = gcd(lasts, period)
    turns = _spread(rule, lasts // slot, period // slot)
    if unit is Unit.DAY and slot % 7 == 0:
        return _layer(rule, turns, Unit.WEEK, slot // 7)
    return _layer(rule, turns, unit, slot)


def _spread(rule: Rule, held: int, of: int) -> tuple[tuple[str, ...], ...]:
    """Each group's turns, and after them the turns of nobody until the next group's."""
    nobody: tuple[str, ...] = ()
    return tuple(
        turn for group in rule.groups for turn in (*[group] * held, *[nobody] * (of - held))
    )


def _on_days(rule: Rule) -> Layer | None:
    """An event on some days of the week: windows of a turn that is handed over once a week."""
    if rule.every is Every.DAY and len(rule.groups) > 1:
        return _days_in_turn(rule)
    if rule.every is Every.DAY and rule.interval != 1:
        return None
    if rule.lasts >= WEEK or rule.starts.weekday() not in rule.days:
        return None
    alone = rule.interval == 1 and len(rule.groups) == 1
    offsets = [timedelta((day - rule.week_start) % 7) for day in rule.days]
    if not alone and any(offset + rule.lasts > WEEK for offset in offsets):
        return None
    windows = tuple(_window(rule, day) for day in sorted(rule.days))
    before = timedelta((rule.starts.weekday() - rule.week_start) % 7)
    return _layer(
        replace(rule, starts=rule.starts - before),
        _spread(rule, 1, rule.interval),
        Unit.WEEK,
        windows=windows,
    )


def _days_in_turn(rule: Rule) -> Layer | None:
    """Groups that take the chosen days one after the other, `interval` days each."""
    if rule.lasts > DAY or rule.starts.weekday() not in rule.days:
        return None
    order = [group for group in rule.groups for _ in range(rule.interval)]
    weeks = len(order) // gcd(len(order), len(rule.days))
    chosen = 0
    turns: list[tuple[str, ...]] = []
    for number in range(weeks * 7):
        holds = (rule.starts.weekday() + number) % 7 in rule.days
        turns.append(order[chosen % len(order)] if holds else ())
        chosen += holds
    windows = () if rule.lasts == DAY else tuple(_window(rule, day) for day in range(7))
    return _layer(rule, tuple(turns), Unit.DAY, windows=windows)


def _window(rule: Rule, day: int) -> Window:
    ends = datetime.combine(rule.starts.date(), rule.starts.time()) + rule.lasts
    later = (ends.date() - rule.starts.date()).days
    return Window(
        from_day=day,
        from_time=rule.starts.time(),
        to_day=(day + later) % 7,
        to_time=ends.time(),
    )


def _ended(made: Layer, rule: Rule) -> tuple[Layer, ...] | None:
    """The layer from the first event to the end of the last."""
    first = utc(rule.starts, ZoneInfo(rule.time_zone))
    if rule.count is None and rule.until is None:
        return clip(made, first)
    every = deque(islice(starts(rule), _MOST_OCCURRENCES), maxlen=1)
    if not every:
        return ()
    ends = utc(every[0] + rule.lasts, ZoneInfo(rule.time_zone))
    return clip(made, first, ends)


def starts(rule: Rule) -> Iterator[datetime]:
    """When each event begins, on the wall of the zone."""
    zone = ZoneInfo(rule.time_zone)
    for number, wall in enumerate(_walls(rule)):
        if rule.count is not None and number >= rule.count:
            return
        if rule.until is not None and utc(wall, zone) > rule.until:
            return
        yield wall


def _walls(rule: Rule) -> Iterator[datetime]:
    if rule.every is Every.WEEK or rule.days:
        days = rule.days or {rule.starts.weekday()}
        offsets = sorted((day - rule.week_start) % 7 for day in days)
        wall = rule.starts - timedelta((rule.starts.weekday() - rule.week_start) % 7)
        weeks = rule.interval if rule.every is Every.WEEK else 1
        while True:
            yield from (each for o in offsets if (each := wall + timedelta(o)) >= rule.starts)
            wall += weeks * WEEK
    step = (HOUR if rule.every is Every.HOUR else DAY) * rule.interval
    wall = rule.starts
    while True:
        yield wall
        wall += step


def joined(found: Iterable[Layer], cuts: Mapping[str, Cuts] | None = None) -> tuple[Layer, ...]:
    """Layers whose turns fill each other's gaps as one, as a rotation of people is drawn.

    `cuts` are times at which a layer, by its id, says nothing. Nobody else has those turns, so
    that what several became says nothing then, either.
    """
    kept: list[tuple[Layer, tuple[str, ...]]] = []
    for layer in found:
        for number, (other, ids) in enumerate(kept):
            if both := _together(other, layer):
                kept[number] = (both, (*ids, layer.id))
                break
        else:
            kept.append((layer, (layer.id,)))
    return tuple(
        part
        for layer, ids in kept
        for part in cut_all(layer, [cut for each in ids for cut in (cuts or {}).get(each, ())])
    )


def _together(one: Layer, other: Layer) -> Layer | None:
    if one.starts_at > other.starts_at:
        one, other = other, one
    same = replace(other, id=one.id, name=one.name, turns=one.turns, starts_at=one.starts_at)
    if same != one or len(one.turns) != len(other.turns) or one.ends_at is not None:
        return None
    shift = turn_at(one, other.starts_at)
    # One that begins a round or more later would be on call too early in the other's.
    if shift >= len(one.turns) or handover(one, shift) != other.starts_at:
        return None
    turns = list(one.turns)
    for number, people in enumerate(other.turns):
        place = (number + shift) % len(turns)
        if people and turns[place]:
            return None
        turns[place] = people or turns[place]
    if any(other.turns[len(turns) - shift :]):
        return None
    name = one.name if one.name == other.name else "Turns"
    return replace(one, turns=tuple(turns), name=name)
