"""What people can do with a case: the table of verbs behind its page."""

from __future__ import annotations

from redphone.actions import cases, chat_desk
from redphone.actions.calls import called_back
from redphone.web.responder import forms
from redphone.web.responder.verbs import Call, Verb


def _respond(call: Call) -> None:
    cases.respond(case=call.ref, by=call.by, words=call.data["words"], at=call.at)


def _phoned(call: Call) -> None:
    words = call.data["words"]
    cases.respond(case=call.ref, by=call.by, words=words, at=call.at, through="phone")


def _called_back(call: Call) -> None:
    reached, words = call.data["reached"], call.data["words"]
    called_back(case=call.ref, by=call.by, reached=reached, words=words, at=call.at)


def _add(call: Call) -> None:
    cases.add(case=call.ref, by=call.by, words=call.data["words"], at=call.at)


def _decline(call: Call) -> None:
    cases.decline(case=call.ref, by=call.by, reason=call.data["words"], at=call.at)


def _move(call: Call) -> None:
    to, why = call.data["to"], call.data["words"]
    cases.move(case=call.ref, to=to, by=call.by, why=why, at=call.at)


def _identify(call: Call) -> None:
    cases.identify(case=call.ref, customer=call.data["customer"], by=call.by, at=call.at)


def _close(call: Call) -> None:
    cases.close(case=call.ref, by=call.by, at=call.at)


def _pick_up(call: Call) -> None:
    chat_desk.pick_up(case=call.ref, by=call.by, at=call.at)


def _settle(call: Call) -> None:
    chat_desk.settle(case=call.ref, by=call.by, at=call.at)


VERBS: dict[str, Verb] = {
    "respond": Verb(
        right="case.respond",
        do=_respond,
        form=forms.Respond,
        done="Your answer is on its way to the customer.",
    ),
    "phoned": Verb(
        right="case.respond",
        do=_phoned,
        form=forms.Phoned,
        done="It is on record that they were answered on the phone.",
    ),
    "called-back": Verb(
        right="case.respond",
        do=_called_back,
        form=forms.CalledBack,
        done="It is on record that you called back.",
    ),
    "add": Verb(right="case.add", do=_add, form=forms.Add, done="Added to the report."),
    "decline": Verb(
        right="case.decline",
        do=_decline,
        form=forms.Decline,
        done="Declined: its clocks have ended, and the customer is sent your reason.",
    ),
    "move": Verb(right="case.move", do=_move, form=forms.Move, done="It joined the incident."),
    "identify": Verb(
        right="case.identify",
        do=_identify,
        form=forms.Identify,
        done="It is known whose case this is. Its clocks follow their plan.",
    ),
    "pick-up": Verb(
        right="case.pick_up",
        do=_pick_up,
        done="You have the chat. They wait for your words: write below.",
    ),
    "settle": Verb(
        right="case.settle", do=_settle, done="Put down: their last words need no answer."
    ),
    "close": Verb(right="case.close", do=_close, done="Closed."),
}
"""By the name in the address: `/cases/RP-1001/<name>/`."""
