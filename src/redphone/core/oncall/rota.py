"""A rota as values: the week plan, layers of turns over it, who stands in, who is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum


class Unit(StrEnum):
    """What a turn is counted in: hours by elapsed time, the others by the wall clock."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OnHolidays(StrEnum):
    """What a layer does on the rota's holidays, by the date in the layer's zone."""

    ALSO = "also"
    NEVER = "never"
    ONLY = "only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A weekly shift. `weekday` 0 is Monday; `person` is a person's id.

    It belongs to the weekday on which it starts, in the team's zone; its start is inclusive, its
    end exclusive. One whose end is not after its start runs over midnight into the next day
    (equal times: a full day).
    """

    person: str
    weekday: int
    starts: time
    ends: time

    @property
    def is_overnight(self) -> bool:
        return self.ends <= self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the week, in its layer's wall time. Day 0 is Monday; equal ends: the whole week.

    It may span days and the week's end: Friday 18:00 to Monday 09:00.
    """

    from_day: int
    from_time: time
    to_day: int
    to_time: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """People who take turns.

    A layer hides those of lower priority where it has somebody; equal ones stand side by side.
    The week plan has priority 0, layers have 1 or more. Several persons in one turn are on call
    together; an empty turn is nobody, on purpose. The first turn begins at `starts_at`, whose
    wall time in the zone is the time of every hand-over, or in the zone of the incoming turn's
    first person where `handover_in_persons_zone` says so. A turn of months is handed over on the
    day of the month on which the first began, or on the last day of a shorter month. Before
    `holds_from` the layer names nobody: a layer that was changed goes on in another from there,
    with the turns counted as if they had been so from `starts_at` on.

    Raises:
        ValueError: a turn lasts no whole unit.
    """

    id: str
    name: str
    priority: int
    time_zone: str
    turns: tuple[tuple[str, ...], ...]
    unit: Unit
    every: int
    starts_at: datetime
    ends_at: datetime | None = None
    holds_from: datetime | None = None
    handover_in_persons_zone: bool = False
    windows: tuple[Window, ...] = ()
    on_holidays: OnHolidays = OnHolidays.ALSO

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"A turn lasts one or more whole units, not {self.every}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody stands in from `starts_at` until just before `ends_at`.

    They take the place of `instead_of`, or stand beside the rota when that is None;
    `replaces_all`: they alone, whoever the rota names.
    """

    person: str
    starts_at: datetime
    ends_at: datetime
    instead_of: str | None = None
    replaces_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Nobody can reach this person from `starts_at` until just before `ends_at`."""

    person: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """One team's rota and its exceptions. `zones` are people's own; `time_zone` is the team's."""

    team: str
    time_zone: str
    shifts: tuple[Shift, ...] = ()
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()
    zones: Mapping[str, str] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Who is on call from `starts_at` until just before `ends_at`; nobody is a hole."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]


class Source(StrEnum):
    """Where somebody on call comes from."""

    LAYER = "layer"
    WEEK_PLAN = "week plan"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why a person is on call: the layer or the week plan that names them, or an override.

    `layer` and `name` are the layer's, empty for the week plan and for who stands beside the
    rota. Who stands in has the source OVERRIDE, with the place they took: `instead_of` is whom
    the rota named.
    """

    person: str
    source: Source
    layer: str = ""
    name: str = ""
    instead_of: str | None = None
