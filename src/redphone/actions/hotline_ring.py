"""Whom to ring for a call: who has the incident, whoever was asked, then all further steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from redphone.core import ladder
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.records import callees, policies, states
from redphone.records.models import CaseRow, Person


def whom_to_ring(case: str, *, at: datetime) -> list[Person]:
    """The people to ring for a case, in order, each once, as far as they have a telephone.

    Source: EMG-1 to EMG-5, POL-1.
    """
    row = CaseRow.objects.select_related("incident").get(ref=case)
    assert row.incident is not None
    state = states.load_incident(row.incident.state)
    policy = policies.pinned(row.incident.policy_id).policy
    actors = dict.fromkeys([*_has_it(state), *_asked(state), *_on_call(state, policy, at)])
    ids = [int(actor.removeprefix("person:")) for actor in actors]
    found = Person.objects.filter(pk__in=ids, is_active=True).exclude(phone_e164="")
    people = found.in_bulk()
    # Two who share a telephone are rung once.
    by_number = {people[pk].phone_e164: people[pk] for pk in reversed(ids) if pk in people}
    return [people[pk] for pk in ids if pk in people and by_number[people[pk].phone_e164].pk == pk]


def _has_it(incident: Incident) -> Iterator[str]:
    """Whoever has taken it: a second call about it is theirs."""
    if incident.manager:
        yield incident.manager
    for ask in incident.asks:
        if ask.answered_by and ask.answered_by.startswith("person:"):
            yield ask.answered_by


def _asked(incident: Incident) -> Iterator[str]:
    for ask in incident.asks:
        if ask.at >= incident.ladder_from:
            yield from ask.people


def _on_call(incident: Incident, policy: Policy, at: datetime) -> Iterator[str]:
    """Who is on call now, step by step, the ladders side by side."""
    found = ladder.lanes(incident, policy)
    for step in range(max((len(lane.steps) for lane in found), default=0)):
        for lane in found:
            for callee in lane.steps[step].callees if step < len(lane.steps) else ():
                yield from callees.find(callee, incident.ref, at)
