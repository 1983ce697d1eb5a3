"""One team's rota as managers change it, and how every team stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import slugify

from redphone.core import oncall
from redphone.core.oncall import Layer, Rota, Span
from redphone.records import policies, rotas
from redphone.records.models import Override, RotaLayer, RotaShift, Team
from redphone.records.queries.asker import Asker, NotYours, require_staff
from redphone.records.queries.oncall import AHEAD, ladder_teams
from redphone.records.queries.people import Names, names

Moments = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a team stands: who is on call now and until when, who is next, and holes to come.

    `until` is None when nothing changes in the time looked at; `next` is empty then, and at a
    hole.
    """

    name: str
    slug: str
    time_zone: str
    now: tuple[str, ...]
    until: datetime | None
    next: tuple[str, ...]
    holes: Moments
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPlan:
    """A team's layers, highest first, its week by weekday, its exceptions to come, its rota.

    `pk` is None for a team that the policy names and nobody has filled yet: its zone is the
    policy's.
    """

    standing: Standing
    pk: int | None
    rota: Rota
    layers: tuple[tuple[RotaLayer, Layer], ...]
    days: tuple[tuple[RotaShift, ...], ...]
    overrides: tuple[Override, ...]
    names: Names


def standings(asker: Asker, *, at: datetime) -> tuple[Standing, ...]:
    """Every team: the policy's first, in its order, then those that no ladder calls.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    steps = ladder_teams()
    rows = {row.name: row for row in Team.objects.all()}
    ordered = [*steps, *(name for name in rows if name not in steps)]
    standing = rotas.rotas(at, until=at + AHEAD)
    spans = {
        name: oncall.spans(standing[name], at, at + AHEAD)
        if name in standing
        else (Span(starts_at=at, ends_at=at + AHEAD, people=()),)
        for name in ordered
    }
    named = names(person for each in spans.values() for span in each for person in span.people)
    return tuple(
        _standing(name, rows.get(name), spans[name], named, steps.get(name, []))
        for name in ordered
    )


def _standing(
    name: str, row: Team | None, spans: tuple[Span, ...], named: Names, steps: list[str]
) -> Standing:
    following = spans[1] if len(spans) > 1 else None
    return Standing(
        name=name,
        slug=row.slug if row else slugify(name),
        time_zone=row.time_zone if row else _policy_zone(),
        now=tuple(named[person] for person in spans[0].people),
        until=following.starts_at if following else None,
        next=tuple(named[person] for person in following.people) if following else (),
        holes=tuple((span.starts_at, span.ends_at) for span in spans if not span.people),
        steps=tuple(steps),
    )


def team_plan(asker: Asker, slug: str, *, at: datetime) -> TeamPlan:
    """A team by its slug, as its rota holds from now on.

    Raises:
        NotYours: there is no such team, or the asker is none of the desk's own people.
    """
    require_staff(asker)
    row = Team.objects.filter(slug=slug).first()
    steps = ladder_teams()
    name = row.name if row else next((each for each in steps if slugify(each) == slug), None)
    if name is None:
        raise NotYours
    empty = Rota(team=name, time_zone=row.time_zone if row else _policy_zone())
    rota = rotas.rotas(at, [name]).get(name, empty)
    spans = oncall.spans(rota, at, at + AHEAD)
    shifts = list(RotaShift.objects.filter(team=row).select_related("person")) if row else []
    overrides = (
        Override.objects.filter(team=row, ends_at__gt=at) if row else Override.objects.none()
    )
    named = names(
        {
            *(person for span in spans for person in span.people),
            *(person for layer in rota.layers for turn in layer.turns for person in turn),
            *(shift.person for shift in rota.shifts),
            *(person for each in rota.overrides for person in (each.person, each.instead_of)),
        }
    )
    return TeamPlan(
        standing=_standing(name, row, spans, named, steps.get(name, [])),
        pk=row.pk if row else None,
        rota=rota,
        layers=_layers(rota, at),
        days=tuple(tuple(s for s in shifts if s.weekday == day) for day in range(7)),
        overrides=tuple(
            overrides.select_related("person", "instead_of").order_by("starts_at", "pk")
        ),
        names=named,
    )


def _layers(rota: Rota, at: datetime) -> tuple[tuple[RotaLayer, Layer], ...]:
    """The rows of a rota's layers, in its order, beside what the core makes of them."""
    rows = RotaLayer.objects.in_bulk([int(layer.id) for layer in rota.layers])
    return tuple((rows[int(layer.id)], layer) for layer in rota.layers)


def _policy_zone() -> str:
    try:
        return policies.current().policy.hours.time_zone
    except policies.NoPolicy:
        return "UTC"
