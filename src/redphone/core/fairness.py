"""How evenly a rota's load lies: hours, nights, week-ends and holidays of each person.

A night is 23:00 to 07:00 by the wall of the person's own zone, and belongs to the day on which it
begins. A night, a day of the week-end or a holiday counts where they are on call for an hour of it
or more: half an hour around a hand-over is no night.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from redphone.core.oncall.rota import Span
from redphone.core.oncall.walls import DAY, HOUR, NAIVE_EPOCH, TICK, Walls, micros, walls

NIGHT_BEGINS = timedelta(hours=23)
NIGHT_LASTS = timedelta(hours=8)
COUNTS_FROM = HOUR
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a rota asks of one person. Nights, week-end days and holidays are counted."""

    person: str
    on_call: timedelta
    nights: int
    weekend_days: int
    holidays: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenness:
    """How evenly nights lie: "Ana has 9 of 14 nights; an even share is 4.7".

    `heaviest` has the most, `most` of `nights` in all. `to_move` nights would have to go to
    others for all to have the same. `percent` is 100 where all have the same, and 0 where one
    person has every night.
    """

    heaviest: str | None
    most: int
    nights: int
    even_share: float
    to_move: float
    percent: int


def loads(
    spans: Iterable[Span],
    zones: Mapping[str, str],
    *,
    zone: str,
    holidays: Collection[date] = (),
    people: Iterable[str] = (),
) -> tuple[Load, ...]:
    """The load of each person whom the spans name, and of `people`, who may have none.

    `zone` is whose wall holds for people without one in `zones`. The most nights come first, then
    the most hours.
    """
    held: dict[str, list[tuple[int, int]]] = {person: [] for person in people}
    for span in spans:
        for person in span.people:
            _add(held.setdefault(person, []), micros(span.starts_at), micros(span.ends_at))
    found = [
        _load(person, stretches, zones.get(person, zone), holidays)
        for person, stretches in held.items()
    ]
    return tuple(sorted(found, key=lambda load: (-load.nights, -load.on_call, load.person)))


def evenness(found: Collection[Load]) -> Evenness:
    """How evenly these people share the nights."""
    nights = sum(load.nights for load in found)
    share = nights / len(found) if found else 0.0
    to_move = sum(max(0.0, load.nights - share) for load in found)
    # The worst is one person with every night: all but their even share would have to move.
    worst = nights - share
    heaviest = max(found, key=lambda load: load.nights, default=None)
    return Evenness(
        heaviest=heaviest.person if heaviest and heaviest.nights else None,
        most=heaviest.nights if heaviest else 0,
        nights=nights,
        even_share=share,
        to_move=to_move,
        percent=round(100 * (1 - to_move / worst)) if worst else 100,
    )


def night_of(at: datetime, zone: str) -> date | None:
    """The night that a moment lies in, by the day on which it begins; None by day."""
    instant = micros(at)
    here = walls(zone, instant, instant)
    day = _day(here.wall(instant))
    around = (day - timedelta(days=1), day)
    return next((each for each in around if _is_within(instant, _night(each, here))), None)


def _add(stretches: list[tuple[int, int]], start: int, end: int) -> None:
    if stretches and stretches[-1][1] == start:
        stretches[-1] = (stretches[-1][0], end)
    else:
        stretches.append((start, end))


def _load(
    person: str, stretches: list[tuple[int, int]], zone: str, holidays: Collection[date]
) -> Load:
    total = sum(end - start for start, end in stretches)
    if not stretches:
        return Load(person=person, on_call=timedelta(), nights=0, weekend_days=0, holidays=0)
    here = walls(zone, stretches[0][0], stretches[-1][1])
    days = _counted(stretches, here, 0, DAY)
    return Load(
        person=person,
        on_call=total * TICK,
        nights=len(_counted(stretches, here, NIGHT_BEGINS // TICK, NIGHT_LASTS // TICK)),
        weekend_days=sum(day.weekday() >= SATURDAY for day in days),
        holidays=sum(day in holidays for day in days),
    )


def _counted(stretches: list[tuple[int, int]], here: Walls, begins: int, lasts: int) -> list[date]:
    """The days of whose part enough lies in the stretches.

    The part begins so long after midnight by the wall, and lasts so long by it.
    """
    first = here.wall(min(start for start, _ in stretches)) // DAY - 1
    last = here.wall(max(end for _, end in stretches)) // DAY + 1
    by_wall = range(first * DAY + begins, (last + 1) * DAY + begins, DAY)
    lows = here.instants(by_wall)
    highs = here.instants(range(by_wall.start + lasts, by_wall.stop + lasts, DAY))
    shares = [0] * len(lows)
    for start, end in stretches:
        for n in range(bisect_right(highs, start), bisect_left(lows, end)):
            shares[n] += min(highs[n], end) - max(lows[n], start)
    return [_day((first + n) * DAY) for n, share in enumerate(shares) if share >= COUNTS_FROM]


def _night(day: date, here: Walls) -> tuple[int, int]:
    begins = datetime.combine(day, time(0)) + NIGHT_BEGINS
    return here.instant(_wall(begins)), here.instant(_wall(begins + NIGHT_LASTS))


def _is_within(instant: int, part: tuple[int, int]) -> bool:
    return part[0] <= instant < part[1]


def _wall(naive: datetime) -> int:
    return (naive - NAIVE_EPOCH) // TICK


def _day(wall: int) -> date:
    return (NAIVE_EPOCH + wall * TICK).date()
