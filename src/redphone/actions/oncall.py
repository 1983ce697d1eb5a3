"""The week plan, and who stands in for whom."""

from __future__ import annotations

from datetime import datetime, time

from django.db import IntegrityError, transaction

from redphone.actions.rota import (
    LeavesAHole,
    NoSuchTeam,
    NotOfTheDesk,
    NotReachable,
    RotaError,
    colleagues,
    reachable_colleagues,
    saving,
    standing_in,
    team_named,
)
from redphone.records.models import Override, RotaShift

__all__ = [
    "LeavesAHole",
    "NoSuchTeam",
    "NotOfTheDesk",
    "NotReachable",
    "RotaError",
    "add_override",
    "add_shift",
    "end_override",
    "remove_shift",
]


class ShiftStandsAlready(RotaError):
    """That person already has a shift in this team that begins then."""


class NoSuchShift(RotaError):
    """That shift is gone already."""


class NoSuchOverride(RotaError):
    """That override has ended already, or was taken back."""


class NoSuchWeekday(RotaError):
    """A shift begins on a weekday. Choose one from the list."""


class EndsBeforeItBegins(RotaError):
    """An override ends after it begins. Choose a later end."""


class OverInThePast(RotaError):
    """That override would be over already. Choose an end that is still to come."""


class StandsInForThemselves(RotaError):
    """Nobody stands in for themselves. Leave out whom they stand in for."""


class ReplacesOneOrAll(RotaError):
    """An override takes one person's place or everyone's. Leave out one of the two."""


def add_shift(
    *,
    team: str,
    person: int,
    weekday: int,
    starts: time,
    ends: time,
    by: str,
    at: datetime,
    holes_named: bool = False,
) -> RotaShift:
    """Put somebody on a team's week. A shift that ends at or before its start runs overnight.

    A team that the policy names and that has no row yet is made, in the policy's zone.

    Raises:
        NoSuchTeam, NotOfTheDesk, NotReachable, NoSuchWeekday, ShiftStandsAlready: see each.
        LeavesAHole: the team still has a hole that nobody has named.

    Source: EMG-1 to EMG-5.
    """
    if weekday not in range(7):
        raise NoSuchWeekday
    who = reachable_colleagues([person])[person]
    with transaction.atomic():
        row = team_named(team)
        with saving(row, by=by, at=at, holes_named=holes_named):
            try:
                with transaction.atomic():
                    return RotaShift.objects.create(
                        team=row, person=who, weekday=weekday, starts=starts, ends=ends
                    )
            except IntegrityError as error:
                raise ShiftStandsAlready from error


def remove_shift(*, shift: int, by: str, at: datetime, holes_named: bool = False) -> None:
    """Take somebody off a team's week.

    Raises:
        NoSuchShift: it is gone already.
        LeavesAHole: the team then has a hole that nobody has named.
    """
    row = RotaShift.objects.select_related("team").filter(pk=shift).first()
    if row is None:
        raise NoSuchShift
    with saving(row.team, by=by, at=at, holes_named=holes_named):
        row.delete()


def add_override(
    *,
    team: str,
    person: int,
    instead_of: int | None,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
    at: datetime,
    replaces_all: bool = False,
    holes_named: bool = False,
) -> Override:
    """Let somebody stand in, or stand beside the rota when `instead_of` is None.

    `replaces_all`: they are on call alone, whoever the rota names.

    Raises:
        EndsBeforeItBegins, OverInThePast, StandsInForThemselves, ReplacesOneOrAll: the times or
            people are no use.
        NoSuchTeam, NotOfTheDesk, NotReachable: see each.
        LeavesAHole: whoever stands in is away.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins
    if ends_at <= at:
        raise OverInThePast
    if instead_of == person:
        raise StandsInForThemselves
    if replaces_all and instead_of is not None:
        raise ReplacesOneOrAll
    who = reachable_colleagues([person])[person]
    replaced = None if instead_of is None else colleagues([instead_of])[instead_of]
    with transaction.atomic():
        row = team_named(team)
        with standing_in(
            [row], start=starts_at, end=ends_at, by=by, at=at, holes_named=holes_named
        ):
            return Override.objects.create(
                team=row,
                person=who,
                instead_of=replaced,
                replaces_all=replaces_all,
                starts_at=starts_at,
                ends_at=ends_at,
                made_by=by,
                made_at=at,
            )


def end_override(*, override: int, at: datetime, by: str, holes_named: bool = False) -> None:
    """End an override now; one that has not begun is taken back.

    Raises:
        NoSuchOverride: it has ended already.
        LeavesAHole: nobody is on call then who was, and nobody has named that.
    """
    with transaction.atomic():
        row = Override.objects.select_related("team").filter(pk=override, ends_at__gt=at).first()
        if row is None:
            raise NoSuchOverride
        with standing_in(
            [row.team], start=at, end=row.ends_at, by=by, at=at, holes_named=holes_named
        ):
            locked = Override.objects.select_for_update().filter(pk=override, ends_at__gt=at)
            if not locked.exists():
                raise NoSuchOverride
            if row.starts_at >= at:
                row.delete()
                return
            row.ends_at = at
            row.save(update_fields=["ends_at"])
