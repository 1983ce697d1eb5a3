"""What no layer can say, as overrides: who is on call in a dated span, over layers or alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, pairwise

from redphone.channels.schedules.says import Duty, sweep
from redphone.core.oncall import Layer, Override, Rota, spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Somebody on call once, among layers of one priority."""

    person: str
    priority: int
    starts_at: datetime
    ends_at: datetime


def overrides(
    dated: Iterable[Dated], layers: Sequence[Layer], start: datetime, end: datetime
) -> tuple[Override, ...]:
    """Overrides that say, over these layers, what the dated spans and the layers say together.

    Where no layer has anybody they stand beside the rota. Where one does, whoever it names with
    the same right is named too, since an override that hides a layer hides all of them.
    """
    given = [d for d in dated if d.ends_at > start and d.starts_at < end]
    if not given:
        return ()
    priorities = sorted({d.priority for d in given} | {x.priority for x in layers}, reverse=True)
    by_priority = {
        priority: [
            *(_duty(d) for d in given if d.priority == priority),
            *_of_layers([x for x in layers if x.priority == priority], start, end),
        ]
        for priority in priorities
    }
    wanted = sweep(list(by_priority.values()), start, end)
    named = sweep(_layers_alone(layers, priorities, start, end), start, end)
    found: list[Override] = []
    edges = sorted({each.starts_at for each in (*wanted, *named)} | {end})
    left = right = 0
    for since, until in pairwise(edges):
        left += wanted[left].ends_at <= since
        right += named[right].ends_at <= since
        people, already = wanted[left].people, named[right].people
        if people != already:
            _add(found, since, until, people, replaces=bool(already))
    return tuple(found)


def _layers_alone(
    layers: Sequence[Layer], priorities: Sequence[int], start: datetime, end: datetime
) -> list[list[Duty]]:
    return [
        list(_of_layers([x for x in layers if x.priority == priority], start, end))
        for priority in priorities
    ]


def _of_layers(layers: Sequence[Layer], start: datetime, end: datetime) -> Iterable[Duty]:
    if not layers:
        return ()
    rota = Rota(team="", time_zone="UTC", layers=tuple(layers))
    return chain.from_iterable(
        (Duty(person=who, starts_at=s.starts_at, ends_at=s.ends_at) for who in s.people)
        for s in spans(rota, start, end)
    )


def _duty(dated: Dated) -> Duty:
    return Duty(person=dated.person, starts_at=dated.starts_at, ends_at=dated.ends_at)


def _add(
    found: list[Override],
    since: datetime,
    until: datetime,
    people: tuple[str, ...],
    *,
    replaces: bool,
) -> None:
    """An override for each of these, or the ones just before made longer."""
    last = found[-len(people) :] if people else []
    same = tuple(o.person for o in last) == people
    if same and all(o.ends_at == since and o.replaces_all == replaces for o in last):
        longer = [replace(o, ends_at=until) for o in last]
        found[-len(people) :] = longer
        return
    found += [
        Override(person=who, starts_at=since, ends_at=until, replaces_all=replaces)
        for who in people
    ]
