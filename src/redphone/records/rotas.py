"""Rotas as the core reads them, and who is on call."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from redphone.core import oncall
from redphone.core.oncall import Override, Rota, Shift
from redphone.records.models import Override as OverrideRow
from redphone.records.models import RotaShift, Team


def rotas(at: datetime, teams: Iterable[str] | None = None) -> dict[str, Rota]:
    """The rotas by team name, with the overrides that have not ended; all teams, or those named.

    People who have left the desk are on no rota.
    """
    rows = Team.objects.all() if teams is None else Team.objects.filter(name__in=list(teams))
    found = {row.pk: row for row in rows}
    shifts: dict[int, list[Shift]] = {pk: [] for pk in found}
    overrides: dict[int, list[Override]] = {pk: [] for pk in found}
    # Every page of the desk shows who is on call: no objects are made of a hundred shifts.
    rota = RotaShift.objects.filter(team__in=found, person__is_active=True)
    columns = ("team_id", "person_id", "weekday", "starts", "ends")
    for team_id, person, weekday, starts, ends in rota.values_list(*columns):
        shift = Shift(person=f"person:{person}", weekday=weekday, starts=starts, ends=ends)
        shifts[team_id].append(shift)
    standing = OverrideRow.objects.filter(
        team__in=found, ends_at__gt=at, person__is_active=True
    ).order_by("made_at", "pk")
    for row in standing:
        overrides[row.team_id].append(_override(row))
    return {
        team.name: Rota(
            team=team.name,
            time_zone=team.time_zone,
            shifts=tuple(shifts[pk]),
            overrides=tuple(overrides[pk]),
        )
        for pk, team in found.items()
    }


def _override(row: OverrideRow) -> Override:
    return Override(
        person=f"person:{row.person_id}",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        instead_of=f"person:{row.instead_of_id}" if row.instead_of_id else None,
    )


def on_call(team: str, at: datetime) -> tuple[str, ...]:
    """Who of a team is on call: nobody, when the desk has no such team."""
    rota = rotas(at, [team]).get(team)
    return oncall.on_call(rota, at) if rota else ()


def named(at: datetime) -> dict[str, list[str]]:
    """For each actor whom a rota names, now or later, the teams whose rota it is, by name."""
    found: dict[str, list[str]] = {}
    for team, rota in sorted(rotas(at).items()):
        people = {shift.person for shift in rota.shifts}
        for actor in people | {override.person for override in rota.overrides}:
            found.setdefault(actor, []).append(team)
    return found
