"""A layer's course: when it holds between two instants, and whose turn it is.

The turns are counted, never walked through: a layer that has run for years costs no more than one
that begins today.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import lt

from redphone.core.oncall.rota import Layer, OnHolidays, Rota, Shift, Unit, Window
from redphone.core.oncall.stretches import Stretch, common, joined, without
from redphone.core.oncall.walls import (
    DAY,
    FOREVER,
    HOUR,
    MONDAY,
    NAIVE_EPOCH,
    SECOND,
    TICK,
    WEEK,
    Walls,
    micros,
    moment,
    wall_of,
    walls,
)

Turn = tuple[int, int, int]
"""From, until, and the number of the turn, counted on from the layer's first."""

LAST_YEAR = 9998
FEW = 4
SPARE = 3
"""Turns to look at before and after: a person's zone may be a day away from the layer's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """When a layer, or a shift of the week plan, holds, and the instants at which turns begin.

    `begins` only rises. The turn with the number `numbers[n]`, counted on from the layer's first,
    lasts from `begins[n]` until the next.
    """

    layer: Layer | None
    people: tuple[tuple[str, ...], ...]
    holds: Sequence[Stretch]
    begins: Sequence[int] = (-FOREVER,)
    numbers: Sequence[int] = (0,)

    def turns(self, stretches: Sequence[Stretch]) -> list[Turn]:
        """The turns in these stretches, as far as the layer holds there."""
        found: list[Turn] = []
        for start, end in common(self.holds, stretches):
            first = bisect_right(self.begins, start) - 1
            last = bisect_left(self.begins, end)
            if last - first == 1:
                found.append((start, end, self.numbers[first]))
                continue
            edges = [start, *self.begins[first + 1 : last], end]
            found += zip(edges, edges[1:], self.numbers[first:last], strict=False)
        return found


def of_week_plan(shifts: Iterable[Shift], zone: str, start: int, end: int) -> list[Course]:
    """The courses of those shifts of the week plan that hold at all between two instants."""
    weeks = _weeks(walls(zone, start, end), start, end)
    found = []
    for shift in shifts:
        begins = _of_week(shift.weekday, shift.starts)
        ends = _of_week(shift.weekday, shift.ends)
        if holds := _weekly(begins, ends if ends > begins else ends + DAY, weeks):
            found.append(Course(layer=None, people=((shift.person,),), holds=holds))
    return found


def of_layer(layer: Layer, rota: Rota, start: int, end: int) -> Course:
    """The course of a layer between two instants."""
    holds = _holds(layer, rota, start, end) if layer.turns else []
    if not holds or len(layer.turns) == 1:
        return Course(layer=layer, people=layer.turns, holds=holds)
    begins, numbers = _handovers(layer, rota, start, end)
    return Course(layer=layer, people=layer.turns, holds=holds, begins=begins, numbers=numbers)


# ── When a layer holds ──────────────────────────────────────────────────────────────────────────


def _holds(layer: Layer, rota: Rota, start: int, end: int) -> list[Stretch]:
    begins = max(start, *(micros(at) for at in (layer.starts_at, layer.holds_from) if at))
    ends = min(end, micros(layer.ends_at)) if layer.ends_at else end
    holds = [(begins, ends)] if begins < ends else []
    if not holds:
        return []
    here = walls(layer.time_zone, start, end)
    if layer.windows and not any(_is_whole_week(window) for window in layer.windows):
        holds = common(_windows(layer.windows, here, start, end), holds)
    if layer.on_holidays is OnHolidays.ALSO:
        return holds
    days_off = _days(rota.holidays, here, start, end)
    if layer.on_holidays is OnHolidays.ONLY:
        return common(days_off, holds)
    return without(holds, [(*each, None) for each in common(days_off, holds)])


def _is_whole_week(window: Window) -> bool:
    return (window.from_day, window.from_time) == (window.to_day, window.to_time)


def _windows(given: Sequence[Window], here: Walls, start: int, end: int) -> list[Stretch]:
    weeks = _weeks(here, start, end)
    found: list[Stretch] = []
    for window in given:
        begins = _of_week(window.from_day, window.from_time)
        ends = _of_week(window.to_day, window.to_time)
        found += _weekly(begins, ends if ends > begins else ends + WEEK, weeks)
    return joined(found) if len(given) > 1 else found


@dataclass(frozen=True, slots=True)
class _Weeks:
    """The Mondays of the weeks that may matter between two instants, by the wall."""

    here: Walls
    mondays: range
    start: int
    end: int
    earliest: int
    latest: int


def _weeks(here: Walls, start: int, end: int) -> _Weeks:
    # A stretch is a week long at most, and no change of clocks moves a wall by more than a day.
    earliest, latest = here.wall(start) - DAY, here.wall(end) + DAY
    first = (earliest - MONDAY) // WEEK - 1
    last = (latest - MONDAY) // WEEK + 1
    mondays = range(MONDAY + first * WEEK, MONDAY + last * WEEK, WEEK)
    return _Weeks(here, mondays, start, end, earliest, latest)


def _weekly(begins: int, ends: int, weeks: _Weeks) -> list[Stretch]:
    """Each week's stretch between two walls, counted from Monday's midnight, in order."""
    if len(weeks.mondays) <= FEW:
        # Looking at a moment, nearly all of the week plan is far away.
        near = [
            monday
            for monday in weeks.mondays
            if monday + begins < weeks.latest and weeks.earliest < monday + ends
        ]
        walls = [(monday + begins, monday + ends) for monday in near]
        both = [(weeks.here.instant(since), weeks.here.instant(until)) for since, until in walls]
    else:
        first, end = weeks.mondays.start, weeks.mondays.stop
        from_walls = range(first + begins, end + begins, WEEK)
        to_walls = range(first + ends, end + ends, WEEK)
        both = list(
            zip(weeks.here.instants(from_walls), weeks.here.instants(to_walls), strict=True)
        )
    return [
        (max(since, weeks.start), min(until, weeks.end))
        for since, until in both
        if since < until and since < weeks.end and weeks.start < until
    ]


def _of_week(day: int, wall: time) -> int:
    seconds = (wall.hour * 60 + wall.minute) * 60 + wall.second
    return day * DAY + seconds * SECOND + wall.microsecond


def _days(days: frozenset[date], here: Walls, start: int, end: int) -> list[Stretch]:
    """The days that may matter between two instants, from midnight to midnight by the wall."""
    low = moment(start).date() - timedelta(days=2)
    high = moment(end).date() + timedelta(days=2)
    midnights = [_wall(datetime.combine(day, time(0))) for day in days if low <= day <= high]
    return joined((here.instant(wall), here.instant(wall + DAY)) for wall in midnights)


def _wall(naive: datetime) -> int:
    return (naive - NAIVE_EPOCH) // TICK


# ── Whose turn it is ────────────────────────────────────────────────────────────────────────────


def _handovers(
    layer: Layer, rota: Rota, start: int, end: int
) -> tuple[Sequence[int], Sequence[int]]:
    """The instants at which turns begin, first the one that holds at `start`; their numbers."""
    if layer.unit is Unit.HOUR:
        step = layer.every * HOUR
        began = micros(layer.starts_at)
        first = max(0, (start - began) // step)
        hourly = range(began + first * step, end, step)
        return hourly, range(first, first + len(hourly))
    first, begins = _by_the_wall(layer, rota, start, end)
    begins[0] = -FOREVER
    return _rising(begins, range(first, first + len(begins)))


def _rising(begins: list[int], numbers: range) -> tuple[Sequence[int], Sequence[int]]:
    """Without the turns that end before they begin: the latest that has begun holds."""
    if all(map(lt, begins, begins[1:])):
        return begins, numbers
    reached, kept = FOREVER, []
    for begin, number in zip(reversed(begins), reversed(numbers), strict=True):
        if begin < reached:
            reached = begin
            kept.append((begin, number))
    kept.reverse()
    return [begin for begin, _ in kept], [number for _, number in kept]


def _by_the_wall(layer: Layer, rota: Rota, start: int, end: int) -> tuple[int, list[int]]:
    """The first turn that matters, and the instants at which it and those after it begin."""
    here = walls(layer.time_zone, start, end)
    began = wall_of(layer.starts_at, layer.time_zone)
    low, high = _numbers(layer, began, here.wall(start), here.wall(end))
    first = max(0, low)
    handovers = _handover_walls(layer, began, range(first, max(first, high) + 1))
    if not layer.handover_in_persons_zone:
        # Rising walls give rising instants, and most layers need no more.
        if isinstance(handovers, range):
            return first, here.instants(handovers)
        return first, [here.instant(wall) for wall in handovers]
    zones = [_zone(turn, layer, rota) for turn in layer.turns]
    there = [walls(zone, start, end) for zone in zones]
    numbered = enumerate(handovers, first)
    return first, [there[n % len(there)].instant(wall) for n, wall in numbered]


def _zone(turn: tuple[str, ...], layer: Layer, rota: Rota) -> str:
    return rota.zones.get(turn[0], layer.time_zone) if turn else layer.time_zone


def _numbers(layer: Layer, began: int, start: int, end: int) -> tuple[int, int]:
    """The numbers of the turns around two walls, with some to spare."""
    if layer.unit is Unit.MONTH:
        low = _months(began, start) // layer.every
        high = _months(began, end) // layer.every
    else:
        step = _step(layer)
        low, high = (start - began) // step, (end - began) // step
    return low - SPARE, high + SPARE


def _step(layer: Layer) -> int:
    return layer.every * (DAY if layer.unit is Unit.DAY else WEEK)


def _months(began: int, wall: int) -> int:
    """From the month of one wall to that of another."""
    first, then = _date(began), _date(wall)
    return (then.year - first.year) * 12 + then.month - first.month


def _date(wall: int) -> date:
    return (NAIVE_EPOCH + timedelta(microseconds=wall)).date()


def _handover_walls(layer: Layer, began: int, numbers: range) -> Sequence[int]:
    if layer.unit is not Unit.MONTH:
        step = _step(layer)
        return range(began + numbers.start * step, began + numbers.stop * step, step)
    return [_in_month(began, layer.every * number) for number in numbers]


def _in_month(began: int, months: int) -> int:
    """The wall so many months later: the same day of the month, or the last day there is."""
    first = _date(began)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    if year > LAST_YEAR:
        return FOREVER
    day = min(first.day, monthrange(year, month + 1)[1])
    return _wall(datetime(year, month + 1, day)) + began % DAY  # noqa: DTZ001, it is a wall
