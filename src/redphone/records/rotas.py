"""Rotas as the core reads them, and who is on call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, TypeVar

from django.db.models import Q

from redphone.core import oncall
from redphone.core.oncall import (
    Absence,
    Layer,
    OnHolidays,
    Override,
    Rota,
    Shift,
    Unit,
    Window,
)
from redphone.records import policies
from redphone.records.models import Absence as AbsenceRow
from redphone.records.models import Override as OverrideRow
from redphone.records.models import Person, RotaLayer, RotaShift, Team

Value = TypeVar("Value")

LAYER = (
    *("pk", "team_id", "name", "priority", "time_zone", "unit", "every"),
    *("starts_at", "ends_at", "holds_from"),
    *("handover_in_persons_zone", "windows", "on_holidays"),
)
TURN = ("turns__position", "turns__person_id", "turns__person__is_active")


def rotas(
    at: datetime, teams: Iterable[str] | None = None, until: datetime | None = None
) -> dict[str, Rota]:
    """The rotas by team name, as they hold from `at` on; all teams, or those named.

    What has ended by `at` is left out, and so is what begins at `until` or later, where that is
    given. People who have left the desk are on no rota.
    """
    rows = Team.objects.all() if teams is None else Team.objects.filter(name__in=list(teams))
    found = {row.pk: row for row in rows}
    shifts = _by_team(_shifts(found))
    layers = _by_team(_layers(found, at, until))
    overrides = _by_team(_overrides(found, at, until))
    absences = tuple(_absences(at, until))
    own_zones = zones() if layers else {}
    away = any(layer.on_holidays != OnHolidays.ALSO for each in layers.values() for layer in each)
    days_off = holidays() if away else frozenset()
    return {
        team.name: Rota(
            team=team.name,
            time_zone=team.time_zone,
            shifts=tuple(shifts.get(pk, ())),
            layers=tuple(layers.get(pk, ())),
            overrides=tuple(overrides.get(pk, ())),
            absences=absences,
            zones=own_zones,
            holidays=days_off,
        )
        for pk, team in found.items()
    }


def _by_team(found: Iterator[tuple[int, Value]]) -> dict[int, list[Value]]:
    gathered: dict[int, list[Value]] = {}
    for team, value in found:
        gathered.setdefault(team, []).append(value)
    return gathered


def _shifts(teams: Iterable[int]) -> Iterator[tuple[int, Shift]]:
    # Every page of the desk shows who is on call: no objects are made of a hundred shifts.
    rows = RotaShift.objects.filter(team__in=teams, person__is_active=True)
    columns = ("team_id", "person_id", "weekday", "starts", "ends")
    for team, person, weekday, starts, ends in rows.values_list(*columns):
        yield (
            team,
            Shift(person=f"person:{person}", weekday=weekday, starts=starts, ends=ends),
        )


def _layers(
    teams: Iterable[int], at: datetime, until: datetime | None
) -> Iterator[tuple[int, Layer]]:
    """The layers with their turns, in one read."""
    rows = RotaLayer.objects.filter(_unended(at, until) | Q(ends_at=None), team__in=teams)
    found: dict[int, tuple[dict[str, Any], dict[int, list[str]]]] = {}
    ordered = rows.order_by("team", "-priority", "position", "pk", "turns__position", "turns__pk")
    for row in ordered.values(*LAYER, *TURN):
        _, turns = found.setdefault(row["pk"], (row, {}))
        if row["turns__position"] is None:
            continue
        people = turns.setdefault(row["turns__position"], [])
        if row["turns__person__is_active"]:
            people.append(f"person:{row['turns__person_id']}")
    for row, turns in found.values():
        yield row["team_id"], _layer(row, tuple(tuple(people) for people in turns.values()))


def _layer(row: dict[str, Any], turns: tuple[tuple[str, ...], ...]) -> Layer:
    return Layer(
        id=str(row["pk"]),
        name=row["name"],
        priority=row["priority"],
        time_zone=row["time_zone"],
        turns=turns,
        unit=Unit(row["unit"]),
        every=row["every"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        holds_from=row["holds_from"],
        handover_in_persons_zone=row["handover_in_persons_zone"],
        windows=windows(row["windows"]),
        on_holidays=OnHolidays(row["on_holidays"]),
    )


def windows(stored: list[list[Any]]) -> tuple[Window, ...]:
    """Windows from the form in which a row has them."""
    return tuple(
        Window(
            from_day=from_day,
            from_time=time.fromisoformat(starts),
            to_day=to_day,
            to_time=time.fromisoformat(ends),
        )
        for from_day, starts, to_day, ends in stored
    )


def stored_windows(given: Iterable[Window]) -> list[list[Any]]:
    """Windows in the form in which a row has them."""
    return [[w.from_day, w.from_time.isoformat(), w.to_day, w.to_time.isoformat()] for w in given]


def _overrides(
    teams: Iterable[int], at: datetime, until: datetime | None
) -> Iterator[tuple[int, Override]]:
    rows = OverrideRow.objects.filter(
        _unended(at, until), team__in=teams, person__is_active=True
    ).order_by("made_at", "pk")
    for row in rows:
        yield (
            row.team_id,
            Override(
                person=f"person:{row.person_id}",
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                instead_of=f"person:{row.instead_of_id}" if row.instead_of_id else None,
                replaces_all=row.replaces_all,
            ),
        )


def _absences(at: datetime, until: datetime | None) -> Iterator[Absence]:
    rows = AbsenceRow.objects.filter(_unended(at, until), person__is_active=True)
    for person, starts, ends in rows.values_list("person_id", "starts_at", "ends_at"):
        yield Absence(person=f"person:{person}", starts_at=starts, ends_at=ends)


def _unended(at: datetime, until: datetime | None) -> Q:
    return Q(ends_at__gt=at) & (Q() if until is None else Q(starts_at__lt=until))


def zones() -> dict[str, str]:
    """The own time zone of each of the desk's people."""
    people = Person.objects.filter(is_active=True, customer=None)
    return {f"person:{pk}": zone for pk, zone in people.values_list("pk", "time_zone")}


def holidays() -> frozenset[date]:
    """The days off of the policy's own calendar."""
    try:
        return policies.current().hours.holidays
    except policies.NoPolicy:
        return frozenset()


def on_call(team: str, at: datetime) -> tuple[str, ...]:
    """Who of a team is on call: nobody, when the desk has no such team."""
    rota = rotas(at, [team]).get(team)
    return oncall.on_call(rota, at) if rota else ()


def named(at: datetime) -> dict[str, list[str]]:
    """For each actor whom a rota names, now or later, the teams whose rota it is, by name."""
    found: dict[str, list[str]] = {}
    for team, rota in sorted(rotas(at).items()):
        for actor in _people(rota):
            found.setdefault(actor, []).append(team)
    return found


def _people(rota: Rota) -> set[str]:
    taking_turns = {person for layer in rota.layers for turn in layer.turns for person in turn}
    standing_in = {override.person for override in rota.overrides}
    return taking_turns | standing_in | {shift.person for shift in rota.shifts}
