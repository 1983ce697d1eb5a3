"""The rows of the calendar: one for each team, or one for each person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Protocol

from django.urls import reverse

from redphone.core.oncall import Span
from redphone.records.models import Override
from redphone.records.models.swap import SwapState
from redphone.records.queries.calendar import Calendar, TeamSpans
from redphone.web.responder.calendar_days import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`key` is the team's slug or the person's number; `aside` stands small under the name."""

    key: str
    name: str
    aside: str
    href: str
    stretches: tuple[Stretch, ...]


class _Stretching(Protocol):
    starts_at: datetime
    ends_at: datetime


def by_team(found: Calendar) -> tuple[Row, ...]:
    """One row a team, in the order of the calendar."""
    rows = []
    for team in found.teams:
        opens, shows = (
            reverse(f"responder:{name}", args=[team.slug]) for name in ("team", "shift")
        )
        stretches = tuple(_of_team(team, span, found, shows) for span in team.spans)
        rows.append(
            Row(
                key=team.slug,
                name=team.name,
                aside=team.time_zone.replace("_", " "),
                href=opens,
                stretches=stretches,
            )
        )
    return tuple(rows)


def _of_team(team: TeamSpans, span: Span, found: Calendar, shows: str) -> Stretch:
    return Stretch(
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        says=tuple(found.names[person] for person in span.people),
        href=_at_shift(shows, span.starts_at),
        kind="" if span.people else "hole",
        marks=tuple(marks(team, span, span.people)),
        key=" ".join(span.people),
    )


def by_person(found: Calendar, only: str | None = None) -> tuple[Row, ...]:
    """One row for each person with duty or an absence, by name; `only` this one, an actor."""
    held: dict[str, list[Stretch]] = {}
    for team in found.teams:
        for person, stretch in _duty(team):
            held.setdefault(person, []).append(stretch)
    known = dict(found.names)
    for absence in found.absences:
        person = absence.person.actor
        known[person] = absence.person.name
        held.setdefault(person, []).append(_away(absence, absence.why))
    wanted = sorted(held, key=lambda person: known[person]) if only is None else [only]
    where = reverse("responder:calendar")
    return tuple(
        Row(
            key=person.removeprefix("person:"),
            name=known.get(person, ""),
            aside="",
            href=f"{where}?by=person&person={person.removeprefix('person:')}",
            stretches=tuple(held.get(person, ())),
        )
        for person in wanted
    )


def _away(absence: _Stretching, why: str) -> Stretch:
    return Stretch(
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        says=("away",),
        href=f"{reverse('responder:mine')}#away",
        kind="away",
        marks=(why,) if why else (),
    )


def _duty(team: TeamSpans) -> Iterator[tuple[str, Stretch]]:
    """Each person's duty in a team; who is on call beside them cuts no stretch in two."""
    shows = reverse("responder:shift", args=[team.slug])
    for person in dict.fromkeys(person for span in team.spans for person in span.people):
        mine = [span for span in team.spans if person in span.people]
        while mine:
            first = last = mine.pop(0)
            while mine and mine[0].starts_at == last.ends_at:
                last = mine.pop(0)
            span = Span(starts_at=first.starts_at, ends_at=last.ends_at, people=(person,))
            yield (
                person,
                Stretch(
                    starts_at=span.starts_at,
                    ends_at=span.ends_at,
                    says=(team.name,),
                    href=_at_shift(shows, span.starts_at),
                    marks=tuple(marks(team, span, (person,))),
                    key=team.slug,
                ),
            )


def marks(team: TeamSpans, span: Span, people: tuple[str, ...]) -> Iterator[str]:
    """What is out of the ordinary in a span: who stands in for whom, and swaps."""
    swapped = set()
    for swap in team.swaps:
        if not _meet(swap, span):
            continue
        if swap.state == SwapState.ASKED and swap.asked_by.actor in people:
            yield f"swap asked of {swap.asked_of.name}"
        elif swap.state == SwapState.ACCEPTED and swap.asked_of.actor in people:
            swapped.add((swap.asked_of_id, swap.asked_by_id))
            yield f"swapped with {swap.asked_by.name}"
    for each in team.overrides:
        if not _meet(each, span) or each.person.actor not in people:
            continue
        if (each.person_id, each.instead_of_id) not in swapped:
            yield _stands_in(each, people)


def _stands_in(each: Override, people: tuple[str, ...]) -> str:
    who = "" if len(people) == 1 else f"{each.person.name} "
    if each.instead_of:
        return f"{who}in place of {each.instead_of.name}"
    return f"{who}alone" if each.replaces_all else f"{who}beside the rota"


def _meet(row: _Stretching, span: Span) -> bool:
    return row.starts_at < span.ends_at and span.starts_at < row.ends_at


def _at_shift(shows: str, moment: datetime) -> str:
    """Where a team's shift at a moment is shown, with what can be done about it."""
    return f"{shows}?at={ceil(moment.timestamp())}"
