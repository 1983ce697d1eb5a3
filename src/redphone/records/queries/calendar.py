"""The calendar: who is on call over a stretch of days, with what is out of the ordinary in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Q
from django.utils.text import slugify

from redphone.core import oncall
from redphone.core.oncall import Span
from redphone.records import rotas
from redphone.records.models import Absence, Override, Swap, Team
from redphone.records.models.swap import SwapState
from redphone.records.queries.asker import Asker, require_staff
from redphone.records.queries.oncall import ladder_teams
from redphone.records.queries.people import Names, names

Row = TypeVar("Row", Override, Swap)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSpans:
    """Who is on call for a team, in order; a span without people is a hole.

    A team that the policy names and nobody has filled yet has no zone, and is one hole.
    """

    name: str
    slug: str
    time_zone: str
    spans: tuple[Span, ...]
    overrides: tuple[Override, ...]
    swaps: tuple[Swap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Every team's spans from `starts_at` until `ends_at`, and who can't be reached then."""

    starts_at: datetime
    ends_at: datetime
    teams: tuple[TeamSpans, ...]
    absences: tuple[Absence, ...]
    names: Names


def calendar(asker: Asker, *, start: datetime, end: datetime, team: str | None = None) -> Calendar:
    """The rota as it stands, for every team or for the one with this slug.

    The policy's teams come first, in its order, then those that no ladder calls.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows, steps = {row.name: row for row in Team.objects.all()}, ladder_teams()
    ordered = [*steps, *(name for name in rows if name not in steps)]
    wanted = [name for name in ordered if team is None or _slug(name, rows) == team]
    standing = rotas.rotas(start, wanted, until=end)
    within = Q(ends_at__gt=start, starts_at__lt=end, team__name__in=wanted)
    overrides = _by_team(Override.objects.filter(within).select_related("person", "instead_of"))
    swaps = _by_team(
        Swap.objects.filter(within, state__in=(SwapState.ASKED, SwapState.ACCEPTED))
        .select_related("asked_by", "asked_of")
        .order_by("starts_at", "pk")
    )
    teams = tuple(
        TeamSpans(
            name=name,
            slug=_slug(name, rows),
            time_zone=rows[name].time_zone if name in rows else "",
            spans=oncall.spans(standing[name], start, end)
            if name in standing
            else (Span(starts_at=start, ends_at=end, people=()),),
            overrides=tuple(overrides.get(rows[name].pk, ())) if name in rows else (),
            swaps=tuple(swaps.get(rows[name].pk, ())) if name in rows else (),
        )
        for name in wanted
    )
    absent = Absence.objects.filter(ends_at__gt=start, starts_at__lt=end, person__is_active=True)
    return Calendar(
        starts_at=start,
        ends_at=end,
        teams=teams,
        absences=tuple(absent.select_related("person").order_by("starts_at", "pk")),
        names=names(person for each in teams for span in each.spans for person in span.people),
    )


def _slug(name: str, rows: dict[str, Team]) -> str:
    return rows[name].slug if name in rows else slugify(name)


def _by_team(found: Iterable[Row]) -> dict[int, list[Row]]:
    gathered: dict[int, list[Row]] = {}
    for row in found:
        gathered.setdefault(row.team_id, []).append(row)
    return gathered
