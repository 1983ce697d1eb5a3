"""A schedule from elsewhere as it would be here: whom it names, what is lost, and the proof.

Nothing is written by it. What it gives is what the page and the command show, and what saving
does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from redphone.channels.schedules import FORMATS, Found, Reading
from redphone.channels.schedules.matching import Colleague, Matched, match
from redphone.channels.schedules.proof import YEAR, Proof, compare
from redphone.core.oncall import Rota, Span, holes, spans
from redphone.records import rotas
from redphone.records.models import Person, Team
from redphone.records.queries.asker import STAFF

HOLES_AHEAD = timedelta(weeks=4)
"""How far ahead a hole has to be named before a rota is saved."""

File = tuple[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What an import would do. `rota` is the team's, as it would be from `starts_at` on."""

    found: Found
    matched: tuple[Matched, ...]
    rota: Rota
    starts_at: datetime
    proof: Proof | None
    holes: tuple[tuple[datetime, datetime], ...]
    names: Mapping[str, str]

    @property
    def unmatched(self) -> tuple[Matched, ...]:
        return tuple(each for each in self.matched if not each.people)


def attempt(
    team: Team, source: str, files: Sequence[File], chosen: Mapping[str, int], at: datetime
) -> Trial:
    """Read the files, and set the plan that they make beside what the source itself says.

    The year that is compared begins with the minute of `at`. People who are nobody here yet
    stand in the plan under the source's own name for them, so that the plan can be judged before
    they are found.
    """
    start = at.replace(second=0, microsecond=0)
    how = Reading(starts_at=start, ends_at=start + YEAR, time_zone=team.time_zone)
    found = FORMATS[source].read([content for _, content in files], how)
    colleagues = [
        Colleague(id=pk, name=name, email=email)
        for pk, name, email in Person.objects.filter(is_active=True, role__in=STAFF).values_list(
            "pk", "name", "email"
        )
    ]
    matched = match(found.people, colleagues, chosen)
    ids = {each.who.key: _actors(each) for each in matched}
    rota = _rota(team, found, ids, start)
    proof = None
    if found.said is not None:
        said = [_translated(span, ids) for span in found.said.spans]
        proof = compare(said, spans(rota, how.starts_at, how.ends_at))
    names = {f"person:{each.id}": each.name for each in colleagues}
    return Trial(
        found=found,
        matched=matched,
        rota=rota,
        starts_at=start,
        proof=proof,
        holes=holes(rota, start, start + HOLES_AHEAD),
        names=names | {each.who.key: each.who.name or each.who.key for each in matched},
    )


def _actors(matched: Matched) -> tuple[str, ...]:
    return tuple(f"person:{pk}" for pk in matched.people) or (matched.who.key,)


def _translated(span: Span, ids: Mapping[str, tuple[str, ...]]) -> Span:
    people = dict.fromkeys(actor for key in span.people for actor in ids.get(key, (key,)))
    return replace(span, people=tuple(people))


def _rota(team: Team, found: Found, ids: Mapping[str, tuple[str, ...]], start: datetime) -> Rota:
    """The team's rota with the schedule in the place of what it had; absences stay."""
    now = rotas.rotas(start, [team.name]).get(team.name)
    standing = now or Rota(team=team.name, time_zone=team.time_zone)
    ranks = sorted({layer.priority for layer in found.layers})
    layers = tuple(
        replace(
            layer,
            priority=ranks.index(layer.priority) + 1,
            turns=tuple(
                tuple(dict.fromkeys(actor for key in turn for actor in ids.get(key, (key,))))
                for turn in layer.turns
            ),
        )
        for layer in found.layers
    )
    overrides = tuple(
        replace(each, person=actor)
        for each in found.overrides
        for actor in ids.get(each.person, (each.person,))
    )
    zone = found.time_zone if not found.broken else team.time_zone
    return replace(standing, time_zone=zone, shifts=(), layers=layers, overrides=overrides)


def is_written(team: Team, trial: Trial, at: datetime) -> bool:
    """Whether the team's rows now name whom the trial's plan named, from the next minute on."""
    start, end = trial.starts_at + timedelta(minutes=1), trial.starts_at + YEAR
    rows = rotas.rotas(at, [team.name])[team.name]
    return compare(spans(trial.rota, start, end), spans(rows, start, end)).holds
