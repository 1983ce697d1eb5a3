"""Ladders as people look at them: who was asked, who answered, who is next and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from redphone.core import chat, ladder
from redphone.core.asks import Ask
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.ladder import BESIDE, Reason, Turn
from redphone.core.policy import EscalationStep, Policy
from redphone.records.queries.people import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """One step. `state` is waiting, asked (it rings), silent (nobody answered) or taken.

    `at` is when it was called, or answered when it was; `due_at` when it will be called; `how` is
    what the policy says of the step besides: each has to answer, how often, only in hours.
    """

    number: int
    teams: str
    state: str
    says: str
    at: datetime | None = None
    due_at: datetime | None = None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderShown:
    """One ladder of an incident. `can_call` says that a step is left to call by hand."""

    lane: str
    title: str
    clause: str
    steps: tuple[StepShown, ...]
    is_exhausted: bool
    can_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Who has an incident, in a line and a second one below it. `tone` is "amber" or "red"."""

    says: str
    more: str = ""
    tone: str = ""


def actors(incident: Incident, policy: Policy) -> set[str]:
    """Everyone whom an incident's state names, or a step of its ladders."""
    found = {incident.manager, incident.offered_to, *(a.answered_by for a in incident.asks)}
    found |= {person for ask in incident.asks for person in ask.people}
    found |= {incident.senior}
    found |= {chat.holder for chat in incident.chats}
    found |= {step.by for book in incident.runbooks for step in book.done}
    found |= {name for ask in incident.asks for name in ask.names}
    for slug in incident.types:
        found |= {address for step in policy.issue_type(slug).steps for address in step.people}
    return {actor for actor in found if actor}


def shown(
    incident: Incident, policy: Policy, hours: BusinessHours, names: Names
) -> tuple[LadderShown, ...]:
    """The ladders that stand, step by step."""
    turns = {turn.lane: turn for turn in ladder.turns(incident, policy, hours)}
    return tuple(
        _ladder(incident, lane, turns.get(lane.name), policy, names)
        for lane in ladder.lanes(incident, policy)
    )


def _ladder(
    incident: Incident, lane: ladder.Lane, turn: Turn | None, policy: Policy, names: Names
) -> LadderShown:
    asks = _asks(incident, lane)
    called = {ask.step for ask in asks}
    steps = [
        _step(
            number,
            _and(names[each] for each in step.names) or _has_it(lane, names),
            asks,
            lane,
            turn,
            names,
        )
        for number, step in enumerate(lane.steps)
    ]
    steps = [replace(each, how=_how(step)) for each, step in zip(steps, lane.steps, strict=True)]
    if lane.name.removesuffix(BESIDE) in incident.taken and 0 not in called:
        says = "not called: the chat was picked up first"
        steps[0] = replace(steps[0], state="taken", says=says)
    return LadderShown(
        lane=lane.name,
        title=_title(lane, policy),
        clause=lane.clause,
        steps=tuple(steps),
        is_exhausted=lane.name in incident.exhausted,
        can_call=max(called, default=-1) + 1 < len(lane.steps),
    )


def _and(names: Iterable[str]) -> str:
    return " and ".join(names)


def _how(step: EscalationStep) -> str:
    said = (
        "each has to answer" if step.all_must_acknowledge else "",
        f"called {step.repeat + 1} times" if step.repeat else "",
        "in business hours only" if step.only_in_business_hours else "",
    )
    return ", ".join(each for each in said if each)


def _title(lane: ladder.Lane, policy: Policy) -> str:
    if lane.quiet_since is not None:
        return f"Chat of {lane.name.removeprefix(chat.LANE)}, while they wait"
    slug = lane.name.removesuffix(BESIDE)
    title = policy.issue_type(slug).name
    return f"Beside {title}" if lane.name != slug else title


def _has_it(lane: ladder.Lane, names: Names) -> str:
    return f"{names[lane.holder]}, who has the chat" if lane.holder else "Whoever has the chat"


def _step(
    number: int,
    teams: str,
    asks: list[Ask],
    lane: ladder.Lane,
    turn: Turn | None,
    names: Names,
) -> StepShown:
    mine = [ask for ask in asks if ask.step == number]
    due = turn if turn and turn.step == number and turn.reason is not Reason.EXHAUSTED else None
    if not mine:
        says = _waits(number, due, lane)
        due_at = due.due_at if due else _by_progress(number, lane)
        return StepShown(number=number + 1, teams=teams, state="waiting", says=says, due_at=due_at)
    last = mine[-1]
    is_last = last is asks[-1]
    at = last.at
    if last.answered_at and (last.answered_by in last.people or is_last):
        state, says = "taken", f"{names[last.answered_by or '']} answered"
        at = last.answered_at
    elif not last.people:
        state, says = "silent", _nobody(last, names)
    elif is_last and not last.reached:
        state, says = "silent", f"no page reaches {_listed(last.people, names)}"
    elif is_last:
        state, says = "asked", _ringing_now(last, names)
    else:
        state, says = "silent", f"{', '.join(names[p] for p in last.people)} did not answer"
    return StepShown(
        number=number + 1,
        teams=teams,
        state=state,
        says=says,
        at=at,
        due_at=due.due_at if due else None,
    )


