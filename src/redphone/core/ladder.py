"""Whose turn it is, and until when: the policy's steps, with the reasons to climb.

Two reasons make a ladder climb. *Unanswered*: a page that nobody answers in time goes to the next
step, and a step with nobody on call, or nobody whom a page can reach, is passed at once. *No
progress*: the second step is called when the emergency is confirmed, the last one at a share of
the resolution target. An acknowledgement ends the first; the second goes on until the incident is
contained or over. So does the question whether whoever has it is still on it: no answer, and the
ladder climbs from the step after theirs. Several issue types have their ladders side by side; what
stands beside a first step has a lane of its own, and so has a chat whose customer waits for an
answer: whoever has it is called first, then the ladder of the type.

Source: EMG-1 to EMG-5, POL-7, FAQ-2; clauses.md, row 16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from redphone.core import chat
from redphone.core import hours as business
from redphone.core.asks import DECLINED, WENT_QUIET, Ask, walk
from redphone.core.chat import Chat
from redphone.core.command import IncidentError, WhyMissing, require_open, require_person
from redphone.core.hours import BusinessHours, HoursNeverOpen
from redphone.core.incident import Incident
from redphone.core.policy import Callee, EscalationStep, IssueType, LadderRules, Policy
from redphone.core.stream import CLOCK, Entry

BESIDE = "/beside"

NOBODY = EscalationStep()

UNREACHED = {
    "": "no page reached them",
    "refused": "their address is refused",
    "given_up": "every try to page them failed",
    "no_line": "no line takes their page",
    "no_receipt": "nothing says that their page arrived",
    DECLINED: "they can't come",
}
"""Why no page reached somebody, by the reason that a failed delivery gives."""


class NoStepLeft(IncidentError):
    """Every step of the ladder has been called. Call a person directly, and note whom."""


class NoSuchStep(IncidentError):
    """This incident's ladder has no such step. Choose one that its page shows."""


class Reason(StrEnum):
    """Why a step was called."""

    OPENED = "opened"
    REOPENED = "reopened"
    UNANSWERED = "unanswered"
    NOBODY_ON_CALL = "nobody_on_call"
    NOBODY_REACHED = "nobody_reached"
    DECLINED = DECLINED
    NO_PROGRESS = "no_progress"
    BY_HAND = "by_hand"
    SKIPPED = "skipped"
    EXHAUSTED = "exhausted"
    UNATTENDED = "unattended"
    STILL_ON_IT = "still_on_it"
    WENT_QUIET = WENT_QUIET


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

    @property
    def is_of_type(self) -> bool:
        """Whether it is an issue type's own ladder, on which others can be called."""
        return self.quiet_since is None and not self.name.endswith(BESIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A step that is to be called at `due_at`, and why. Reason EXHAUSTED: there is none left.
    Reason STILL_ON_IT: `people`, who have it, are asked again, and no step is called.

    `people` are called beside whom `calls` names. `waits_since` is when it would be called if it
    were not for business hours only. `passed` are those of the step before whom no page reached,
    or behind whom nobody stood, each with the reason. `have_answered`, with yes or no, are called
    no more.
    """

    lane: str
    clause: str
    step: int
    reason: Reason
    since: datetime
    due_at: datetime
    calls: EscalationStep = NOBODY
    turn: int = 1
    people: tuple[str, ...] = ()
    waits_since: datetime | None = None
    passed: tuple[tuple[str, str], ...] = ()
    have_answered: tuple[str, ...] = ()

    @property
    def teams(self) -> tuple[str, ...]:
        return self.calls.teams

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the step names, in words."""
        return self.calls.names

    @property
    def callees(self) -> tuple[Callee, ...]:
        return self.calls.callees


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
        steps=(NOBODY, *steps),
        quiet_since=max(quiet, incident.ladder_from),
        holder=holder,
    )


def _last_step_at(incident: Incident, kind: IssueType, rules: LadderRules) -> datetime | None:
    goal = kind.resolve_within or kind.contain_within
    if goal is None or not any(kind.is_for(plan) for plan in incident.plans):
        return None
    return incident.started_at + goal.within.length * rules.no_progress_at


def turns(incident: Incident, policy: Policy, hours: BusinessHours) -> tuple[Turn, ...]:
    """The next turn of each ladder, soonest first; a ladder at rest has none."""
    standing = lanes(incident, policy)
    found = [turn for lane in standing if (turn := _turn(incident, lane, policy, hours))]
    found += [*_still_on_it(incident, standing, policy)]
    return tuple(sorted(found, key=lambda turn: (turn.due_at, turn.lane, turn.step)))


def _turn(incident: Incident, lane: Lane, policy: Policy, hours: BusinessHours) -> Turn | None:
    found = [_in_hours(turn, hours) for turn in _candidates(incident, lane, policy)]
    return min(found, key=lambda turn: turn.due_at, default=None)


