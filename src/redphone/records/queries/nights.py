"""What the nights have cost each of the desk's people, and what a rota asks of each.

People see their own load, and managers everyone's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from redphone.core import fairness
from redphone.core.fairness import Evenness, Load
from redphone.core.oncall import Rota, Span, spans
from redphone.records import rotas
from redphone.records.models import EntryRow, Person
from redphone.records.queries import rights
from redphone.records.queries.asker import STAFF, Asker, NotAllowed, require_staff

LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """A person's load in a span of time, as it was.

    `pages` counts the steps that called them, `night_pages` those between 23:00 and 07:00 by
    their own wall, and `broken_nights` the nights with at least one. `acknowledged_in` is the
    median from a page to their own acknowledgement, None where they acknowledged nothing.
    """

    person: int
    name: str
    time_zone: str
    on_call: timedelta
    nights: int
    weekend_days: int
    holidays: int
    pages: int
    night_pages: int
    broken_nights: int
    acknowledged_in: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """What a rota asks of each person, and how evenly."""

    loads: tuple[Load, ...]
    evenness: Evenness


def burdens(
    asker: Asker, *, start: datetime, end: datetime, people: Iterable[int] | None = None
) -> tuple[Burden, ...]:
    """The burdens of these people, or of all whom the asker may see; the most broken nights first.

    Hours on call are those of all teams together, where two at once are one. They go by the rotas
    as they stand: a shift that was taken off the week plan since is not in them.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NotAllowed: they ask for somebody else, and are no manager.
    """
    require_staff(asker)
    wanted = _visible(asker, people)
    start = max(start, end - LONGEST)
    found = {
        person.actor: person
        for person in Person.objects.filter(pk__in=wanted, is_active=True, role__in=STAFF)
    }
    asked, answers = _pages(start, end)
    zones = {actor: person.time_zone for actor, person in found.items()}
    loads = {load.person: load for load in _loads(zones, start, end)}
    made = [
        _burden(person, loads[actor], asked.get(actor, []), answers.get(actor, []))
        for actor, person in found.items()
    ]
    return tuple(sorted(made, key=lambda b: (-b.broken_nights, -b.nights, -b.on_call, b.name)))


def of_rota(rota: Rota, *, start: datetime, end: datetime) -> Fairness:
    """What a rota asks of each, saved or only planned; everyone who takes turns is counted."""
    named = {person for layer in rota.layers for turn in layer.turns for person in turn}
    named |= {shift.person for shift in rota.shifts}
    found = fairness.loads(
        spans(rota, start, end),
        rotas.zones(),
        zone=rota.time_zone,
        holidays=rotas.holidays(),
        people=sorted(named),
    )
    return Fairness(loads=found, evenness=fairness.evenness(found))


def _visible(asker: Asker, people: Iterable[int] | None) -> set[int]:
    sees_all = rights.may(asker, "oncall.change") or asker.is_manager
    if people is not None:
        wanted = set(people)
        if not sees_all and wanted - {asker.person_id}:
            raise NotAllowed
        return wanted
    if sees_all:
        return set(Person.objects.filter(customer=None).values_list("pk", flat=True))
    return {asker.person_id} if asker.person_id else set()


def _loads(zones: Mapping[str, str], start: datetime, end: datetime) -> tuple[Load, ...]:
    found = _together(
        [
            span
            for rota in rotas.rotas(start, until=end).values()
            for span in spans(rota, start, end)
        ]
    )
    mine = [span for span in found if span.people[0] in zones]
    holidays = rotas.holidays()
    return fairness.loads(mine, zones, zone="UTC", holidays=holidays, people=zones)


def _together(found: list[Span]) -> list[Span]:
    """For each person their stretches in all teams, those that overlap joined, in order."""
    each: dict[str, list[tuple[datetime, datetime]]] = {}
    for span in sorted(found, key=lambda span: span.starts_at):
        for person in span.people:
            stretches = each.setdefault(person, [])
            if stretches and span.starts_at <= stretches[-1][1]:
                stretches[-1] = (stretches[-1][0], max(stretches[-1][1], span.ends_at))
            else:
                stretches.append((span.starts_at, span.ends_at))
    return [
        Span(starts_at=start, ends_at=end, people=(person,))
        for person, stretches in each.items()
        for start, end in stretches
    ]


def _pages(
    start: datetime, end: datetime
) -> tuple[dict[str, list[datetime]], dict[str, list[timedelta]]]:
    """When each person was paged, and how long each of their acknowledgements took."""
    rows = EntryRow.objects.filter(
        kind__in=("asked", "acknowledged"), at__gte=start, at__lt=end
    ).order_by("stream", "seq")
    asked: dict[str, list[datetime]] = {}
    took: dict[str, list[timedelta]] = {}
    ringing: dict[tuple[str, str], dict[str, datetime]] = {}
    for stream, kind, at, actor, data in rows.values_list("stream", "kind", "at", "actor", "data"):
        if kind == "asked":
            lane = ringing.setdefault((stream, data["lane"]), {})
            for person in data["people"]:
                asked.setdefault(person, []).append(at)
                lane.setdefault(person, at)
            continue
        # One acknowledgement ends the ringing of everyone in its lanes.
        ended = [ringing.pop((stream, lane), {}) for lane in data["lanes"]]
        since = [lane[actor] for lane in ended if actor in lane]
        if since:
            took.setdefault(actor, []).append(at - min(since))
    return asked, took


def _median(took: list[timedelta]) -> timedelta | None:
    if not took:
        return None
    return timedelta(seconds=round(median(each.total_seconds() for each in took)))


def _burden(person: Person, load: Load, pages: list[datetime], took: list[timedelta]) -> Burden:
    nights = [night for at in pages if (night := fairness.night_of(at, person.time_zone))]
    return Burden(
        person=person.pk,
        name=person.name,
        time_zone=person.time_zone,
        on_call=load.on_call,
        nights=load.nights,
        weekend_days=load.weekend_days,
        holidays=load.holidays,
        pages=len(pages),
        night_pages=len(nights),
        broken_nights=len(set(nights)),
        acknowledged_in=_median(took),
    )
