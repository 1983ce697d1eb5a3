"""What is owed by when: the clocks that run for a case or an incident, and their explanation.

`running` is computed afresh after every entry, so that no clock can be forgotten or left running.
A clock holds every clause that applies, with the deadline that each gives; the strictest is the
one that counts. When it is missed the clock goes on to the next clause's deadline, so that each
promise and each target is kept, or has exactly one missed entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from redphone.core import hours as business
from redphone.core import ladder, targets
from redphone.core.case import Case
from redphone.core.hours import BusinessHours, Segment
from redphone.core.incident import Incident
from redphone.core.policy import Policy, Strength, Target
from redphone.core.spans import SpanUnit
from redphone.core.stream import CLOCK, Entry, moment, stamp
from redphone.core.targets import ClockKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one clause says of a clock: its span as written, and how the deadline comes about.

    `counted` and the other spans between start and deadline are in `segments`, in order;
    `calendar` names the calendar they were counted on.
    """

    clause: str
    strength: Strength
    says: str
    due_at: datetime
    calendar: str
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A promise or target that runs.

    `claims` are all that apply, the strictest first. `due_at` is the soonest deadline that has not
    been missed yet, None when all have been; the clock still runs then, late. `warn_at` is None
    once warned, or when the span is too short to warn.
    """

    kind: ClockKind
    started_at: datetime
    claims: tuple[Claim, ...]
    due_at: datetime | None
    warn_at: datetime | None = None
    lane: str = ""

    @property
    def key(self) -> str:
        """The clock's name in its stream: kind, lane, start."""
        return clock_key(self.kind, self.lane, self.started_at)

    @property
    def first(self) -> Claim:
        """The strictest claim."""
        return self.claims[0]

    @property
    def deciding(self) -> Claim:
        """The claim whose deadline is next, or the last one when all are missed."""
        return next((c for c in self.claims if c.due_at == self.due_at), self.claims[-1])

    @property
    def next_at(self) -> datetime | None:
        """When the clock loop has to look at it again."""
        return min((m for m in (self.warn_at, self.due_at) if m), default=None)


def clock_key(kind: ClockKind, lane: str, started_at: datetime) -> str:
    return f"{kind.value}|{lane}|{stamp(started_at)}"


def running(state: Case | Incident, policy: Policy, hours: BusinessHours) -> tuple[Clock, ...]:
    """The clocks that run now, soonest first; those that are wholly missed come last.

    Source: POL-2, POL-3, POL-4, POL-5, EMG-1 to EMG-5, FAQ-3, FAQ-7.
    """
    wanted = (
        targets.of_case(state, policy)
        if isinstance(state, Case)
        else targets.of_incident(state, policy)
    )
    clocks = [
        _clock(kind, since, each, state, policy, hours) for kind, since, each in wanted if each
    ]
    if isinstance(state, Incident):
        clocks += _of_ladders(state, policy, hours)
    late = datetime.max.replace(tzinfo=state.opened_at.tzinfo)
    return tuple(sorted(clocks, key=lambda clock: (clock.due_at or late, clock.key)))


def due_at(target: Target, *, start: datetime, hours: BusinessHours) -> datetime:
    """The deadline that a target gives.

    A target with a span of its own outside business hours: what arrives while the desk is closed
    is due after that span, or `within` from the next opening, whichever is earlier; so a later
    report never gets an earlier deadline.

    Source: FAQ-3, FAQ-7, FAQ-8.
    """
    outside = target.outside_business_hours
    if outside is None or business.is_open(hours, start):
        return business.deadline(target.within, start=start, hours=hours)
    opening = business.next_opening(hours, start)
    return min(
        business.deadline(outside, start=start, hours=hours),
        business.deadline(target.within, start=opening, hours=hours),
    )


class Ending(StrEnum):
    """How a clock ended: in time, not in time, or let go, since what it waited for is not owed."""

    KEPT = "kept"
    MISSED = "missed"
    DROPPED = "dropped"


