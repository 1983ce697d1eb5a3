"""Who is on call, the week's rota, and where it has holes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from redphone.core import oncall
from redphone.core.policy import Policy
from redphone.records import policies, rotas
from redphone.records.models import Override, Person, RotaShift, Team
from redphone.records.queries.asker import STAFF, Asker, require_staff
from redphone.records.queries.people import names

AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallNow:
    """A team of the policy's steps and who answers for it now; nobody is an empty tuple."""

    team: str
    people: tuple[str, ...]
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamWeek:
    """A team's week: shifts by weekday (0 is Monday), overrides to come, holes in seven days.

    `pk` is None for a team that the policy names and nobody has filled yet.
    """

    name: str
    pk: int | None
    time_zone: str
    now: tuple[str, ...]
    days: tuple[tuple[RotaShift, ...], ...]
    overrides: tuple[Override, ...]
    holes: tuple[tuple[datetime, datetime], ...]
    steps: tuple[str, ...]


def _steps(policy: Policy | None) -> dict[str, list[str]]:
    """The teams that the policy's ladders name, in its order, with where each is called."""
    found: dict[str, list[str]] = {}
    for kind in policy.issue_types.values() if policy else ():
        for number, step in enumerate(kind.steps, 1):
            for team in step.teams:
                found.setdefault(team, []).append(f"{kind.name}, step {number}")
        for team in kind.beside:
            found.setdefault(team, []).append(f"{kind.name}, beside step 1")
    return found


def _policy() -> Policy | None:
    try:
        return policies.current().policy
    except policies.NoPolicy:
        return None


def on_call_now(asker: Asker, *, at: datetime) -> tuple[OnCallNow, ...]:
    """Who answers for each team of the policy's steps, in the policy's order.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    steps = _steps(_policy())
    standing = rotas.rotas(at, steps)
    people = {
        team: oncall.on_call(standing[team], at) if team in standing else () for team in steps
    }
    named = names(person for each in people.values() for person in each)
    return tuple(
        OnCallNow(
            team=team,
            people=tuple(named[person] for person in people[team]),
            steps=tuple(where),
        )
        for team, where in steps.items()
    )


def weeks(asker: Asker, *, at: datetime) -> tuple[TeamWeek, ...]:
    """Every team's week: the policy's teams first, then those that no ladder calls.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    steps = _steps(_policy())
    teams = {team.name: team for team in Team.objects.all()}
    standing = rotas.rotas(at)
    shifts = list(RotaShift.objects.select_related("person").order_by("weekday", "starts", "id"))
    overrides = list(
        Override.objects.filter(ends_at__gt=at)
        .select_related("person", "instead_of")
        .order_by("starts_at", "id")
    )
    current = {name: oncall.on_call(rota, at) for name, rota in standing.items()}
    named = names(person for each in current.values() for person in each)
    ordered = [*steps, *(name for name in teams if name not in steps)]
    found = []
    for name in ordered:
        team, rota = teams.get(name), standing.get(name)
        mine = [s for s in shifts if team and s.team_id == team.pk]
        found.append(
            TeamWeek(
                name=name,
                pk=team.pk if team else None,
                time_zone=team.time_zone if team else "",
                now=tuple(named[person] for person in current.get(name, ())),
                days=tuple(tuple(s for s in mine if s.weekday == day) for day in range(7)),
                overrides=tuple(o for o in overrides if team and o.team_id == team.pk),
                holes=oncall.holes(rota, at, at + AHEAD) if rota else ((at, at + AHEAD),),
                steps=tuple(steps.get(name, ())),
            )
        )
    return tuple(found)


def without_phone(asker: Asker) -> list[str]:
    """The names of those on some rota whose telephone nobody knows: the hotline can't ring them.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    on_a_layer = Q(turns__isnull=False, turns__layer__ends_at=None)
    on_a_rota = Q(shifts__isnull=False) | on_a_layer
    people = Person.objects.filter(on_a_rota, is_active=True, phone_e164="")
    return list(people.order_by("name").values_list("name", flat=True).distinct())


def colleagues(asker: Asker) -> list[Person]:
    """The desk's own people who can sign in, by name.

    Raises:
        NotYours: the asker is none of them.
    """
    require_staff(asker)
    return list(Person.objects.filter(is_active=True, role__in=STAFF).order_by("name"))
