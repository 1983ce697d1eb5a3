"""Absences: when somebody can't be reached. People say so themselves, managers for anyone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from redphone.actions.rota import RotaError, colleagues, staff, standing_in
from redphone.core.oncall import Change
from redphone.records.models import Absence, Team
from redphone.records.queries import rights
from redphone.records.queries.asker import NotAllowed

LONGEST = timedelta(days=550)


class NoSuchAbsence(RotaError):
    """That absence is over already, or was taken back."""


class AbsenceEndsBeforeItBegins(RotaError):
    """An absence ends after it begins. Choose a later end."""


class AbsenceIsOver(RotaError):
    """That absence would be over already. Choose an end that is still to come."""


class AbsenceTooLong(RotaError):
    """An absence lasts a year and a half at most. Take them off the rota instead."""


def add_absence(
    *,
    person: int,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: str,
    at: datetime,
    holes_named: bool = False,
) -> tuple[Absence, list[tuple[Team, Change]]]:
    """Say that somebody can't be reached: no rota names them then. What changes on each team's.

    Where they alone held a layer, the layers below show; where there is nothing below is a hole.

    Raises:
        NotYours, NotAllowed: `by` speaks for somebody else, and is no manager.
        NotOfTheDesk, AbsenceEndsBeforeItBegins, AbsenceIsOver, AbsenceTooLong: see each.
        LeavesAHole: a team would have nobody, and nobody has named that.
    """
    _require(by, person)
    if ends_at <= starts_at:
        raise AbsenceEndsBeforeItBegins
    if ends_at <= at:
        raise AbsenceIsOver
    if ends_at - starts_at > LONGEST:
        raise AbsenceTooLong
    who = colleagues([person])[person]
    with standing_in(
        _teams([person]),
        start=starts_at,
        end=ends_at,
        by=by,
        at=at,
        holes_named=holes_named,
    ) as changes:
        row = Absence.objects.create(
            person=who,
            starts_at=starts_at,
            ends_at=ends_at,
            why=why.strip(),
            made_by=by,
            made_at=at,
        )
    return row, changes


def end_absence(*, absence: int, by: str, at: datetime) -> None:
    """Somebody is back; an absence that has not begun is taken back.

    Raises:
        NotYours, NotAllowed: `by` speaks for somebody else, and is no manager.
        NoSuchAbsence: it has ended already.
    """
    with transaction.atomic():
        row = Absence.objects.select_for_update().filter(pk=absence, ends_at__gt=at).first()
        if row is None:
            raise NoSuchAbsence
        _require(by, row.person_id)
        if row.starts_at >= at:
            row.delete()
            return
        row.ends_at = at
        row.save(update_fields=["ends_at"])


def _require(by: str, person: int) -> None:
    asker = staff(by)
    if asker.pk != person and asker.role not in rights.ALLOWED["oncall.change"]:
        raise NotAllowed


def _teams(people: Collection[int]) -> list[Team]:
    """The teams whose rota may name one of these people."""
    named = (
        Q(shifts__person__in=people)
        | Q(layers__turns__person__in=people)
        | Q(overrides__person__in=people)
    )
    return list(Team.objects.filter(named).distinct())
