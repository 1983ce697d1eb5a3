"""What the desk owes at a moment, until nothing is owed any more.

The clock loop, and every verb before and after its own entry, ask here. The answer is the entries
to append: warnings, misses, steps of a ladder to call. It ends, since each entry takes away what
called for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from redphone.core import case as cases
from redphone.core import clocks, ladder
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.core.stream import Entry

OnCall = Callable[[str, datetime], tuple[str, ...]]
"""Who of a team is on call at a moment: people's actors ("person:7"), in order."""


def owed(
    state: Case | Incident,
    policy: Policy,
    hours: BusinessHours,
    on_call: OnCall,
    at: datetime,
) -> tuple[Entry, ...]:
    """The entries owed at `at`, in the order in which they are to be appended.

    Source: POL-1, POL-4, EMG-1 to EMG-5.
    """
    entries: list[Entry] = []
    while found := _next(state, policy, hours, on_call, at):
        entries.append(found)
        state = apply(state, found)
    return tuple(entries)


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


def _next(
    state: Case | Incident,
    policy: Policy,
    hours: BusinessHours,
    on_call: OnCall,
    at: datetime,
) -> Entry | None:
    marks = clocks.due_marks(state, clocks.running(state, policy, hours), at)
    if marks:
        return marks[0]
    if isinstance(state, Incident):
        return next((_ask(turn, on_call, at) for turn in _due_turns(state, policy, at)), None)
    return None


def _due_turns(incident: Incident, policy: Policy, at: datetime) -> list[ladder.Turn]:
    return [turn for turn in ladder.turns(incident, policy) if turn.due_at <= at]


def _ask(turn: ladder.Turn, on_call: OnCall, at: datetime) -> Entry:
    return ladder.ask(turn, people=people(turn, on_call, at), at=at)


def people(turn: ladder.Turn, on_call: OnCall, at: datetime) -> tuple[str, ...]:
    """Whom a turn names, and everyone on call for its teams, each once."""
    found = [*turn.people, *(person for team in turn.teams for person in on_call(team, at))]
    return tuple(dict.fromkeys(found))


def apply(state: Case | Incident, entry: Entry) -> Case | Incident:
    """The state of either kind after one more entry."""
    if isinstance(state, Case):
        return cases.apply(state, entry, ref=state.ref)
    return incidents.apply(state, entry, ref=state.ref)