def _candidates(incident: Incident, lane: Lane, policy: Policy) -> Iterator[Turn]:
    asks = _asks(incident, lane)
    if not asks and lane.quiet_since is not None:
        due_at = lane.quiet_since + _patience(policy)
        yield _call(lane, 0, Reason.UNATTENDED, lane.quiet_since, due_at)
    elif not asks and not _was_taken(incident, lane):
        yield _first(incident, lane)
    else:
        yield from _climb(incident, lane, asks, policy.ladder)
        yield from _no_progress(incident, lane, asks)
        yield from _quiet(incident, lane, asks, policy.ladder)


def _in_hours(turn: Turn, hours: BusinessHours) -> Turn:
    """A step for business hours waits for the next opening. Hours that never come are no reason
    to call nobody."""
    if not turn.calls.only_in_business_hours or business.is_open(hours, turn.due_at):
        return turn
    try:
        opening = business.next_opening(hours, turn.due_at)
    except HoursNeverOpen:
        return turn
    return replace(turn, due_at=opening, waits_since=turn.due_at)


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
    last, since_quiet = asks[-1], walk(asks)
    answered = {ask.step for ask in since_quiet if ask.answered_at}
    if _was_taken(incident, lane) and since_quiet[0].reason != Reason.WENT_QUIET:
        answered |= {0}
    if answered and last.reached:
        # Someone has it. Whoever is called now, for lack of progress or by hand, is called once.
        return
    wait = rules.unanswered_after.length
    alone = Reason.NOBODY_REACHED if last.people else Reason.NOBODY_ON_CALL
    alone = Reason.DECLINED if last.declined else alone
    reason = Reason.UNANSWERED if last.reached else alone
    left = [n for n in range(last.step + 1, len(lane.steps)) if n not in answered]
    if last.reached and _calls(since_quiet) <= lane.steps[last.step].repeat:
        again = _call(lane, last.step, Reason.UNANSWERED, last.at, last.at + wait, last.turn)
        yield replace(again, have_answered=(*last.answers, *last.declined))
    elif left:
        due_at = last.at + (wait if last.reached else timedelta())
        turn = _call(lane, left[0], reason, last.at, due_at, last.turn)
        yield replace(turn, passed=_passed(last))
    elif answered:
        return
    elif last.turn < rules.rounds:
        turn = _call(lane, 0, reason, last.at, last.at + wait, last.turn + 1)
        yield replace(turn, passed=_passed(last))
    else:
        yield Turn(
            lane=lane.name,
            clause=lane.clause,
            step=last.step,
            reason=Reason.EXHAUSTED,
            since=last.at,
            due_at=last.at + wait,
            turn=last.turn,
        )


def _calls(asks: list[Ask]) -> int:
    """How often the step called last was called, one time after the other."""
    count = 0
    for ask in reversed(asks):
        if (ask.step, ask.turn) != (asks[-1].step, asks[-1].turn):
            break
        count += 1
    return count


def _passed(last: Ask) -> tuple[tuple[str, str], ...]:
    """Of the step before: behind whom nobody stood, and whom no page has reached."""
    whys = dict(last.whys)
    lost = ((who, UNREACHED.get(whys.get(who, ""), UNREACHED[""])) for who in last.unreached)
    return (*last.without, *lost)


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


def _still_on_it(incident: Incident, standing: tuple[Lane, ...], policy: Policy) -> Iterator[Turn]:
    """When whoever has it has done nothing for long, they are asked: are you still on it?

    Containment ends it, or the end of the incident: until then somebody has to be at work.

    Source: POL-1, POL-8; clauses.md, row 16.
    """
    seen = incident.deed_at
    if incident.rules < 2 or seen is None or incident.engaged_at is None:
        return
    if incident.contained_at is not None or incident.asked_again_at is not None:
        return
    held = [
        lane for lane in standing if _theirs(incident, lane, _asks(incident, lane)) is not None
    ]
    if held:
        since = max(seen, incident.ladder_from)
        yield Turn(
            lane="",
            clause=held[0].clause,
            step=0,
            reason=Reason.STILL_ON_IT,
            since=since,
            due_at=since + policy.still_on_it_after(incident.types),
            people=_holders(incident, held),
        )


def _holders(incident: Incident, held: list[Lane]) -> tuple[str, ...]:
    """Who has it: its manager, and who answered last in each of its ladders."""
    found = [incident.manager]
    for lane in held:
        answers = [a for a in _asks(incident, lane) if a.answered_at]
        latest = max(answers, key=lambda ask: ask.answered_at or ask.at, default=None)
        found.append(latest.answered_by if latest else None)
        if latest is None:
            found += [each.holder for each in incident.chats]
    return tuple(dict.fromkeys(person for person in found if person))


def _theirs(incident: Incident, lane: Lane, asks: list[Ask]) -> int | None:
    """The step of whoever has a ladder; None when nobody has, and on those that call no others."""
    if not lane.is_of_type:
        return None
    answers = [ask for ask in asks if ask.answered_at]
    if not answers:
        return 0 if _was_taken(incident, lane) else None
    last = max(ask.answered_at for ask in answers if ask.answered_at)
    latest = [ask for ask in answers if ask.answered_at == last]
    own = [ask.step for ask in latest if ask.answered_by in ask.people]
    return max(own or [ask.step for ask in latest])


