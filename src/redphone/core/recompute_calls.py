"""A ladder's calls, read a second time: who was called, who has answered, which step is next.

It shares nothing with `asks` and `ladder`, whose work it checks.

Source: EMG-1 to EMG-5; clauses.md, row 16.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redphone.core.policy import EscalationStep
from redphone.core.recompute_minutes import Calendar, NeverOpen, is_open, opening

QUIET = "went_quiet"

WORK = {
    *("acknowledged", "asked", "cause_named", "chat_attended"),
    *("component_set", "confirmed", "contained", "customer_named"),
    *("gathering", "manager_accepted", "manager_declined", "manager_offered"),
    *("noted", "published", "reopened", "runbook_started"),
    *("senior_accepted", "step_ticked", "update_posted", "worked"),
}
"""The kinds of entry by which a person shows that they are at work."""


@dataclass(slots=True)
class Call:
    """A step that was called. `people` are those whom a page may still reach; `needs_all` says
    that each of `called` has to answer, and `said` who has."""

    step: int
    turn: int
    at: datetime
    people: set[str]
    reason: str = ""
    needs_all: bool = False
    called: set[str] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    by: str = ""
    ended: datetime | None = None

    @property
    def answered(self) -> bool:
        return self.ended is not None

    def waits_for(self, person: str) -> bool:
        return not self.answered and person in self.called - self.said

    def end(self, by: str, at: datetime) -> None:
        if not self.answered:
            self.by, self.ended = by, at


def answer(calls: list[Call], by: str, at: datetime) -> None:
    """Somebody has answered in this ladder."""
    waiting = [number for number, call in enumerate(calls) if call.waits_for(by)]
    for number, call in enumerate(calls):
        if not call.needs_all:
            call.end(by, at)
        elif number in waiting:
            call.said.add(by)
            if call.called <= call.said:
                call.end(by, at)
        elif any(number < later for later in waiting):
            call.end(by, at)


@dataclass(frozen=True, slots=True)
class Next:
    """A call that is to come: at what moment, since when it is waited for; step None: no more."""

    since: datetime
    at: datetime
    step: int | None


def climb(
    steps: Sequence[EscalationStep],
    calls: list[Call],
    *,
    wait: timedelta,
    rounds: int,
    is_taken: bool,
) -> Next | None:
    """What follows the last call while nobody has answered."""
    if not calls or calls[-1].answered:
        return None
    last = calls[-1]
    begins = max((n for n, call in enumerate(calls) if call.reason == QUIET), default=0)
    now = calls[begins:]
    answered = {call.step for call in now if call.answered}
    if is_taken and not any(call.reason == QUIET for call in calls):
        answered.add(0)
    if answered and last.people:
        return None
    same = 0
    while same < len(now) and (now[-1 - same].step, now[-1 - same].turn) == (last.step, last.turn):
        same += 1
    if last.people and same <= steps[last.step].repeat:
        return Next(last.at, last.at + wait, last.step)
    higher = [step for step in range(last.step + 1, len(steps)) if step not in answered]
    if higher:
        return Next(last.at, last.at + (wait if last.people else timedelta()), higher[0])
    if answered:
        return None
    return Next(last.at, last.at + wait, 0 if last.turn < rounds else None)


def theirs(calls: list[Call], *, is_taken: bool) -> int | None:
    """The step of whoever answered last; None when nobody has."""
    ends = [call.ended for call in calls if call.ended is not None]
    if not ends:
        return 0 if is_taken else None
    latest = [call for call in calls if call.ended == max(ends)]
    own = [call.step for call in latest if call.by in call.called]
    return max(own or [call.step for call in latest])


def opens(calendar: Calendar, step: EscalationStep, at: datetime) -> datetime:
    """When a step that is due at a moment is really called."""
    if not step.only_in_business_hours or is_open(calendar, at):
        return at
    try:
        return opening(calendar, at)
    except NeverOpen:
        return at
