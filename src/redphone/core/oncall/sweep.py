"""Who is on call over a span of time, and where nobody is.

Between two moments at which an override or an absence begins or ends, the same people stand in
for the same others. Within such a part the layers fill what is still open, the highest first: what
a layer has filled is never looked at again, and a layer that nothing is left for is never counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from redphone.core.oncall.course import Course
from redphone.core.oncall.resolve import levels
from redphone.core.oncall.rota import Rota, Span
from redphone.core.oncall.standing import Standing, standing
from redphone.core.oncall.stretches import Stretch, without
from redphone.core.oncall.walls import micros, moment

People = tuple[str, ...]
Piece = tuple[int, int, People]
"""From, until, and who is on call."""


def spans(rota: Rota, start: datetime, end: datetime) -> tuple[Span, ...]:
    """Who is on call between two moments: without gaps, in order, neighbours differ; in UTC."""
    pieces = _pieces(rota, start, end)
    edges = [moment(since) for since, _, _ in pieces]
    if pieces:
        edges.append(moment(pieces[-1][1]))
    return tuple(
        Span(starts_at=since, ends_at=until, people=people)
        for (since, until), (_, _, people) in zip(pairwise(edges), pieces, strict=True)
    )


def holes(rota: Rota, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """When nobody of a team is on call between two moments, as (from, until) in UTC, in order."""
    pieces = _pieces(rota, start, end)
    return tuple((moment(since), moment(until)) for since, until, people in pieces if not people)


def _pieces(rota: Rota, start: datetime, end: datetime) -> list[Piece]:
    since, until = micros(start), micros(end)
    if since >= until:
        return []
    filling = _Filling(rota, since, until)
    found: list[Piece] = []
    for low, high in pairwise((since, *_changes(rota, since, until), until)):
        found += filling.part(standing(rota, moment(low)), low, high)
    return list(_merged(found))


def _changes(rota: Rota, start: int, end: int) -> list[int]:
    """Where the people who stand in, or are away, change between two instants."""
    named = _named(rota)
    stand_ins = ((each.starts_at, each.ends_at) for each in rota.overrides)
    away = ((each.starts_at, each.ends_at) for each in rota.absences if each.person in named)
    edges = {micros(at) for both in (*stand_ins, *away) for at in both}
    return sorted(at for at in edges if start < at < end)


def _named(rota: Rota) -> set[str]:
    turns = (turn for layer in rota.layers for turn in layer.turns)
    return {
        *(person for turn in turns for person in turn),
        *(shift.person for shift in rota.shifts),
        *(override.person for override in rota.overrides),
    }


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    rest = iter(pieces)
    start, end, people = next(rest)
    for since, until, others in rest:
        if others == people:
            end = until
            continue
        yield start, end, people
        start, end, people = since, until, others
    yield start, end, people


class _Filling:
    """The layers of a rota between two instants, counted as far down as they are needed."""

    def __init__(self, rota: Rota, start: int, end: int) -> None:
        self._rest = levels(rota, start, end)
        self._levels: list[list[Course]] = []

    def part(self, laid_over: Standing, start: int, end: int) -> list[Piece]:
        """Who is on call in a part in which nobody comes or goes by an override or an absence."""
        if alone := laid_over.people(laid_over.alone):
            return [(start, end, alone)]
        pieces: list[Piece] = []
        left: list[Stretch] = [(start, end)]
        for level in self._highest_first():
            filled = _fill(level, left, laid_over.people)
            pieces += filled
            left = without(left, filled)
            if not left:
                break
        pieces += [(since, until, ()) for since, until in left]
        pieces.sort()
        return _with(laid_over.beside, pieces) if laid_over.beside else pieces

    def _highest_first(self) -> Iterator[list[Course]]:
        yield from self._levels
        for level in self._rest:
            self._levels.append(level)
            yield level


def _with(beside: People, pieces: list[Piece]) -> list[Piece]:
    found: dict[People, People] = {}
    for _, _, people in pieces:
        if people not in found:
            found[people] = tuple(dict.fromkeys((*people, *beside)))
    return [(start, end, found[people]) for start, end, people in pieces]


def _fill(
    level: list[Course], left: list[Stretch], resolved: Callable[[People], People]
) -> list[Piece]:
    """What the layers of one priority fill of the stretches that are left."""
    each = [found for course in level if (found := _course(course, left, resolved))]
    if len(each) < 2:
        return each[0] if each else []
    return list(_side_by_side(each))


def _course(
    course: Course, left: list[Stretch], resolved: Callable[[People], People]
) -> list[Piece]:
    people = [resolved(turn) for turn in course.people]
    turns = course.turns(left)
    count = len(people)
    named = [(start, end, people[number % count]) for start, end, number in turns]
    return named if all(people) else [piece for piece in named if piece[2]]


def _side_by_side(each: Sequence[list[Piece]]) -> Iterator[Piece]:
    """Those of several layers together, in the layers' order; no piece where nobody is.

    Of many layers few are on call at a time: only who comes and who goes is looked at.
    """
    changes = _changes_of(each)
    on_now: dict[int, People] = {}
    known: dict[tuple[tuple[int, People], ...], People] = {}
    for start, end in pairwise(sorted(changes)):
        for layer, people in changes[start]:
            if people:
                on_now[layer] = people
            else:
                del on_now[layer]
        if not on_now:
            continue
        row = tuple(sorted(on_now.items()))
        together = known.get(row)
        if together is None:
            named = (person for _, people in row for person in people)
            together = known[row] = tuple(dict.fromkeys(named))
        yield start, end, together


def _changes_of(each: Sequence[list[Piece]]) -> dict[int, list[tuple[int, People]]]:
    """Who comes at an instant, by the number of their layer; nobody where a layer ends.

    What ends comes before what begins: the pieces of a layer are in order.
    """
    changes: dict[int, list[tuple[int, People]]] = defaultdict(list)
    for layer, pieces in enumerate(each):
        for start, end, people in pieces:
            changes[start].append((layer, people))
            changes[end].append((layer, ()))
    return changes
