"""Who is on call when several lists of dated duties lie over each other, apart from the resolver.

It knows nothing of layers and turns: a proof that used the same code twice would prove nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from redphone.core.oncall import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Somebody is on call from `starts_at` until just before `ends_at`."""

    person: str
    starts_at: datetime
    ends_at: datetime


def sweep(levels: Sequence[Iterable[Duty]], start: datetime, end: datetime) -> tuple[Span, ...]:
    """Who is on call between two moments: at each, everybody of the first level with anybody.

    Without gaps; nobody is an empty span. People are in the order of the alphabet.
    """
    changes: dict[datetime, list[tuple[int, str, int]]] = {start: [], end: []}
    for number, level in enumerate(levels):
        for duty in level:
            since, until = max(duty.starts_at, start), min(duty.ends_at, end)
            if since < until:
                changes.setdefault(since, []).append((number, duty.person, 1))
                changes.setdefault(until, []).append((number, duty.person, -1))
    standing: list[Counter[str]] = [Counter() for _ in levels]
    spans: list[Span] = []
    moments = sorted(changes)
    for since, until in pairwise(moments):
        for number, person, step in changes[since]:
            standing[number][person] += step
        add(spans, since, until, _first(standing))
    return tuple(spans)


def _first(standing: list[Counter[str]]) -> tuple[str, ...]:
    for level in standing:
        people = tuple(sorted(person for person, times in level.items() if times > 0))
        if people:
            return people
    return ()


def add(spans: list[Span], since: datetime, until: datetime, people: tuple[str, ...]) -> None:
    """Put one more span at the end, or make the last one longer when the people are the same."""
    if spans and spans[-1].people == people and spans[-1].ends_at == since:
        since = spans.pop().starts_at
    utc_since, utc_until = since.astimezone(UTC), until.astimezone(UTC)
    spans.append(Span(starts_at=utc_since, ends_at=utc_until, people=people))


def splice(under: Sequence[Span], over: Sequence[Span]) -> tuple[Span, ...]:
    """The first list, with the second in its place for as long as that one lasts."""
    if not over:
        return tuple(under)
    since, until = over[0].starts_at, over[-1].ends_at
    spans: list[Span] = []
    for each in under:
        if each.starts_at < since:
            add(spans, each.starts_at, min(each.ends_at, since), each.people)
    for each in over:
        add(spans, each.starts_at, each.ends_at, each.people)
    for each in under:
        if each.ends_at > until:
            add(spans, max(each.starts_at, until), each.ends_at, each.people)
    return tuple(spans)


Times = list[tuple[datetime, datetime]]


def joined(found: Iterable[tuple[datetime, datetime]]) -> Times:
    """Times from and until, in order, put together where they meet or overlap."""
    kept: Times = []
    for since, until in sorted(each for each in found if each[0] < each[1]):
        if kept and since <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(until, kept[-1][1]))
        else:
            kept.append((since, until))
    return kept


def inside(duties: Iterable[Duty], allowed: Times) -> Iterator[Duty]:
    """The parts of duties that fall into these times. Both come in order of their beginnings."""
    first = 0
    for duty in duties:
        while first < len(allowed) and allowed[first][1] <= duty.starts_at:
            first += 1
        for since, until in allowed[first:]:
            if since >= duty.ends_at:
                break
            starts_at, ends_at = max(since, duty.starts_at), min(until, duty.ends_at)
            yield Duty(person=duty.person, starts_at=starts_at, ends_at=ends_at)


def utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which a zone's clocks show this: its first coming, when it comes twice.

    What they leave out is the moment of the change, as everywhere in this house.
    """
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found
    after = found.astimezone(zone).utcoffset()
    while (found - timedelta(minutes=1)).astimezone(zone).utcoffset() == after:
        found -= timedelta(minutes=1)
    return found
