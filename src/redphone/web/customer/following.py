"""What happens next on a case, in a customer's words: always in sight, never a riddle.

Source: POL-2, POL-4, POL-8, FAQ-3, FAQ-7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redphone.core.clocks import Claim, Clock
from redphone.core.policy import Strength
from redphone.core.targets import ClockKind
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
    """One line of what is promised: `state` is running, warning or late; `due_at` the soonest
    promised, or aimed for where nothing was. `claims` are all clauses, strictest first."""

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
    """What happens next. `state` is running, warning, late, done or over; `what` one of `answer`,
    `update`, `report`, `work`, `resolved`, `closed`, `declined`; `promises` are all that run."""

    what: str
    state: str
    due_at: datetime | None
    promises: tuple[Promised, ...]


def follows(case: CustomersCase, at: datetime) -> Follows:
    """What a customer waits for now."""
    lines = [_promised(clock, at) for clock in case.clocks]
    # What we only aim for is shown while it can be kept; a missed target stays in the house.
    kept_in_sight = [line for line in lines if line.is_promise or line.state != "late"]
    promises = tuple(sorted(kept_in_sight, key=lambda line: line.due_at))
    state = case.state
    if state.declined_at:
        return Follows(what="declined", state="over", due_at=None, promises=())
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
    """A clock as its customer sees it: by what was promised, where anything was."""
    owed = [claim for claim in clock.claims if claim.strength is Strength.PROMISE]
    due = (owed or list(clock.claims))[0].due_at
    state = "late" if due <= at else "warning" if _is_near(clock, due, at) else "running"
    return Promised(
        kind=clock.kind.value,
        name=NAMES[clock.kind],
        due_at=due,
        started_at=clock.started_at,
        state=state,
        is_promise=bool(owed),
        claims=clock.claims,
    )


def _is_near(clock: Clock, due: datetime, at: datetime) -> bool:
    """Whether less than a third of the time is left."""
    return (due - at) * 3 <= due - clock.started_at
