"""A calendar's rows and days: stretches of time, cut where a day of the viewer's zone ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from redphone.web import walls

_DAY = timedelta(days=1)
_TONES = 6
MINUTES = 1440
"""The width of a drawn day, however many hours it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a row. `says` are the names in it: people, or the team for a person's own row.

    `kind` is "" or "hole" or "away"; `marks` say what is out of the ordinary; `key` chooses the
    tone it is drawn in.
    """

    starts_at: datetime
    ends_at: datetime
    says: tuple[str, ...]
    href: str = ""
    kind: str = ""
    marks: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the viewer's zone, with a note where it has not 24 hours."""

    on: date
    starts_at: datetime
    ends_at: datetime
    name: str
    note: str
    is_today: bool
    is_weekend: bool
    is_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The part of a stretch that one day has. `x` and `width` draw it, in `MINUTES`."""

    stretch: Stretch
    day: Day
    within: ZoneInfo
    x: int
    width: int
    tone: str
    is_now: bool

    @property
    def hours(self) -> str:
        """ "09:00–17:00", "from 22:00", "until 06:00", "all day"; by the clock of the viewer."""
        return _hours(self.stretch, self.day, self.within)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A row's day; its initials and hours are for a narrow place.

    `is_same`: it looks as the day before. `goes_on`: one stretch fills it that filled the end of
    the day before too; `until` names the last day of those, on the first.
    """

    day: Day
    pieces: tuple[Piece, ...]
    names: tuple[str, ...]
    has_hole: bool
    is_same: bool
    goes_on: bool
    until: str = ""

    @property
    def initials(self) -> str:
        return " ".join(_initials(name) for name in self.names)

    @property
    def hours(self) -> str:
        """The hours of a person's own row. Teams overlap: each hour counts once."""
        length, until = timedelta(), self.day.starts_at
        for piece in self.pieces:
            one = piece.stretch
            if not one.kind:
                since, end = max(one.starts_at, until), min(one.ends_at, self.day.ends_at)
                length, until = length + max(end - since, timedelta()), max(until, end)
        return f"{max(1, round(length / timedelta(hours=1)))} h" if length else ""


def days(first: date, last: date, within: ZoneInfo, at: datetime) -> tuple[Day, ...]:
    """The days from the first to the last, both in it. One that a zone left out is not there."""
    found = []
    on, today = first, at.astimezone(within).date()
    while on <= last:
        starts, ends = walls.midnight(on, within), walls.midnight(on + _DAY, within)
        if ends > starts and starts.astimezone(within).date() == on:
            found.append(
                Day(
                    on=on,
                    starts_at=starts,
                    ends_at=ends,
                    name=walls.day(on),
                    note=_note(ends - starts),
                    is_today=on == today,
                    is_weekend=on.weekday() > 4,
                )
            )
        on += _DAY
    return tuple(found)


def _note(length: timedelta) -> str:
    if length == _DAY:
        return ""
    hours = f"{length / timedelta(hours=1):g}"
    return f"{hours} hours: the clocks go {'back' if length > _DAY else 'forward'}"


def cells(
    stretches: Iterable[Stretch], shown: tuple[Day, ...], within: ZoneInfo, at: datetime
) -> tuple[Cell, ...]:
    """One cell a day, with the stretches of a row that touch it, in order."""
    to_come = deque(sorted(stretches, key=lambda each: each.starts_at))
    found: list[Cell] = []
    here: list[Stretch] = []
    for each in shown:
        before, here = here, [one for one in here if one.ends_at > each.starts_at]
        while to_come and to_come[0].starts_at < each.ends_at:
            here.append(to_come.popleft())
        found.append(_cell(each, here, before, within, at))
    return tuple(_with_runs(found))


def _with_runs(found: list[Cell]) -> list[Cell]:
    """The cells, of which those that others only go on from say until when."""
    made: list[Cell] = []
    last: Cell | None = None
    for cell in reversed(found):
        if cell.goes_on:
            last = last or cell
            made.append(cell)
        else:
            made.append(replace(cell, until=last.day.name) if last else cell)
            last = None
    return made[::-1]


def _cell(
    day: Day, here: list[Stretch], before: list[Stretch], within: ZoneInfo, at: datetime
) -> Cell:
    names = tuple(dict.fromkeys(name for one in here if one.kind != "away" for name in one.says))
    return Cell(
        day=day,
        pieces=tuple(_piece(one, day, within, at) for one in here),
        names=names,
        has_hole=any(one.kind == "hole" for one in here),
        is_same=bool(before) and _looks(here) == _looks(before),
        goes_on=_fills(here, before, day) and not day.is_today,
    )


def _fills(here: list[Stretch], before: list[Stretch], day: Day) -> bool:
    return len(here) == 1 and here == before[-1:] and here[0].ends_at >= day.ends_at


def _looks(here: list[Stretch]) -> list[tuple[tuple[str, ...], str]]:
    return [(each.says, each.kind) for each in here]


@lru_cache(maxsize=4096)
def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _piece(stretch: Stretch, day: Day, within: ZoneInfo, at: datetime) -> Piece:
    since, until = max(stretch.starts_at, day.starts_at), min(stretch.ends_at, day.ends_at)
    whole = day.ends_at - day.starts_at
    x = round((since - day.starts_at) / whole * MINUTES)
    return Piece(
        stretch=stretch,
        day=day,
        within=within,
        x=x,
        width=max(1, round((until - day.starts_at) / whole * MINUTES) - x),
        tone=stretch.kind or tone(stretch.key),
        is_now=since <= at < until,
    )


def _hours(stretch: Stretch, day: Day, within: ZoneInfo) -> str:
    begins, ends = stretch.starts_at > day.starts_at, stretch.ends_at < day.ends_at
    if begins and ends:
        return f"{walls.clock(stretch.starts_at, within)}–{walls.clock(stretch.ends_at, within)}"
    if begins:
        return f"from {walls.clock(stretch.starts_at, within)}"
    return f"until {walls.clock(stretch.ends_at, within)}" if ends else "all day"


@lru_cache(maxsize=4096)
def tone(key: str) -> str:
    """One of a few tones, the same for the same people on every page; never the only sign."""
    return f"tone{sum(key.encode()) % _TONES}"


def now_line(day: Day, at: datetime) -> int | None:
    """Where the present moment is drawn in a day, if it is this one."""
    if not day.starts_at <= at < day.ends_at:
        return None
    return round((at - day.starts_at) / (day.ends_at - day.starts_at) * MINUTES)