def _quiet(incident: Incident, lane: Lane, asks: list[Ask], rules: LadderRules) -> Iterator[Turn]:
    """On up the ladder, since whoever has it was asked again and did not answer.

    After the last step it begins with the first one, so that somebody is always rung.
    """
    asked_at = incident.asked_again_at
    theirs = _theirs(incident, lane, asks)
    if asked_at is None or theirs is None or incident.contained_at is not None:
        return
    if any(ask.reason == Reason.WENT_QUIET and ask.at >= asked_at for ask in asks):
        return
    step = theirs + 1 if theirs + 1 < len(lane.steps) else 0
    due_at = asked_at + rules.unanswered_after.length
    yield _call(lane, step, Reason.WENT_QUIET, asked_at, due_at)


def _call(
    lane: Lane, step: int, reason: Reason, since: datetime, due_at: datetime, turn: int = 1
) -> Turn:
    return Turn(
        lane=lane.name,
        clause=lane.clause,
        step=step,
        calls=lane.steps[step],
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
    found = _lane(incident, policy, lane)
    if found is None:
        raise NoStepLeft
    asks = _asks(incident, found)
    step = max((ask.step for ask in asks), default=-1) + 1
    if step >= len(found.steps):
        raise NoStepLeft
    return _call(found, step, Reason.BY_HAND, at, at, asks[-1].turn if asks else 1)


def skip_to(
    incident: Incident, policy: Policy, *, lane: str, step: int, by: str, why: str, at: datetime
) -> Turn:
    """A step that a person chooses, now, whatever its turn would be; the ladder goes on from it.

    `step` counts from 0. One that waits for business hours is called all the same.

    Raises:
        IncidentEnded: nothing pages any more.
        NoSuchStep: that ladder does not stand, or has no such step.
        WhyMissing: nobody says why.
    """
    require_open(incident)
    require_person(by)
    found = _lane(incident, policy, lane)
    if found is None or not 0 <= step < len(found.steps):
        raise NoSuchStep
    if not why.strip():
        raise WhyMissing
    asks = _asks(incident, found)
    return _call(found, step, Reason.SKIPPED, at, at, asks[-1].turn if asks else 1)


def _lane(incident: Incident, policy: Policy, name: str) -> Lane | None:
    return next((each for each in lanes(incident, policy) if each.name == name), None)


def ask(
    turn: Turn,
    *,
    people: tuple[str, ...],
    at: datetime,
    actor: str = CLOCK,
    without: tuple[tuple[str, str], ...] = (),
    already: tuple[str, ...] = (),
    words: str = "",
) -> Entry:
    """Call a step: whom, and why. Nobody on call is an entry too: the ladder climbs at once.

    `without` are those whom it names and nobody stands behind, each with the reason. `already` are
    those of `people` whom the incident asks by another call too: they are rung once.
    """
    if turn.reason is Reason.EXHAUSTED:
        return Entry(kind="ladder_exhausted", at=at, actor=actor, data={"lane": turn.lane})
    if turn.reason is Reason.STILL_ON_IT:
        return Entry(kind="asked_again", at=at, actor=actor, data={"people": list(people)})
    data = {
        "lane": turn.lane,
        "clause": turn.clause,
        "step": turn.step,
        "teams": list(turn.teams),
        "people": list(people),
        "reason": turn.reason.value,
        "turn": turn.turn,
    }
    if turn.names != turn.teams:
        data["names"] = list(turn.names)
    for name, said in (("without", without), ("passed", turn.passed)):
        if said:
            data[name] = [list(each) for each in said]
    if already:
        data["already"] = list(already)
    if turn.calls.all_must_acknowledge:
        data["all_must"] = True
    return Entry(kind="asked", at=at, actor=actor, words=words, data=data)


def already_asked(incident: Incident, turn: Turn, people: tuple[str, ...]) -> tuple[str, ...]:
    """Whom another call of the incident asks already: of another ladder, or of another step."""
    others = [
        ask
        for ask in incident.asks
        if ask.at >= incident.ladder_from and (ask.lane, ask.step) != (turn.lane, turn.step)
    ]
    asked = {who for ask in others for who in ask.reached if ask.rings(who)}
    return tuple(person for person in people if person in asked)


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
    return bool(asks) and asks[-1].rings(person)


def still_asked(incident: Incident, person: str) -> bool:
    """Whether somebody is still to be asked if they are on it: looked at before each sending."""
    return incident.is_open and incident.asked_again_at is not None and bool(person)


def _chat_rings(incident: Incident, person: str, lane: str) -> bool:
    each = chat.find(incident.chats, lane.removeprefix(chat.LANE))
    if not incident.is_open or each is None or each.quiet_since is None:
        return False
    since = max(each.quiet_since, incident.ladder_from)
    mine = [a for a in incident.asks if a.lane == lane and a.at > since and person in a.people]
    return bool(mine) and mine[-1].rings(person)
