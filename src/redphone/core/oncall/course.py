"""A layer's course: when it holds between two instants, and whose turn it is.

The turns are counted, never walked through: a layer that has run for years costs no more than one
that begins today.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Sequence
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


def of_shift(shift: Shift, zone: str, start: int, end: int) -> Course:
    """The course of a shift of the week plan between two instants."""
    begins = _of_day(shift.weekday, shift.starts)
    length = _of_day(0, shift.ends) - _of_day(0, shift.starts)
    ends = begins + (length if length > 0 else length + DAY)
    weekly = _weekly(begins, ends, walls(zone, start, end), start, end)
    return Course(layer=None, people=((shift.person,),), holds=common(weekly, [(start, end)]))


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
    found: list[Stretch] = []
    for window in given:
        begins = _of_day(window.from_day, window.from_time)
        ends = _of_day(window.to_day, window.to_time)
        found += _weekly(begins, ends if ends > begins else ends + WEEK, here, start, end)
    return joined(found)


def _weekly(begins: int, ends: int, here: Walls, start: int, end: int) -> list[Stretch]:
    """Each week's stretch between two walls, counted from Monday's midnight, around a span."""
    # A stretch is a week long at most, and no change of clocks moves a wall by more than a day.
    first = (here.wall(start) - MONDAY - DAY) // WEEK - 1
    last = (here.wall(end) - MONDAY + DAY) // WEEK
    mondays = range(MONDAY + first * WEEK, MONDAY + (last + 1) * WEEK, WEEK)
    from_walls = range(mondays.start + begins, mondays.stop + begins, WEEK)
    to_walls = range(mondays.start + ends, mondays.stop + ends, WEEK)
    both = zip(here.instants(from_walls), here.instants(to_walls), strict=True)
    return [(since, until) for since, until in both if since < until]


def _of_day(day: int, wall: time) -> int:
    since = timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)
    return day * DAY + (since + timedelta(microseconds=wall.microsecond)) // TICK


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
