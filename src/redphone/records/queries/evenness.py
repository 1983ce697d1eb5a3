"""How evenly each team's nights lie in the weeks to come, as planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.core import fairness
from redphone.core.fairness import Evenness, Load
from redphone.core.oncall import spans
from redphone.records import rotas
from redphone.records.models import Team
from redphone.records.queries import rights
from redphone.records.queries.asker import Asker, NotAllowed, require_staff
from redphone.records.queries.people import names

AHEAD = timedelta(weeks=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAhead:
    """A team of several people, and what its rota asks of each. `heaviest` is a name, or ""."""

    team: str
    slug: str
    evenness: Evenness
    heaviest: str
    loads: tuple[tuple[str, Load], ...]


def evenness_ahead(asker: Asker, *, at: datetime) -> tuple[TeamAhead, ...]:
    """Teams in which several people share the duty, the least even first.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NotAllowed: they neither look after rotas nor answer for the desk.
    """
    require_staff(asker)
    if not (asker.is_manager or rights.may(asker, "oncall.change")):
        raise NotAllowed
    slugs = dict(Team.objects.values_list("name", "slug"))
    zones, holidays = rotas.zones(), rotas.holidays()
    loads = {
        name: fairness.loads(
            spans(rota, at, at + AHEAD),
            zones,
            zone=rota.time_zone,
            holidays=holidays,
            people=sorted(
                person for each in rota.layers for turn in each.turns for person in turn
            ),
        )
        for name, rota in rotas.rotas(at, until=at + AHEAD).items()
    }
    shared = {name: each for name, each in loads.items() if len(each) > 1}
    people = names(load.person for each in shared.values() for load in each)
    found = []
    for name, each in shared.items():
        how = fairness.evenness(each)
        found.append(
            TeamAhead(
                team=name,
                slug=slugs[name],
                evenness=how,
                heaviest=people[how.heaviest] if how.heaviest else "",
                loads=tuple((people[load.person], load) for load in each),
            )
        )
    return tuple(sorted(found, key=lambda team: team.evenness.percent))
