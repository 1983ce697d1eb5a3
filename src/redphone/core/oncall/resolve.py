"""Who is on call at a moment, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from redphone.core.oncall.course import Course, of_layer, of_shift
from redphone.core.oncall.rota import Because, Layer, Rota, Source
from redphone.core.oncall.standing import Standing, standing
from redphone.core.oncall.walls import micros


def on_call(rota: Rota, at: datetime) -> tuple[str, ...]:
    """The people on call at a moment, in the order of the rota, each once.

    Empty when nobody is: the ladder then climbs at once.
    """
    return tuple(dict.fromkeys(because.person for because in explain(rota, at)))


def explain(rota: Rota, at: datetime) -> tuple[Because, ...]:
    """Each person on call at a moment with where they come from; all reasons, in order."""
    laid_over = standing(rota, at)
    alone = laid_over.people(laid_over.alone)
    if alone:
        return tuple(Because(person=person, source=Source.OVERRIDE) for person in alone)
    named = next((found for level in _levels(rota, at) if (found := _named(level, laid_over))), ())
    beside = (Because(person=person, source=Source.OVERRIDE) for person in laid_over.beside)
    return tuple(dict.fromkeys((*named, *beside)))


def levels(rota: Rota, start: int, end: int) -> Iterator[list[Course]]:
    """The courses of one priority after the other, highest first, the week plan last."""
    ordered = sorted(rota.layers, key=lambda layer: -layer.priority)
    for _, equal in groupby(ordered, key=lambda layer: layer.priority):
        yield [of_layer(layer, rota, start, end) for layer in equal]
    if rota.shifts:
        yield [of_shift(shift, rota.time_zone, start, end) for shift in rota.shifts]


def _levels(rota: Rota, at: datetime) -> Iterator[list[Course]]:
    now = micros(at)
    return levels(rota, now, now + 1)


def _named(level: Iterable[Course], laid_over: Standing) -> tuple[Because, ...]:
    return tuple(
        _because(course.layer, person, each)
        for course in level
        for _, _, number in course.turns(course.holds)
        for person in course.people[number % len(course.people)]
        for each in laid_over.in_place_of(person)
    )


def _because(layer: Layer | None, named: str, person: str) -> Because:
    source = Source.LAYER if layer else Source.WEEK_PLAN
    return Because(
        person=person,
        source=source if person == named else Source.OVERRIDE,
        layer=layer.id if layer else "",
        name=layer.name if layer else "",
        instead_of=None if person == named else named,
    )
