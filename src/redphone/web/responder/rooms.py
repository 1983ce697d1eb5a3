"""What an incident's room puts first: its cards, its next deadline, and what can be done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.core.chat import LANE
from redphone.core.ladder import BESIDE
from redphone.core.policy import Policy
from redphone.core.targets import ClockKind
from redphone.records.queries.asker import Asker
from redphone.records.queries.clocks import ClockShown
from redphone.records.queries.incidents import Room
from redphone.web.responder import naming

ALWAYS = frozenset({ClockKind.ENGAGED, ClockKind.CONTAINMENT, ClockKind.RESOLUTION})
"""Clocks that keep their card when they have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One clock as a card. `tail` is said at the right of its name."""

    clock: ClockShown
    name: str
    tail: str = ""
    took: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """The soonest deadline of an incident or of its cases."""

    name: str
    at: datetime
    state: str
    clauses: str


def cards(room: Room) -> list[Card]:
    """The clocks in the order of their course: those that run, and the few that stay in sight."""
    order = list(ClockKind)
    shown = [
        clock
        for clock in room.clocks
        if (clock.is_running or clock.kind in ALWAYS) and clock.state != "dropped"
    ]
    shown = [clock for clock in shown if not clock.is_ladder or clock.is_running]
    # A sentence above the clocks says when somebody is asked whether they are still on it.
    shown = [clock for clock in shown if clock.kind != ClockKind.STILL_ON_IT]
    found = [_card(clock, room) for clock in shown]
    return sorted(found, key=lambda card: (order.index(ClockKind(card.clock.kind)), card.name))


def _card(clock: ClockShown, room: Room) -> Card:
    name, tail = naming.clock(clock.kind), ""
    if clock.is_ladder:
        name, tail = _step_name(clock, room.policy), "" if clock.kind == "no_progress" else "next"
    if clock.kind == ClockKind.NEXT_UPDATE:
        tail = _ordinal(room.state.updates + 1)
    return Card(clock=clock, name=name, tail=tail, took=clock.took)


def _step_name(clock: ClockShown, policy: Policy) -> str:
    teams = clock.says.partition(":")[0]
    if teams.startswith("nobody left"):
        return "Nobody is left to call"
    if clock.lane.startswith(LANE) and teams == "whoever has the chat":
        return f"Chat of {clock.lane.removeprefix(LANE)} rings"
    beside = " (beside)" if clock.lane.endswith(BESIDE) else ""
    beside = " (chat)" if clock.lane.startswith(LANE) else beside
    many = "," in teams
    if clock.kind == "no_progress":
        return f"{teams} {'join' if many else 'joins'} if no progress{beside}"
    return f"{teams} {'are' if many else 'is'} called{beside}"


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def ended(room: Room) -> list[ClockShown]:
    """The clocks that have ended, the latest first."""
    over = [clock for clock in room.clocks if not clock.is_running and not clock.is_ladder]
    return sorted(over, key=lambda clock: clock.ended_at or clock.started_at, reverse=True)


def next_due(room: Room) -> NextDue | None:
    """What is due next, of the incident's own clocks and its cases' first responses."""
    own = [clock for clock in room.clocks if clock.is_running and not clock.is_ladder]
    first = min(own, key=lambda clock: clock.due_at, default=None)
    due = room.count.first_due_at
    if due and (first is None or due < first.due_at):
        return NextDue(name="First response", at=due, state="", clauses="FAQ-3")
    if first is None:
        return None
    return NextDue(
        name=naming.clock(first.kind),
        at=first.due_at,
        state=first.state,
        clauses=", ".join(first.clauses),
    )


def rings(room: Room, actor: str) -> bool:
    """Whether a page to this person is waiting for their answer."""
    return any(ask.rings(actor) for ask in room.state.asks)


def possible(room: Room, who: Asker) -> set[str]:
    """The verbs that the incident, as it stands, would not refuse this person."""
    state = room.state
    found = {"note", "component"}
    waits = any(ask.answered_at is None for ask in state.asks) or state.engaged_at is None
    if not state.declined_at:
        found.add("name-customer")
    if state.is_open:
        found |= {"update", "confirm", "decline", "publish", "cause", "resolve", "gather"}
        found |= {"call-next", "skip-to", "start-runbook", "tick", "join"}
        found |= {"acknowledge"} if waits or state.asked_again_at else set()
        found |= {"own"} if state.senior is None and room.policy.handled_by else set()
        found |= {"contain"} if state.contained_at is None else set()
        found |= {"take"} if state.manager is None or state.offered_to == who.actor else set()
        found |= {"refuse"} if state.offered_to == who.actor else set()
        found |= {"offer"} if state.manager in {None, who.actor} else set()
    if state.status == "resolved":
        found.add("close")
    if state.resolved_at is not None:
        found.add("reopen")
        found |= {"report"} if room.owes_report else set()
    return found
