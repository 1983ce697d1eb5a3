"""A layer as somebody fills it in, and what is refused of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from itertools import combinations

from redphone.actions.rota import RotaError, check_zone, reachable_colleagues
from redphone.core.oncall import Layer, OnHolidays, Unit, Window

HIGHEST = 99
LONGEST = 1000
"""Units that a turn may last."""
TURNS = 500


class NeedsAName(RotaError):
    """Give the layer a name by which people know it, such as "Nights"."""


class NoSuchPriority(RotaError):
    """A layer's priority is a whole number from 1 to 99; the highest goes first."""


class TurnsTooLong(RotaError):
    """A turn lasts from 1 to 1000 hours, days, weeks or months."""


class NobodyTakesTurns(RotaError):
    """At least one turn has to have somebody. Put somebody in, or leave the layer out."""


class TooManyTurns(RotaError):
    """A layer has at most 500 turns. Make it two layers."""


class TwiceInOneTurn(RotaError):
    """Somebody is in the same turn twice. Leave one of them out."""


class LayerEndsBeforeItBegins(RotaError):
    """A layer ends after it begins. Choose a later end, or none."""


class LayerIsOver(RotaError):
    """That layer would be over already. Choose an end that is still to come, or none."""


class NoSuchWindow(RotaError):
    """A window begins and ends on a day of the week, 0 for Monday to 6 for Sunday."""


class WindowsOverlap(RotaError):
    """Two of the layer's windows overlap. Join them into one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A layer as somebody fills it in; `core.oncall.Layer` says what each field means.

    `turns` are people's numbers.
    """

    name: str
    turns: tuple[tuple[int, ...], ...]
    time_zone: str
    unit: Unit
    starts_at: datetime
    every: int = 1
    priority: int = 1
    ends_at: datetime | None = None
    handover_in_persons_zone: bool = False
    windows: tuple[Window, ...] = ()
    on_holidays: OnHolidays = OnHolidays.ALSO


def value(layer: Planned) -> Layer:
    """The layer that the core would read. It has no number yet."""
    return Layer(
        id="",
        name=layer.name,
        priority=layer.priority,
        time_zone=layer.time_zone,
        turns=tuple(tuple(f"person:{each}" for each in turn) for turn in layer.turns),
        unit=layer.unit,
        every=layer.every,
        starts_at=layer.starts_at,
        ends_at=layer.ends_at,
        handover_in_persons_zone=layer.handover_in_persons_zone,
        windows=layer.windows,
        on_holidays=layer.on_holidays,
    )


def check(layer: Planned, *, at: datetime) -> None:
    """Raises: RotaError, for the first thing that is wrong with a layer."""
    if not layer.name.strip():
        raise NeedsAName
    if not 1 <= layer.priority <= HIGHEST:
        raise NoSuchPriority
    if not 1 <= layer.every <= LONGEST:
        raise TurnsTooLong
    check_zone(layer.time_zone)
    _check_times(layer, at)
    _check_windows(layer.windows)
    _check_turns(layer.turns)


def _check_times(layer: Planned, at: datetime) -> None:
    if layer.ends_at is None:
        return
    if layer.ends_at <= layer.starts_at:
        raise LayerEndsBeforeItBegins
    if layer.ends_at <= at:
        raise LayerIsOver


def _check_turns(turns: tuple[tuple[int, ...], ...]) -> None:
    if not any(turns):
        raise NobodyTakesTurns
    if len(turns) > TURNS:
        raise TooManyTurns
    if any(len(set(turn)) < len(turn) for turn in turns):
        raise TwiceInOneTurn
    reachable_colleagues({person for turn in turns for person in turn})


def _check_windows(windows: tuple[Window, ...]) -> None:
    for window in windows:
        if not {window.from_day, window.to_day} <= set(range(7)):
            raise NoSuchWindow
    pairs = combinations(windows, 2)
    if any(_begins_in(one, other) or _begins_in(other, one) for one, other in pairs):
        raise WindowsOverlap


def _begins_in(one: Window, other: Window) -> bool:
    starts, ends = _edges(other)
    begins, _ = _edges(one)
    if starts < ends:
        return starts <= begins < ends
    return begins >= starts or begins < ends


def _edges(window: Window) -> tuple[tuple[int, time], tuple[int, time]]:
    return (window.from_day, window.from_time), (window.to_day, window.to_time)
