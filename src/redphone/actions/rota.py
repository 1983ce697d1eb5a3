"""What every change of a rota is held to: who may be put on it, and that no hole goes unnamed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.text import slugify

from redphone.actions import duty_news
from redphone.core import oncall
from redphone.core.oncall import Change, Rota
from redphone.core.stream import DeskError
from redphone.records import devices, policies, rotas
from redphone.records.models import NamedHole, Person, Team
from redphone.records.queries.asker import STAFF, NotYours

AHEAD = timedelta(weeks=4)
"""How far a rota that is saved is looked through for holes."""

LISTED = 40
"""Holes that an error spells out; a rota with more is better looked at on the calendar."""

Hole = tuple[datetime, datetime]


class RotaError(DeskError):
    """The rota can't be changed like that."""


class NoSuchTeam(RotaError):
    """No step of the policy's ladders has a team of that name. Choose one from the list."""


class NotOfTheDesk(RotaError):
    """Only one of the desk's own people can be on call. Choose someone from the list."""


class NotReachable(RotaError):
    """No page would reach everyone named here: each needs a device that is verified and works.

    They add one on their own page, under "Your devices", and type in the code that it is sent.
    """


class NoSuchZone(RotaError):
    """There is no such time zone. Use a name like "Europe/Berlin"."""


class LeavesAHole(RotaError):
    """Nobody would be on call for a time. Fill it, or tick "I know" to save it all the same."""

    def __init__(self, *left: tuple[Team, Sequence[Hole]]) -> None:
        # All of them, however many are spelled out, as (from, until) in UTC.
        self.left = left
        self.holes = tuple(hole for _, holes in left for hole in holes)
        named = (f"{team.name}: {_spelled(holes, team.time_zone)}." for team, holes in left)
        super().__init__(" ".join(named))


def _spelled(holes: Sequence[Hole], zone: str) -> str:
    named = "; ".join(hole_in_words(hole, zone) for hole in holes[:LISTED])
    more = len(holes) - LISTED
    return named if more <= 0 else f"{named}; and {more} more"


def hole_in_words(hole: Hole, zone: str) -> str:
    """A hole by the wall of its team: "Mon 23 Nov 09:00 to 12:00 EST"."""
    here = ZoneInfo(zone)
    start, end = (at.astimezone(here) for at in hole)
    until = f"{end:%H:%M %Z}" if start.date() == end.date() else f"{end:%a %d %b %H:%M %Z}"
    return f"{start:%a %d %b %H:%M} to {until}"


def staff(by: str) -> Person:
    """The one of the desk's own people who is this actor.

    Raises:
        NotYours: it is nobody, or somebody else.
    """
    number = by.removeprefix("person:")
    wanted = int(number) if number.isdecimal() else 0
    found = Person.objects.filter(pk=wanted, is_active=True, role__in=STAFF).first()
    if found is None:
        raise NotYours
    return found


def colleagues(people: Collection[int]) -> dict[int, Person]:
    """The desk's own people with these numbers.

    Raises:
        NotOfTheDesk: one of them is somebody else, or has left.
    """
    found = Person.objects.filter(pk__in=people, is_active=True, role__in=STAFF).in_bulk()
    if len(found) < len(set(people)):
        raise NotOfTheDesk
    return found


def reachable_colleagues(people: Collection[int]) -> dict[int, Person]:
    """The same, each of whom a page would reach.

    Raises:
        NotOfTheDesk, NotReachable: see each; the second names those whom none would.
    """
    found = colleagues(people)
    if without := devices.unreachable(people):
        named = ", ".join(sorted(found[each].name for each in without))
        raise NotReachable(f"Without one: {named}.")
    return found


def check_zone(name: str) -> None:
    """Raises: NoSuchZone, for a name that the zones' database doesn't have."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise NoSuchZone from None


def team_named(name: str) -> Team:
    """The team; one that the policy names and that has no row yet is made, in the policy's zone.

    Raises:
        NoSuchTeam: the policy doesn't name it.
    """
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


@contextmanager
def saving(team: Team, *, by: str, at: datetime, holes_named: bool) -> Iterator[None]:
    """Write to a team's rota inside of this: all of it, or nothing.

    The rota as it then stands has to have somebody on call for the next four weeks. Holes that
    somebody has named before are known; `holes_named` names the others, in the name of `by`.

    Raises:
        LeavesAHole: some hole is not named.

    Source: POL-6.
    """
    with transaction.atomic():
        _lock([team])
        yield
        _name(team, oncall.holes(_rota(team, at, at + AHEAD), at, at + AHEAD), by, at, holes_named)


@contextmanager
def standing_in(
    teams: Collection[Team],
    *,
    start: datetime,
    end: datetime,
    by: str,
    at: datetime,
    holes_named: bool,
    known: Collection[str] = (),
) -> Iterator[list[tuple[Team, Change]]]:
    """Write what holds from `start` until `end` inside of this; what it changed is in the list.

    Whoever is on call by it, or is no longer, is told; not `by`, nor the actors in `known`.

    Only a hole that this opens has to be named: a stand-in for tonight isn't held up by what is
    wrong in three weeks.

    Raises:
        LeavesAHole: it opens one that is not named.
    """
    start = max(start, at)
    found: list[tuple[Team, Change]] = []
    with transaction.atomic():
        _lock(teams)
        before = {team.pk: _rota(team, start, end) for team in teams}
        yield found
        refused: list[tuple[Team, Sequence[Hole]]] = []
        for team in teams:
            changes = oncall.effect(before[team.pk], _rota(team, start, end), start, end)
            found += [(team, change) for change in changes]
            opened = [(c.starts_at, c.ends_at) for c in changes if c.opens_a_hole]
            try:
                _name(team, opened, by, at, holes_named)
            except LeavesAHole as error:
                refused += error.left
        # Whoever says that they know has to have read about every team.
        if refused:
            raise LeavesAHole(*refused)
        duty_news.put_on_call(found, by=by, at=at, known=known)


def _lock(teams: Iterable[Team]) -> None:
    """Always in the order of their numbers, so that two who save never wait for each other."""
    numbers = [team.pk for team in teams]
    list(Team.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _rota(team: Team, start: datetime, end: datetime) -> Rota:
    return rotas.rotas(start, [team.name], until=end)[team.name]


def _name(team: Team, holes: Iterable[Hole], by: str, at: datetime, holes_named: bool) -> None:
    known = NamedHole.objects.filter(team=team, ends_at__gt=at).order_by("starts_at")
    named = list(known.values_list("starts_at", "ends_at"))
    unnamed = [hole for hole in holes if not _is_covered(hole, named)]
    if unnamed and not holes_named:
        raise LeavesAHole((team, unnamed))
    NamedHole.objects.bulk_create(
        NamedHole(team=team, starts_at=start, ends_at=end, named_by=by, named_at=at)
        for start, end in unnamed
    )


def _is_covered(hole: Hole, named: Sequence[Hole]) -> bool:
    """Whether those named, in the order of their starts, cover all of a hole."""
    reached, end = hole
    for since, until in named:
        if since <= reached < until:
            reached = until
    return reached >= end