def _nobody(ask: Ask, names: Names) -> str:
    """Why a call rang nobody, name by name."""
    said = [f"{names[name]}: {why}" for name, why in ask.without]
    return "; ".join(said) if len(said) > 1 else "nobody on call" if not said else said[0]


def _ringing_now(ask: Ask, names: Names) -> str:
    """Who is rung; where each has to answer, who has and who is missing."""
    if ask.answers:
        have = _listed(ask.answers, names)
        return f"{have} answered, still missing: {_listed(ask.missing, names)}"
    left_out = [f"without {names[name]}: {why}" for name, why in ask.without]
    silent = [person for person in ask.unreached if person not in ask.declined]
    left_out += [f"{names[person]} can't come" for person in ask.declined]
    left_out += [f"no page reaches {names[person]}" for person in silent]
    return "; ".join([f"ringing {_listed(ask.reached, names)}", *left_out])


def _listed(people: Sequence[str], names: Names) -> str:
    return ", ".join(names[person] for person in people)


def _waits(number: int, due: Turn | None, lane: ladder.Lane) -> str:
    reason = due.reason if due else None
    if due and due.waits_since:
        return "waits for business hours: the policy says so"
    if reason is Reason.WENT_QUIET:
        return "if nobody says that they are still on it"
    if reason is Reason.UNATTENDED:
        return "if nobody answers them" if lane.quiet_since else "if nobody picks the chat up"
    if reason is Reason.UNANSWERED:
        return "if nobody answers"
    if reason is Reason.NOBODY_ON_CALL:
        return "at once: nobody is on call before"
    if reason is Reason.NO_PROGRESS or _by_progress(number, lane):
        return "if there is no progress"
    if number == 1 and lane.quiet_since is None:
        return "once the emergency is confirmed"
    return "if nobody before answers"


def _by_progress(number: int, lane: ladder.Lane) -> datetime | None:
    return lane.last_step_at if number == len(lane.steps) - 1 else None


def _asks(incident: Incident, lane: ladder.Lane) -> list[Ask]:
    mine = [ask for ask in incident.asks if ask.lane == lane.name]
    if lane.quiet_since is not None:
        return [ask for ask in mine if ask.at > lane.quiet_since]
    since = incident.reopened_at
    return [ask for ask in mine if not since or ask.at >= since]


def holding(incident: Incident, policy: Policy, names: Names) -> Holding:
    """Who has it; while nobody has, who is being rung, and how far up the ladder."""
    rings = _ringing(incident, policy, names)
    answered = list(dict.fromkeys(a.answered_by for a in incident.asks if a.answered_by))
    if incident.asked_again_at and not incident.exhausted:
        whose = ", ".join(names[each] for each in answered) or "whoever has it"
        says = names[incident.manager] if incident.manager else whose
        return Holding(says=says, more=rings or "asked: still on it?", tone="amber")
    if incident.manager:
        others = [names[each] for each in answered if each != incident.manager]
        more = f"with {', '.join(others)}" if others else ""
        return Holding(says=f"{names[incident.manager]}, incident manager", more=more or rings)
    if answered:
        says = ", ".join(names[each] for each in answered)
        return Holding(says=says, more=rings or "no incident manager yet")
    if incident.exhausted:
        return Holding(says="nobody answered", more="every step was called", tone="red")
    if rings:
        return Holding(says=rings, more=_far(incident, policy, names), tone="amber")
    if incident.taken:
        # Somebody picked the chat up before anybody was called for it.
        has_it = next((each.holder for each in incident.chats if each.holder), None)
        return Holding(says=names[has_it or ""], more="no incident manager yet")
    waits = "waits in the chat" if any(each.since for each in incident.chats) else ""
    return Holding(says="nobody yet", more=waits, tone="amber")


def _ringing(incident: Incident, policy: Policy, names: Names) -> str:
    last = {ask.lane: ask for ask in incident.asks}
    standing = {lane.name for lane in ladder.lanes(incident, policy)}
    rings = [a for lane, a in last.items() if lane in standing and a.is_ringing]
    teams = dict.fromkeys(
        names[name] for ask in rings for name in ask.names or ask.teams or ("who has the chat",)
    )
    return f"ringing {', '.join(teams)}" if teams else ""


def _far(incident: Incident, policy: Policy, names: Names) -> str:
    main = (a for a in reversed(incident.asks) if a.lane in incident.types)
    last = next(main, None)
    if last is None:
        return ""
    lane = next((x for x in ladder.lanes(incident, policy) if x.name == last.lane), None)
    if lane is None or last.step == 0:
        return f"step 1 of {len(lane.steps)}" if lane else ""
    before = _and(names[each] for each in lane.steps[last.step - 1].names)
    return f"{before} did not answer, step {last.step + 1} of {len(lane.steps)}"
