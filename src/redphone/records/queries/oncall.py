"""Who is on call now, and who can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.text import slugify

from redphone.core import oncall
from redphone.core.policy import Policy
from redphone.records import policies, rotas
from redphone.records.models import Person, Team
from redphone.records.queries.asker import STAFF, Asker, require_staff
from redphone.records.queries.people import names

AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallNow:
    """A team of the policy's steps and who answers for it now; nobody is an empty tuple."""

    team: str
    people: tuple[str, ...]
    steps: tuple[str, ...] = ()


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


def ladder_teams() -> dict[str, list[str]]:
    """The teams that the policy's ladders name, in its order, with where each is called."""
    return _steps(_policy())


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


def team_names(asker: Asker) -> dict[str, str]:
    """Every team's name by its slug: the policy's first, in its order.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = {row.name: row.slug for row in Team.objects.all()}
    steps = {name: rows.get(name) or slugify(name) for name in ladder_teams()}
    return {slug: name for name, slug in (steps | rows).items()}


def colleagues(asker: Asker) -> list[Person]:
    """The desk's own people who can sign in, by name.

    Raises:
        NotYours: the asker is none of them.
    """
    require_staff(asker)
    return list(Person.objects.filter(is_active=True, role__in=STAFF).order_by("name"))
