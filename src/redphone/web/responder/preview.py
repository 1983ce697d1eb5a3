"""What a change of a rota does in the next weeks: who is on call otherwise, holes, fairness."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from redphone.core import oncall
from redphone.core.fairness import Evenness, Load
from redphone.core.oncall import Rota
from redphone.records.queries import nights
from redphone.records.queries.people import names

AHEAD = timedelta(weeks=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Hours in which other people are on call than before.

    `days` in a row have the same hours by the team's wall and the same people; `starts_at` and
    `ends_at` are the first day's, and the last day's hours begin at `last_at`.
    """

    starts_at: datetime
    ends_at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]
    days: int = 1
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Hours with nobody. `is_new`: the change makes it."""

    starts_at: datetime
    ends_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the rota asks of somebody: afterwards, and as it stands."""

    name: str
    after: Load
    before: Load | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`seen` marks what was shown: it is another as soon as the rota or the change is."""

    seen: str
    until: datetime
    differences: tuple[Difference, ...]
    holes: tuple[Hole, ...]
    shares: tuple[Share, ...]
    evenness: Evenness
    heaviest: str


def preview(before: Rota, after: Rota, wanted: object, at: datetime) -> Preview:
    """What changes in the next four weeks, when the change that is `wanted` makes `after`."""
    until = at + AHEAD
    effect = oncall.effect(before, after, at, until)
    held = oncall.holes(before, at, until)
    asks = nights.of_rota(after, start=at, end=until)
    asked = {load.person: load for load in nights.of_rota(before, start=at, end=until).loads}
    people = names(
        {
            *(person for each in effect for person in (*each.before, *each.after)),
            *(load.person for load in asks.loads),
        }
    )
    return Preview(
        seen=mark(before, wanted),
        until=until,
        differences=_folded(
            [
                Difference(
                    starts_at=each.starts_at,
                    ends_at=each.ends_at,
                    before=tuple(people[person] for person in each.before),
                    after=tuple(people[person] for person in each.after),
                    last_at=each.starts_at,
                )
                for each in effect
            ],
            ZoneInfo(after.time_zone),
        ),
        holes=tuple(
            Hole(starts_at=since, ends_at=end, is_new=not _within(since, end, held))
            for since, end in oncall.holes(after, at, until)
        ),
        shares=tuple(
            Share(name=people[each.person], after=each, before=asked.get(each.person))
            for each in asks.loads
        ),
        evenness=asks.evenness,
        heaviest=people[asks.evenness.heaviest] if asks.evenness.heaviest else "",
    )


def _folded(found: list[Difference], zone: ZoneInfo) -> tuple[Difference, ...]:
    """The same hours on days in a row as one: a month of nights is a line, not thirty."""
    folded: list[Difference] = []
    last: dict[object, int] = {}
    for each in found:
        start, end = each.starts_at.astimezone(zone), each.ends_at.astimezone(zone)
        hours = (start.time(), end.time(), end.date() - start.date(), each.before, each.after)
        number = last.get(hours)
        before = folded[number] if number is not None else None
        if number is None or before is None or not _is_next_day(before, start, zone):
            last[hours] = len(folded)
            folded.append(each)
        else:
            folded[number] = replace(before, days=before.days + 1, last_at=each.starts_at)
    return tuple(folded)


def _is_next_day(before: Difference, start: datetime, zone: ZoneInfo) -> bool:
    last = (before.last_at or before.starts_at).astimezone(zone)
    return start.date() == last.date() + timedelta(days=1)


def _within(since: datetime, end: datetime, held: tuple[tuple[datetime, datetime], ...]) -> bool:
    return any(start <= since and end <= last for start, last in held)


def mark(before: Rota, wanted: object) -> str:
    """A mark of a rota and of the change that is wanted: the same in every process.

    What comes out of the two also depends on the moment, and is left out.
    """
    parts = (before.shifts, before.layers, before.overrides, before.absences, wanted)
    return sha256(repr(parts).encode()).hexdigest()[:32]
