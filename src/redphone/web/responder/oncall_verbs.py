"""What people do about their duty, each with its right, its form and the one action it calls."""

from __future__ import annotations

from redphone.actions import absences, oncall, swaps
from redphone.records.queries import duty
from redphone.web.responder.oncall_forms import (
    AnyAbsence,
    AskSwap,
    MyAbsence,
    OneAbsence,
    OneOverride,
    OneSwap,
    StandIn,
    StandInMyself,
)
from redphone.web.responder.verbs import Call, Verb


def _me(call: Call) -> int:
    return int(call.by.removeprefix("person:"))


def _stand_in(call: Call) -> None:
    oncall.add_override(**call.data, person=_me(call), by=call.by, at=call.at)


def _let_stand_in(call: Call) -> None:
    oncall.add_override(**call.data, by=call.by, at=call.at)


def _end_override(call: Call) -> None:
    oncall.end_override(**call.data, by=call.by, at=call.at)


def _end_my_override(call: Call) -> None:
    duty.require_stands_in(_me(call), call.data["override"])
    _end_override(call)


def _ask_swap(call: Call) -> None:
    swaps.ask_swap(**call.data, by=call.by, at=call.at)


def _accept_swap(call: Call) -> None:
    swaps.accept_swap(**call.data, by=call.by, at=call.at)


def _decline_swap(call: Call) -> None:
    swaps.decline_swap(**call.data, by=call.by, at=call.at)


def _withdraw_swap(call: Call) -> None:
    swaps.withdraw_swap(**call.data, by=call.by, at=call.at)


def _be_away(call: Call) -> None:
    absences.add_absence(**call.data, person=_me(call), by=call.by, at=call.at)


def _be_away_for(call: Call) -> None:
    absences.add_absence(**call.data, by=call.by, at=call.at)


def _end_absence(call: Call) -> None:
    absences.end_absence(**call.data, by=call.by, at=call.at)


VERBS: dict[str, Verb] = {
    "stand-in": Verb(
        right="oncall.stand_in", do=_stand_in, form=StandInMyself, done="You stand in."
    ),
    "add-override": Verb(
        right="oncall.change", do=_let_stand_in, form=StandIn, done="They stand in."
    ),
    "end-my-override": Verb(
        right="oncall.stand_in",
        do=_end_my_override,
        form=OneOverride,
        done="The rota holds again.",
    ),
    "end-override": Verb(
        right="oncall.change", do=_end_override, form=OneOverride, done="The rota holds again."
    ),
    "ask-swap": Verb(right="oncall.stand_in", do=_ask_swap, form=AskSwap, done="They are asked."),
    "accept-swap": Verb(
        right="oncall.stand_in", do=_accept_swap, form=OneSwap, done="It is yours now."
    ),
    "decline-swap": Verb(
        right="oncall.stand_in", do=_decline_swap, form=OneSwap, done="They keep it."
    ),
    "withdraw-swap": Verb(
        right="oncall.stand_in",
        do=_withdraw_swap,
        form=OneSwap,
        done="You keep it, and nobody is asked.",
    ),
    "add-absence": Verb(
        right="oncall.stand_in", do=_be_away, form=MyAbsence, done="No rota names you then."
    ),
    "add-absence-for": Verb(
        right="oncall.change", do=_be_away_for, form=AnyAbsence, done="No rota names them then."
    ),
    "end-absence": Verb(
        right="oncall.stand_in", do=_end_absence, form=OneAbsence, done="The rota holds again."
    ),
}

TITLES = {
    "stand-in": "Stand in",
    "add-override": "Let somebody stand in",
    "end-my-override": "End standing in",
    "end-override": "End standing in",
    "ask-swap": "Ask for a swap",
    "accept-swap": "Take a swap",
    "decline-swap": "Decline a swap",
    "withdraw-swap": "Withdraw a swap",
    "add-absence": "Be away",
    "add-absence-for": "Somebody is away",
    "end-absence": "End an absence",
}