def ending(key: str, state: Case | Incident) -> Ending:
    """How a clock that no longer runs has ended, in the light of the state that ended it.

    Missed, if any of its clauses was. Kept, if what it waited for has come. Dropped otherwise: it
    was no emergency, or its type or plan changed, so that this clock stands for nobody.
    """
    if any(mark.clock == key for mark in state.missed):
        return Ending.MISSED
    kind, _, start = key.split("|")
    came = _came(ClockKind(kind), moment(start), state)
    return Ending.KEPT if came else Ending.DROPPED


def _came(kind: ClockKind, start: datetime, state: Case | Incident) -> bool:
    """Whether what a clock waits for has come. The resolution told everyone: it is an update."""
    if isinstance(state, Case):
        return state.first_response_at is not None
    came: dict[ClockKind, datetime | None] = {
        ClockKind.ENGAGED: state.engaged_at,
        ClockKind.CONFIRM_TRIAGE: state.confirmed_at,
        ClockKind.SENIOR_OWNER: state.senior_at,
        ClockKind.INCIDENT_MANAGER: state.managed_at,
        ClockKind.CONTAINMENT: state.contained_at,
        ClockKind.RESOLUTION: state.resolved_at,
        ClockKind.POST_INCIDENT_REPORT: state.reported_at,
    }
    if kind is ClockKind.NEXT_UPDATE:
        told = (state.last_update_at, state.resolved_at)
        return any(at is not None and at > start for at in told)
    if kind is ClockKind.STATUS_UPDATE:
        told = (state.last_status_at, state.resolved_at)
        return any(at is not None and at > start for at in told)
    return kind.is_ladder or came[kind] is not None


def due_marks(state: Case | Incident, clocks: Iterable[Clock], at: datetime) -> list[Entry]:
    """The warnings and misses that are owed at a moment, as entries, oldest first.

    Each happened when it was due, however late the loop came by.
    """
    timed = [clock for clock in clocks if not clock.kind.is_ladder]
    owed = [entry for clock in timed for entry in _marks(clock, _missed(state, clock.key), at)]
    return sorted(owed, key=lambda entry: entry.at)


def _missed(state: Case | Incident, key: str) -> set[tuple[str, datetime]]:
    """What a clock has been missed by: clauses with the deadline that each gave.

    A clause whose span changed, since the plan became known, gives a deadline of its own.
    """
    return {(mark.clause, mark.due_at) for mark in state.missed if mark.clock == key}


def _marks(clock: Clock, missed: set[tuple[str, datetime]], at: datetime) -> Iterator[Entry]:
    due = clock.due_at
    if due is not None and due <= at:
        # A clause that joined late, with a type or a plan, may be due when others were.
        same = [claim for claim in clock.claims if claim.due_at == due]
        late = [claim for claim in same if (claim.clause, due) not in missed]
        yield _mark("missed", clock, late, due, due)
    elif clock.warn_at is not None and clock.warn_at <= at and due is not None:
        yield _mark("warned", clock, [clock.deciding], clock.warn_at, due)


def _mark(kind: str, clock: Clock, claims: list[Claim], at: datetime, due: datetime) -> Entry:
    promised = any(claim.strength is Strength.PROMISE for claim in claims)
    data = {
        "clock": clock.key,
        "kind": clock.kind.value,
        "clauses": [claim.clause for claim in claims],
        "says": claims[0].says,
        "strength": Strength.PROMISE.value if promised else Strength.TARGET.value,
        "due_at": stamp(due),
    }
    return Entry(kind=kind, at=at, actor=CLOCK, data=data)


def _clock(
    kind: ClockKind,
    start: datetime,
    targets: list[Target],
    state: Case | Incident,
    policy: Policy,
    hours: BusinessHours,
) -> Clock:
    claims = [_claim(target, start, hours) for target in targets]
    if kind is ClockKind.NEXT_UPDATE and isinstance(state, Incident) and state.said_next_at:
        claims += _our_word(claims, state.said_next_at, start)
    claims.sort(key=lambda claim: (claim.due_at, _order(claim.clause)))
    key = clock_key(kind, "", start)
    missed = _missed(state, key)
    due = next((c.due_at for c in claims if (c.clause, c.due_at) not in missed), None)
    warn = _warn_at(start, due, policy)
    if any(mark.clock == key and mark.due_at == due for mark in state.warned):
        warn = None
    return Clock(kind=kind, started_at=start, claims=tuple(claims), due_at=due, warn_at=warn)


