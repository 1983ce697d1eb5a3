"""What concerns one person's duty: swaps that wait, absences, and one shift looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.db.models import Q, QuerySet
from django.utils.text import slugify

from redphone.core import oncall
from redphone.core.oncall import Because, Span
from redphone.records import rotas
from redphone.records.models import Absence, Override, Swap, Team
from redphone.records.models.swap import SwapState
from redphone.records.queries.asker import Asker, NotAllowed, NotYours, require_staff
from redphone.records.queries.oncall import ladder_teams
from redphone.records.queries.people import Names, names

BEFORE, AFTER = timedelta(days=14), timedelta(days=35)
"""How far around a moment its shift is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftSeen:
    """The span around a moment, why each is on call in it, and what follows.

    `begins` and `ends` are None where the span is longer than was looked. `own` is the asker's
    whole stretch of duty around the moment, whoever comes and goes beside them; None if they
    are not on call then.
    """

    team: str
    slug: str
    time_zone: str
    span: Span
    begins: datetime | None
    ends: datetime | None
    because: tuple[Because, ...]
    next: Span | None
    overrides: tuple[Override, ...]
    swaps: tuple[Swap, ...]
    names: Names
    own: tuple[datetime, datetime] | None


def shift(asker: Asker, slug: str, *, at: datetime) -> ShiftSeen:
    """A team's shift around a moment.

    Raises:
        NotYours: there is no such team, or the asker is none of the desk's own people.
    """
    require_staff(asker)
    row = Team.objects.filter(slug=slug).first()
    name = row.name if row else next((n for n in ladder_teams() if slugify(n) == slug), None)
    if name is None:
        raise NotYours
    start, end = at - BEFORE, at + AFTER
    rota = rotas.rotas(start, [name], until=end).get(name)
    spans = (
        oncall.spans(rota, start, end)
        if rota
        else (Span(starts_at=start, ends_at=end, people=()),)
    )
    place = next(n for n, span in enumerate(spans) if span.starts_at <= at < span.ends_at)
    span, following = spans[place], spans[place + 1] if place + 1 < len(spans) else None
    because = oncall.explain(rota, at) if rota else ()
    meeting = Q(team=row, starts_at__lt=span.ends_at, ends_at__gt=span.starts_at)
    overrides = Override.objects.filter(meeting) if row else Override.objects.none()
    swaps = Swap.objects.filter(meeting, state=SwapState.ASKED) if row else Swap.objects.none()
    people = {*span.people, *(following.people if following else ())}
    people |= {each.instead_of for each in because if each.instead_of}
    return ShiftSeen(
        team=name,
        slug=slug,
        time_zone=row.time_zone if row else "UTC",
        span=span,
        begins=span.starts_at if place else None,
        ends=span.ends_at if following else None,
        because=because,
        next=following,
        overrides=tuple(overrides.select_related("person", "instead_of").order_by("starts_at")),
        swaps=tuple(swaps.select_related("asked_by", "asked_of").order_by("starts_at")),
        names=names(people),
        own=own_stretch(spans, place, f"person:{asker.person_id}"),
    )


def own_stretch(
    spans: Sequence[Span], place: int, person: str
) -> tuple[datetime, datetime] | None:
    """From when until when somebody is on call without a break, around the span at this place."""
    if person not in spans[place].people:
        return None
    before = takewhile(lambda span: person in span.people, reversed(spans[: place + 1]))
    after = takewhile(lambda span: person in span.people, spans[place:])
    return [*before][-1].starts_at, [*after][-1].ends_at


def waiting(asker: Asker, *, at: datetime) -> int:
    """How many swaps wait for the asker's answer: the figure in the navigation."""
    if asker.person_id is None:
        return 0
    return _open(at).filter(asked_of=asker.person_id).count()


def swaps_to_answer(asker: Asker, *, at: datetime) -> tuple[Swap, ...]:
    """Swaps that wait for the asker, soonest first.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    return tuple(_told(_open(at).filter(asked_of=asker.person_id)))


def swaps_asked(asker: Asker, *, at: datetime) -> tuple[Swap, ...]:
    """What the asker asked of others and is not over, answered or not.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    return tuple(_told(Swap.objects.filter(asked_by=asker.person_id, ends_at__gt=at)))


def swaps_of_others(asker: Asker, *, at: datetime) -> tuple[Swap, ...]:
    """Swaps that wait for an answer between two others: for those who look after rotas.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    others = _open(at).exclude(asked_of=asker.person_id).exclude(asked_by=asker.person_id)
    return tuple(_told(others))


def _open(at: datetime) -> QuerySet[Swap]:
    """Swaps that can still be answered: neither part has begun."""
    back = Q(back_starts_at=None) | Q(back_starts_at__gt=at)
    return Swap.objects.filter(back, state=SwapState.ASKED, starts_at__gt=at)


def _told(found: QuerySet[Swap]) -> QuerySet[Swap]:
    return found.select_related("team", "asked_by", "asked_of").order_by("starts_at", "pk")


def absences(asker: Asker, *, at: datetime, everybody: bool) -> tuple[Absence, ...]:
    """Absences that are not over: the asker's own, or everybody's.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    found = Absence.objects.filter(ends_at__gt=at, person__is_active=True)
    if not everybody:
        found = found.filter(person=asker.person_id)
    return tuple(found.select_related("person").order_by("starts_at", "pk"))


def require_stands_in(person: int, override: int) -> None:
    """Let them pass who stand in by this override themselves.

    Raises:
        NotAllowed: somebody else stands in, or there is no such override.
    """
    if not Override.objects.filter(pk=override, person=person).exists():
        raise NotAllowed
