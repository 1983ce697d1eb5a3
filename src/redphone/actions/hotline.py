"""Hearing a call: what is told is kept, what follows from it is done, and what is heard next."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import InterfaceError, OperationalError

from redphone.actions import canaries, hotline_deeds, hotline_ring, pins
from redphone.core.hotline import MENU, PIN_TRIES, Call, Callback, Step, spoken
from redphone.core.hotline_says import (
    AskPin,
    AskWords,
    Goodbye,
    Greet,
    Join,
    LetGo,
    Nothing,
    Ring,
    Says,
    TakeMessage,
    Thank,
    Whisper,
)
from redphone.records import calls, live, policies, states
from redphone.records.models import CaseRow, DeadlineRow, Person

log = logging.getLogger(__name__)

_DIGITS = re.compile(rb"(^|&)Digits=[^&]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the operator wants calls to be made: `ring` is for how many seconds."""

    ring: int = 20


def hear(told: Callback, *, query: str = "", raw: bytes = b"", manner: Manner = Manner()) -> Says:
    """Keep a callback, do what follows from it, and say what is heard next.

    There is a case before anybody is dialled. Once this returns, what was told is safe.

    Source: POL-6, FAQ-2, FAQ-3.
    """
    if canaries.rang(caller=told.caller, called=told.called, at=told.at):
        # The desk has called itself, to see that calls get through: nobody is on the line.
        return Nothing()
    told, raw = _without_pin(told, raw)
    call = calls.keep(told, query=query, raw=raw)
    case = _attended(call, told.at)
    says = _NEXT[told.step](_Heard(told, call, case, manner))
    # Not all that a page shows of a call is an entry: who is being rung just now.
    live.tell([case] if case else [])
    return says


def _without_pin(told: Callback, raw: bytes) -> tuple[Callback, bytes]:
    """Look a PIN up, and keep only whether it was right: it is nowhere written down."""
    if told.step is not Step.PIN:
        return told, raw
    pin = told.digits
    known = pins.check(pin, at=told.at) if pin and told.turn <= PIN_TRIES else None
    return replace(told, digits="", customer=known), _DIGITS.sub(rb"\1Digits=struck+out", raw)


def _attended(call: Call, at: datetime) -> str:
    """The case of the call. What could not be done is left to the sweep: the call goes on."""
    try:
        return hotline_deeds.attend(call, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # Whatever is wrong with a deed, somebody in trouble is on the line.
        log.exception("what follows from call %s was not all done; the sweep goes on", call.sid)
        return ""


@dataclass(frozen=True, slots=True)
class _Heard:
    told: Callback
    call: Call
    case: str
    manner: Manner

    @property
    def at(self) -> datetime:
        return self.told.at


def _greet(heard: _Heard) -> Says:
    policy = policies.current().policy
    keys = tuple((k, name) for k, (slug, name) in MENU.items() if slug in policy.issue_types)
    return Greet(company=policy.company, case=heard.case, keys=keys)


def _after_menu(heard: _Heard) -> Says:
    if heard.call.chosen or heard.call.words:
        return _whose(heard)
    return AskWords()


def _whose(heard: _Heard) -> Says:
    """Ask for a PIN where it would say something new; nobody is held up for it."""
    row = CaseRow.objects.filter(ref=heard.case).first()
    known = row is None or row.customer_id is not None
    if known or heard.call.pins >= PIN_TRIES or not pins.are_asked(at=heard.at):
        return _ring(heard)
    return AskPin(turn=heard.call.pins + 1)


def _after_pin(heard: _Heard) -> Says:
    told = heard.told
    if told.customer == 0 and told.turn < PIN_TRIES and pins.are_asked(at=heard.at):
        return AskPin(turn=told.turn + 1)
    return _ring(heard)


def _ring(heard: _Heard) -> Says:
    """The next of the desk's people after this leg; at the end of the ladder, a message.

    A callback that comes twice rings the same person as at first.
    """
    call, number = heard.call, heard.told.leg + 1
    if call.ended_at is not None:
        return Goodbye()
    again = call.leg(number)
    person = Person.objects.filter(pk=again.person).first() if again else _next(heard)
    if person is None or not person.phone_e164:
        return TakeMessage(within=_within(heard))
    calls.keep(
        Callback(step=Step.RINGING, call=call.sid, at=heard.at, leg=number, person=person.pk)
    )
    return Ring(
        leg=number,
        person=person.pk,
        number=person.phone_e164,
        shown=call.called if call.called.startswith("+") else "",
        seconds=heard.manner.ring,
    )


def _next(heard: _Heard) -> Person | None:
    if not heard.case:
        return None
    tried = {leg.person for leg in heard.call.legs if leg.number <= heard.told.leg}
    found = hotline_ring.whom_to_ring(heard.case, at=heard.at)
    left = [p for p in found if p.pk not in tried and p.phone_e164 != heard.call.caller]
    return left[0] if left else None


def _after_leg(heard: _Heard) -> Says:
    """The leg is over: they have spoken, or the next person is rung."""
    leg = heard.call.leg(heard.told.leg)
    if leg and leg.taken_at and leg.bridged is not False:
        return Goodbye()
    return _ring(heard)


def _whisper(heard: _Heard) -> Says:
    row = CaseRow.objects.select_related("incident").filter(ref=heard.case).first()
    if row is None or row.incident is None:
        return Whisper(about="An emergency call", plan="")
    policy = policies.pinned(row.policy_id).policy
    types = states.load_incident(row.incident.state).types
    about = " and ".join(policy.issue_type(slug).name for slug in types)
    plan = policy.plan(row.plan).name if row.plan else "an unknown caller"
    rehearsal = "A rehearsal. " if heard.call.is_rehearsal else ""
    return Whisper(about=f"{rehearsal}{about}", plan=plan)


def _taken(heard: _Heard) -> Says:
    return Join() if heard.told.digits == "1" else LetGo()


def _after_message(heard: _Heard) -> Says:
    return Thank(within=_within(heard))


def _after_fallback(heard: _Heard) -> Says:
    if heard.told.dial_status == "completed":
        return Goodbye()
    return _ring(heard)


def _nothing(heard: _Heard) -> Says:
    return Nothing()


def _within(heard: _Heard) -> str:
    """How long the promised first response is still away, as it is said. Source: POL-2, FAQ-3."""
    clocks = DeadlineRow.objects.filter(
        stream=heard.case, kind="first_response", outcome="running", due_at__gt=heard.at
    )
    due = clocks.values_list("due_at", flat=True).first()
    return spoken(due - heard.at) if due else ""


_NEXT: dict[Step, Callable[[_Heard], Says]] = {
    Step.VOICE: _greet,
    Step.MENU: _after_menu,
    Step.SAID: _whose,
    Step.PIN: _after_pin,
    Step.CONNECT: _ring,
    Step.WHISPER: _whisper,
    Step.TAKE: _taken,
    Step.DIAL: _after_leg,
    Step.VOICEMAIL: _after_message,
    Step.FALLBACK: _after_fallback,
    **dict.fromkeys((Step.LEG, Step.STATUS, Step.RECORDING, Step.TRANSCRIPTION), _nothing),
}
"""What is heard after each step; the desk's own notes are no steps that a provider may post to."""

STEPS = frozenset(_NEXT)
