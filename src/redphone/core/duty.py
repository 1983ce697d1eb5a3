"""What the desk owes at a moment, until nothing is owed any more.

The clock loop, and every verb before and after its own entry, ask here. The answer is the entries
to append: warnings, misses, steps of a ladder to call. It ends, since each entry takes away what
called for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from redphone.core import case as cases
from redphone.core import clocks, ladder, targets
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.ladder import Turn
from redphone.core.policy import Callee, Named, Policy
from redphone.core.stream import CLOCK, Entry
from redphone.core.targets import ClockKind

OnCall = Callable[[str, datetime], tuple[str, ...]]
"""Who of a team is on call at a moment: people's actors ("person:7"), in order."""

Find = Callable[[Callee, str], tuple[str, ...]]
"""Who stands behind a name other than a team's, for an incident: people's actors."""

WHY = {
    Named.TEAM: "nobody is on call",
    Named.PERSON: "is not one of the desk's people any more",
    Named.ROLE: "nobody has this role",
    Named.ACCOUNT_MANAGER: "no affected customer has one",
}
"""Why nobody stands behind a name."""


def nobody(callee: Callee, incident: str) -> tuple[str, ...]:
    """Finds no one: for where only teams are called."""
    return ()


def owed(
    state: Case | Incident,
    policy: Policy,
    hours: BusinessHours,
    on_call: OnCall,
    at: datetime,
    find: Find = nobody,
) -> tuple[Entry, ...]:
    """The entries owed at `at`, in the order in which they are to be appended.

    Source: POL-1, POL-3, POL-4, EMG-1 to EMG-5.
    """
    desk = Desk(policy=policy, hours=hours, on_call=on_call, find=find)
    entries: list[Entry] = []
    while found := _next(state, desk, at):
        entries.append(found)
        state = apply(state, found)
    return tuple(entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What is asked while it is worked out what is owed."""

    policy: Policy
    hours: BusinessHours
    on_call: OnCall
    find: Find


def overdue(
    state: Case | Incident, policy: Policy, hours: BusinessHours, at: datetime
) -> tuple[Entry, ...]:
    """The misses that go before an entry of `at`: what was due earlier and nobody has marked yet.

    What a person does may end the clock that was missed a moment ago, while the clock loop had
    not come by, or was down. The miss is put down first, so that it can't be passed over. What is
    due at the very moment is kept by it.
    """
    entries: list[Entry] = []
    while True:
        late = [
            entry
            for entry in clocks.due_marks(state, clocks.running(state, policy, hours), at)
            if entry.kind == "missed" and entry.at < at
        ]
        if not late:
            return tuple(entries)
        entries.append(late[0])
        state = apply(state, late[0])


def _next(state: Case | Incident, desk: Desk, at: datetime) -> Entry | None:
    marks = clocks.due_marks(state, clocks.running(state, desk.policy, desk.hours), at)
    if isinstance(state, Case):
        return marks[0] if marks else None
    if marks and marks[0].at < at:
        return marks[0]
    # What is accepted at the very moment at which it is due is in time.
    senior = _senior(state, desk, at)
    if senior or marks:
        return senior or marks[0]
    due = (turn for turn in ladder.turns(state, desk.policy, desk.hours) if turn.due_at <= at)
    turn = next(due, None)
    return _ask(turn, state, desk, at) if turn else _wanted(state, desk, at)


def _senior(incident: Incident, desk: Desk, at: datetime) -> Entry | None:
    """A senior who has taken the call, or the incident management, has accepted it by that.

    Source: POL-1, FAQ-4; clauses.md, row 15.
    """
    if not incident.is_open or not targets.wants_senior(incident, desk.policy):
        return None
    answered = [ask.answered_by for ask in incident.asks if ask.answered_by]
    part = [person for ask in incident.asks for person in ask.answers]
    for person in dict.fromkeys([*answered, *part, incident.manager]):
        if person and desk.find(Callee(kind=Named.SENIOR, name=person), incident.ref):
            data = {"how": "acknowledged"}
            return Entry(kind="senior_accepted", at=at, actor=person, data=data)
    return None


def _wanted(incident: Incident, desk: Desk, at: datetime) -> Entry | None:
    """Nobody has a part that somebody must have, and its clock has warned: those who could are
    called for it, once.

    Source: POL-1, POL-3, FAQ-4; clauses.md, rows 15 and 17.
    """
    if not incident.is_open or incident.rules < 2:
        return None
    marked = {mark.clock.partition("|")[0] for mark in (*incident.warned, *incident.missed)}
    parts = {
        ClockKind.SENIOR_OWNER: incident.senior is None,
        ClockKind.INCIDENT_MANAGER: incident.manager is None,
    }
    for part, is_free in parts.items():
        if is_free and part in marked and part not in incident.wanted:
            people = desk.find(_WHO_CAN[part], incident.ref)
            data = {"what": part.value, "people": list(people)}
            return Entry(kind="wanted", at=at, actor=CLOCK, data=data)
    return None


_WHO_CAN = {
    ClockKind.SENIOR_OWNER: Callee(kind=Named.SENIOR, name=""),
    ClockKind.INCIDENT_MANAGER: Callee(kind=Named.ROLE, name="incident_manager"),
}


def _ask(turn: Turn, incident: Incident, desk: Desk, at: datetime) -> Entry:
    people, without = whom(turn, incident.ref, desk.on_call, desk.find, at)
    already = ladder.already_asked(incident, turn, people)
    return ladder.ask(turn, people=people, without=without, already=already, at=at)


def whom(
    turn: Turn, incident: str, on_call: OnCall, find: Find, at: datetime
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Whom a turn calls, each once; and behind which of its names nobody stands, with the reason.

    Who has answered this step before is called no more.
    """
    found, without = [*turn.people], []
    for callee in turn.callees:
        is_team = callee.kind is Named.TEAM
        stand = on_call(callee.name, at) if is_team else find(callee, incident)
        found += stand
        if not stand:
            without.append((str(callee), WHY[callee.kind]))
    each_once = tuple(p for p in dict.fromkeys(found) if p not in turn.have_answered)
    return each_once, tuple(without)


def apply(state: Case | Incident, entry: Entry) -> Case | Incident:
    """The state of either kind after one more entry."""
    if isinstance(state, Case):
        return cases.apply(state, entry, ref=state.ref)
    return incidents.apply(state, entry, ref=state.ref)
