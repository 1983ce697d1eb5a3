"""What happens next on a case, in a customer's words: always in sight, never a riddle.

Source: POL-2, POL-4, POL-8, FAQ-3, FAQ-7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redphone.core.clocks import Claim, Clock, ClockKind
from redphone.core.policy import Strength
from redphone.records.queries.customer import CustomersCase

NAMES = {
    ClockKind.FIRST_RESPONSE: "A person answers you",
    ClockKind.NEXT_UPDATE: "Next update",
    ClockKind.CONTAINMENT: "Contained",
    ClockKind.RESOLUTION: "Resolved",
    ClockKind.POST_INCIDENT_REPORT: "Post-incident report",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """One line of what is promised: `state` is running, warning or late; `due_at` the moment that
    counts now, the first one missed when all are. `claims` are all clauses, strictest first."""

    kind: str
    name: str
    due_at: datetime
    started_at: datetime
    state: str
    is_promise: bool
    claims: tuple[Claim, ...]

    @property
    def clauses(self) -> list[str]:
        return list(dict.fromkeys(claim.clause for claim in self.claims))


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """What happens next. `state` is running, warning, late or done; `what` one of `answer`,
    `update`, `report`, `work`, `resolved`, `closed`, `declined`; `promises` are all that run."""

    what: str
    state: str
    due_at: datetime | None
    promises: tuple[Promised, ...]


def follows(case: CustomersCase, at: datetime) -> Follows:
    """What a customer waits for now."""
    promises = tuple(_promised(clock, at) for clock in case.clocks)
    state = case.state
    if state.declined_at:
        return Follows(what="declined", state="done", due_at=None, promises=())
    if not state.is_open:
        what = "closed" if state.closed_at else "resolved"
        return Follows(what=what, state="done", due_at=None, promises=promises)
    wanted = (("first_response", "answer"), ("next_update", "update"))
    for kind, what in wanted:
        for line in promises:
            if line.kind == kind:
                return Follows(what=what, state=line.state, due_at=line.due_at, promises=promises)
    return Follows(what="work", state="running", due_at=None, promises=promises)


def _promised(clock: Clock, at: datetime) -> Promised:
    first, next_due = clock.first.due_at, clock.due_at
    late = next_due is None or first <= at
    warned = clock.warn_at is None or clock.warn_at <= at
    return Promised(
        kind=clock.kind.value,
        name=NAMES[clock.kind],
        due_at=first if late else next_due or first,
        started_at=clock.started_at,
        state="late" if late else "warning" if warned and _is_short(clock, at) else "running",
        is_promise=any(claim.strength is Strength.PROMISE for claim in clock.claims),
        claims=clock.claims,
    )


def _is_short(clock: Clock, at: datetime) -> bool:
    """Whether less than a third is left: a warning that has passed is told by this alone."""
    due = clock.due_at or clock.first.due_at
    return (due - at) * 3 <= due - clock.started_at
