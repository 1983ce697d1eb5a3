"""Whose turn it is, and until when: the policy's steps, with the reasons to climb.

Two reasons make a ladder climb. *Unanswered*: a page that nobody answers in time goes to the next
step, and a step with nobody on call, or nobody whom a page can reach, is passed at once. *No
progress*: the second step is called when the emergency is confirmed, the last one at a share of
the resolution target. An acknowledgement ends the first; the second goes on until the incident is
contained or over. Several issue types have their ladders side by side; what stands beside a first
step has a lane of its own, and so has a chat whose customer waits for an answer: whoever has it is
called first, then the ladder of the type.

Source: EMG-1 to EMG-5, POL-7, FAQ-2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from redphone.core import chat
from redphone.core.chat import Chat
from redphone.core.command import IncidentError, require_open, require_person
from redphone.core.incident import Ask, Incident
from redphone.core.policy import EscalationStep, IssueType, LadderRules, Policy
from redphone.core.stream import CLOCK, Entry

BESIDE = "/beside"


class NoStepLeft(IncidentError):
    """Every step of the ladder has been called. Call a person directly, and note whom."""


class Reason(StrEnum):
    """Why a step was called."""

    OPENED = "opened"
    REOPENED = "reopened"
    UNANSWERED = "unanswered"
    NOBODY_ON_CALL = "nobody_on_call"
    NOBODY_REACHED = "nobody_reached"
    NO_PROGRESS = "no_progress"
    BY_HAND = "by_hand"
    EXHAUSTED = "exhausted"
    UNATTENDED = "unattended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One ladder of an incident. `last_step_at` is when lack of progress calls the last step.

    `quiet_since` is set on the ladder of a chat alone, and `holder` is who has that chat: its
    first step is that person, and no team.
    """

    name: str
    clause: str
    steps: tuple[EscalationStep, ...]
    last_step_at: datetime | None = None
    quiet_since: datetime | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A step that is to be called at `due_at`, and why. Reason EXHAUSTED: there is none left.

    `people` are called beside whoever is on call for the teams.
    """

    lane: str
    clause: str
    step: int
    teams: tuple[str, ...]
    reason: Reason
    since: datetime
    due_at: datetime
    turn: int = 1
    people: tuple[str, ...] = ()


def lanes(incident: Incident, policy: Policy) -> tuple[Lane, ...]:
    """The ladders that stand for an incident: one a type, and one for who is paged beside.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    return tuple(_lanes(incident, policy)) if incident.is_open else ()


def _lanes(incident: Incident, policy: Policy) -> Iterator[Lane]:
    for slug in incident.types:
        kind = policy.issue_type(slug)
        last = _last_step_at(incident, kind, policy.ladder)
        yield Lane(name=slug, clause=kind.clause, steps=kind.steps, last_step_at=last)
        if kind.beside and not incident.cause_is_outside:
            step = EscalationStep(teams=kind.beside)
            yield Lane(name=slug + BESIDE, clause=kind.clause, steps=(step,))
    for each in incident.chats:
        # Until somebody has come, the ladders above ring for the chat too.
        if each.quiet_since is not None and incident.engaged_at is not None:
            yield _chat_lane(incident, each, each.quiet_since, policy)


def _chat_lane(incident: Incident, each: Chat, quiet: datetime, policy: Policy) -> Lane:
    """Source: FAQ-2, FAQ-3; clauses.md, row 9."""
    answered = [ask.answered_by for ask in incident.asks if ask.answered_by]
    holder = each.holder or incident.manager or next(reversed(answered), None)
    steps = policy.issue_type(incident.types[0]).steps
    return Lane(
        name=chat.lane(each.case),
        clause="FAQ-2",
        steps=(EscalationStep(teams=()), *steps),
        quiet_since=max(quiet, incident.ladder_from),
        holder=holder,
    )


def _last_step_at(incident: Incident, kind: IssueType, rules: LadderRules) -> datetime | None:
    goal = kind.resolve_within or kind.contain_within
    if goal is None or not any(kind.is_for(plan) for plan in incident.plans):
        return None
    return incident.started_at + goal.within.length * rules.no_progress_at


def turns(incident: Incident, policy: Policy) -> tuple[Turn, ...]:
    """The next turn of each ladder, soonest first; a ladder at rest has none."""
    found = [turn for lane in lanes(incident, policy) if (turn := _turn(incident, lane, policy))]
    return tuple(sorted(found, key=lambda turn: (turn.due_at, turn.lane, turn.step)))


def _turn(incident: Incident, lane: Lane, policy: Policy) -> Turn | None:
    asks = _asks(incident, lane)
    if not asks and lane.quiet_since is not None:
        due_at = lane.quiet_since + _patience(policy)
        return _call(lane, 0, Reason.UNATTENDED, lane.quiet_since, due_at)
    if not asks and not _was_taken(incident, lane):
        return _first(incident, lane)
    candidates = [
        *_climb(incident, lane, asks, policy.ladder),
        *_no_progress(incident, lane, asks),
    ]
    return min(candidates, key=lambda turn: turn.due_at, default=None)


def _first(incident: Incident, lane: Lane) -> Turn:
    """The first step: at once, or when the wait for somebody to pick the chat up is over."""
    since, held = incident.ladder_from, incident.held_until
    if held is not None:
        return _call(lane, 0, Reason.UNATTENDED, since, max(since, held))
    reason = Reason.REOPENED if incident.reopened_at else Reason.OPENED
    return _call(lane, 0, reason, since, since)


def _patience(policy: Policy) -> timedelta:
    """How long a customer waits in a chat before somebody is called."""
    return policy.chat_pages_after.length if policy.chat_pages_after else timedelta(minutes=2)