def _our_word(claims: list[Claim], said: datetime, start: datetime) -> list[Claim]:
    """What we told customers binds us when it is sooner than what the policy promises.

    Source: POL-4.
    """
    soonest = min((claim.due_at for claim in claims), default=None)
    if said <= start or soonest is None or said >= soonest:
        return []
    segments = (Segment(start=start, end=said, counted=True, why="every minute counts"),)
    return [
        Claim(
            clause="POL-4 (as told)",
            strength=Strength.PROMISE,
            says="the time in our last update",
            due_at=said,
            calendar="the clock on the wall",
            segments=segments,
        )
    ]


@lru_cache(maxsize=8192)
def _claim(target: Target, start: datetime, hours: BusinessHours) -> Claim:
    due = due_at(target, start=start, hours=hours)
    counted_from = _counted_from(target, start, due, hours)
    by_wall = counted_from == start
    segments: tuple[Segment, ...] = ()
    if counted_from is None:
        segments = business.segments(hours, start, due)
    else:
        # What waits for the opening counts no minute before it, and each one after it.
        segments = business.segments(hours, start, counted_from) if not by_wall else ()
        every = Segment(start=counted_from, end=due, counted=True, why="every minute counts")
        segments = (*segments, every)
    return Claim(
        clause=target.clause,
        strength=target.strength,
        says=_says(target, start, hours),
        due_at=due,
        calendar="the clock on the wall" if by_wall else hours.name,
        segments=segments,
    )


def _counted_from(
    target: Target, start: datetime, due: datetime, hours: BusinessHours
) -> datetime | None:
    """From when on each minute counts: the start, or the next opening; None in business time."""
    if target.within.unit is not SpanUnit.WALL:
        return None
    outside = target.outside_business_hours
    if outside is None or business.is_open(hours, start):
        return start
    if due == business.deadline(outside, start=start, hours=hours):
        return start
    return business.next_opening(hours, start)


def _says(target: Target, start: datetime, hours: BusinessHours) -> str:
    if target.outside_business_hours is None:
        return str(target.within)
    if business.is_open(hours, start):
        return f"{target.within} in business hours"
    return (
        f"{target.outside_business_hours} outside business hours, "
        f"or {target.within} from the next opening"
    )


def _order(clause: str) -> tuple[int, str]:
    """The order of the source text, for clauses that give the same deadline."""
    chapter = clause[:3]
    chapters = ("POL", "EMG", "RUN", "FAQ")
    return (chapters.index(chapter) if chapter in chapters else len(chapters), clause)


def _warn_at(start: datetime, due: datetime | None, policy: Policy) -> datetime | None:
    if due is None:
        return None
    least, most = policy.warn_at_least.length, policy.warn_at_most.length
    left = max(least, min(most, (due - start) * policy.warn_share))
    return due - left if due - left > start else None


def _of_ladders(incident: Incident, policy: Policy, hours: BusinessHours) -> list[Clock]:
    return [_of_turn(turn) for turn in ladder.turns(incident, policy, hours)]


_MOVES = {
    ladder.Reason.NO_PROGRESS: ClockKind.NO_PROGRESS,
    ladder.Reason.STILL_ON_IT: ClockKind.STILL_ON_IT,
}


def _of_turn(turn: ladder.Turn) -> Clock:
    claim = Claim(
        clause=turn.clause,
        strength=Strength.TARGET,
        says=f"{_whom(turn)}: {turn.reason.replace('_', ' ')}",
        due_at=turn.due_at,
        calendar="the clock on the wall",
    )
    kind = _MOVES.get(turn.reason, ClockKind.NEXT_STEP)
    return Clock(
        kind=kind, started_at=turn.since, claims=(claim,), due_at=turn.due_at, lane=turn.lane
    )


def _whom(turn: ladder.Turn) -> str:
    if turn.reason is ladder.Reason.EXHAUSTED:
        return "nobody left to call"
    if turn.reason is ladder.Reason.STILL_ON_IT:
        return "whoever has it"
    return ", ".join(turn.names) or "whoever has the chat"
