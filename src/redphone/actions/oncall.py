"""The rota: weekly shifts, and who stands in for whom."""

from __future__ import annotations

from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from redphone.core.stream import DeskError
from redphone.records import policies
from redphone.records.models import Override, Person, RotaShift, Team
from redphone.records.queries.asker import STAFF


class RotaError(DeskError):
    """The rota can't be changed like that."""


class NoSuchTeam(RotaError):
    """No step of the policy's ladders has a team of that name. Choose one from the list."""


class NotOfTheDesk(RotaError):
    """Only one of the desk's own people can be on call. Choose someone from the list."""


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


def add_shift(*, team: str, person: int, weekday: int, starts: time, ends: time) -> RotaShift:
    """Put somebody on a team's week. A shift that ends at or before its start runs overnight.

    A team that the policy names and that has no row yet is made, in the policy's zone.

    Raises:
        NoSuchTeam, NotOfTheDesk, NoSuchWeekday, ShiftStandsAlready: see each.

    Source: EMG-1 to EMG-5.
    """
    if weekday not in range(7):
        raise NoSuchWeekday
    who = _colleague(person)
    try:
        with transaction.atomic():
            return RotaShift.objects.create(
                team=_team(team), person=who, weekday=weekday, starts=starts, ends=ends
            )
    except IntegrityError as error:
        raise ShiftStandsAlready from error


def remove_shift(*, shift: int) -> None:
    """Take somebody off a team's week.

    Raises:
        NoSuchShift: it is gone already.
    """
    deleted, _ = RotaShift.objects.filter(pk=shift).delete()
    if not deleted:
        raise NoSuchShift


def add_override(
    *,
    team: str,
    person: int,
    instead_of: int | None,
    starts_at: datetime,
    ends_at: datetime,
    by: str,
    at: datetime,
) -> Override:
    """Let somebody stand in, or stand beside the rota when `instead_of` is None.

    Raises:
        EndsBeforeItBegins, OverInThePast, StandsInForThemselves: the times or people are no use.
        NoSuchTeam, NotOfTheDesk: see each.
    """
    if ends_at <= starts_at:
        raise EndsBeforeItBegins
    if ends_at <= at:
        raise OverInThePast
    if instead_of == person:
        raise StandsInForThemselves
    who = _colleague(person)
    replaced = None if instead_of is None else _colleague(instead_of)
    with transaction.atomic():
        return Override.objects.create(
            team=_team(team),
            person=who,
            instead_of=replaced,
            starts_at=starts_at,
            ends_at=ends_at,
            made_by=by,
            made_at=at,
        )


def end_override(*, override: int, at: datetime) -> None:
    """End an override now; one that has not begun is taken back.

    Raises:
        NoSuchOverride: it has ended already.
    """
    with transaction.atomic():
        row = Override.objects.select_for_update().filter(pk=override, ends_at__gt=at).first()
        if row is None:
            raise NoSuchOverride
        if row.starts_at >= at:
            row.delete()
            return
        row.ends_at = at
        row.save(update_fields=["ends_at"])


def _colleague(person: int) -> Person:
    found = Person.objects.filter(pk=person, is_active=True, role__in=STAFF).first()
    if found is None:
        raise NotOfTheDesk
    return found


def _team(name: str) -> Team:
    row = Team.objects.filter(name=name).first()
    if row is not None:
        return row
    policy = policies.current().policy
    named = {
        team
        for kind in policy.issue_types.values()
        for teams in (*(step.teams for step in kind.steps), kind.beside)
        for team in teams
    }
    if name not in named:
        raise NoSuchTeam
    return Team.objects.create(name=name, slug=slugify(name), time_zone=policy.hours.time_zone)