def _was_taken(incident: Incident, lane: Lane) -> bool:
    return lane.name.removesuffix(BESIDE) in incident.taken


def _asks(incident: Incident, lane: Lane) -> list[Ask]:
    since = incident.reopened_at
    if lane.quiet_since is not None:
        # Whoever answered such a page and wrote nothing is called again: the customer waits on.
        quiet = lane.quiet_since
        mine = [a for a in incident.asks if a.lane == lane.name and a.at > quiet]
        return [ask for ask in mine if ask.answered_at is None]
    return [a for a in incident.asks if a.lane == lane.name and (not since or a.at >= since)]


def _climb(incident: Incident, lane: Lane, asks: list[Ask], rules: LadderRules) -> Iterator[Turn]:
    if not asks or asks[-1].answered_at is not None or lane.name in incident.exhausted:
        return
    last = asks[-1]
    answered = {ask.step for ask in asks if ask.answered_at}
    answered |= {0} if _was_taken(incident, lane) else set()
    if answered and last.reached:
        # Someone has it. Whoever is called now, for lack of progress or by hand, is called once.
        return
    wait = rules.unanswered_after.length
    alone = Reason.NOBODY_REACHED if last.people else Reason.NOBODY_ON_CALL
    reason = Reason.UNANSWERED if last.reached else alone
    left = [n for n in range(last.step + 1, len(lane.steps)) if n not in answered]
    if left:
        due_at = last.at + (wait if last.reached else timedelta())
        yield _call(lane, left[0], reason, last.at, due_at, last.turn)
    elif answered:
        return
    elif last.turn < rules.rounds:
        yield _call(lane, 0, reason, last.at, last.at + wait, last.turn + 1)
    else:
        yield Turn(
            lane=lane.name,
            clause=lane.clause,
            step=last.step,
            teams=(),
            reason=Reason.EXHAUSTED,
            since=last.at,
            due_at=last.at + wait,
            turn=last.turn,
        )


def _no_progress(incident: Incident, lane: Lane, asks: list[Ask]) -> Iterator[Turn]:
    if incident.contained_at is not None or lane.quiet_since is not None:
        return
    asked, last = {ask.step for ask in asks}, len(lane.steps) - 1
    turn, since = asks[-1].turn if asks else 1, incident.ladder_from
    if incident.confirmed_at and last >= 1 and 1 not in asked:
        due_at = max(incident.confirmed_at, since)
        yield _call(lane, 1, Reason.NO_PROGRESS, due_at, due_at, turn)
    if lane.last_step_at and last not in asked:
        due_at = max(lane.last_step_at, since)
        yield _call(lane, last, Reason.NO_PROGRESS, incident.started_at, due_at, turn)


def _call(
    lane: Lane, step: int, reason: Reason, since: datetime, due_at: datetime, turn: int = 1
) -> Turn:
    return Turn(
        lane=lane.name,
        clause=lane.clause,
        step=step,
        teams=lane.steps[step].teams,
        reason=reason,
        since=since,
        due_at=due_at,
        turn=turn,
        people=(lane.holder,) if lane.holder and step == 0 else (),
    )


def call_next(incident: Incident, policy: Policy, *, lane: str, by: str, at: datetime) -> Turn:
    """The step after the last one called, now, since a person wants it.

    Raises:
        IncidentEnded: nothing pages any more.
        NoStepLeft: all steps of that ladder were called.
    """
    require_open(incident)
    require_person(by)
    found = next((each for each in lanes(incident, policy) if each.name == lane), None)
    if found is None:
        raise NoStepLeft
    asks = _asks(incident, found)
    step = max((ask.step for ask in asks), default=-1) + 1
    if step >= len(found.steps):
        raise NoStepLeft
    return _call(found, step, Reason.BY_HAND, at, at, asks[-1].turn if asks else 1)


def ask(turn: Turn, *, people: tuple[str, ...], at: datetime, actor: str = CLOCK) -> Entry:
    """Call a step: whom, and why. Nobody on call is an entry too: the ladder climbs at once."""
    if turn.reason is Reason.EXHAUSTED:
        return Entry(kind="ladder_exhausted", at=at, actor=actor, data={"lane": turn.lane})
    data = {
        "lane": turn.lane,
        "clause": turn.clause,
        "step": turn.step,
        "teams": list(turn.teams),
        "people": list(people),
        "reason": turn.reason.value,
        "turn": turn.turn,
    }
    return Entry(kind="asked", at=at, actor=actor, data=data)


def still_rings(incident: Incident, person: str, lane: str) -> bool:
    """Whether a page to this person is still wanted: looked at just before each sending.

    Nobody is rung for a ladder that no longer stands: its type was changed, or it stood beside a
    cause that turned out to be outside.
    """
    if lane.startswith(chat.LANE):
        return _chat_rings(incident, person, lane)
    is_beside = lane.endswith(BESIDE)
    stands = lane.removesuffix(BESIDE) in incident.types
    if not incident.is_open or not stands or (is_beside and incident.cause_is_outside):
        return False
    since = incident.ladder_from
    asks = [a for a in incident.asks if a.lane == lane and person in a.people and a.at >= since]
    return bool(asks) and asks[-1].answered_at is None


def _chat_rings(incident: Incident, person: str, lane: str) -> bool:
    each = chat.find(incident.chats, lane.removeprefix(chat.LANE))
    if not incident.is_open or each is None or each.quiet_since is None:
        return False
    since = max(each.quiet_since, incident.ladder_from)
    mine = [a for a in incident.asks if a.lane == lane and a.at > since and person in a.people]
    return bool(mine) and mine[-1].answered_at is None
