"""What is written on an incident when a customer waits in a chat, and when a person attends.

Source: FAQ-2, FAQ-3, FAQ-8; clauses.md, row 9.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from redphone.core import chat as chats
from redphone.core import command
from redphone.core.chat import How
from redphone.core.command import IncidentError, require_open, require_person
from redphone.core.incident import Incident
from redphone.core.stream import Entry

WORTH_NOTING = timedelta(minutes=5)
"""Replies that follow each other closely are one sign of life."""


class NobodyWaits(IncidentError):
    """Nobody waits in this chat any more. Its last words have been answered."""


def wait(incident: Incident, *, case: str, by: str, at: datetime) -> tuple[Entry, ...]:
    """A customer has written in a chat. Empty when they were waiting already and somebody is
    still to be called for it."""
    known = chats.find(incident.chats, case)
    is_waiting = known is not None and known.since is not None
    if is_waiting and chats.lane(case) not in incident.exhausted:
        return ()
    return (Entry(kind="chat_waits", at=at, actor=by, data={"case": case}),)


def pick_up(incident: Incident, *, case: str, by: str, at: datetime) -> tuple[Entry, ...]:
    """A person picks a chat up: what rings for them ends, and the customer gets their words next.

    Raises:
        IncidentEnded: it is over.
        NobodyWaits: there is nothing to pick up.
        NotAPerson: a machine can't pick up.

    Source: POL-2, FAQ-2.
    """
    require_open(incident)
    require_person(by)
    found = (*_acknowledged(incident, by, at), *_attended(incident, case, How.PICKED_UP, by, at))
    if not found:
        raise NobodyWaits
    return found


def answer(incident: Incident, *, case: str, by: str, at: datetime) -> tuple[Entry, ...]:
    """A person has answered in words. Empty when nobody waited and they had the chat already."""
    if not incident.is_open:
        return ()
    return (
        *_acknowledged(incident, by, at),
        *_attended(incident, case, How.ANSWERED, by, at),
    )


def settle(incident: Incident, *, case: str, by: str, at: datetime) -> tuple[Entry, ...]:
    """A person says that the last words need no answer: a thank-you, a full stop.

    Raises:
        NobodyWaits: nobody does.
    """
    require_open(incident)
    require_person(by)
    known = chats.find(incident.chats, case)
    if known is None or known.since is None:
        raise NobodyWaits
    return (
        *_acknowledged(incident, by, at),
        *_attended(incident, case, How.SETTLED, by, at),
    )


def leave(incident: Incident, *, case: str, by: str, at: datetime) -> tuple[Entry, ...]:
    """A chat's case has ended, or moved to another incident: it is not waited for here."""
    return _attended(incident, case, How.LEFT, by, at)


def arrive(
    incident: Incident, left: Incident, *, case: str, by: str, at: datetime
) -> tuple[Entry, ...]:
    """A chat that waits in the incident which its case has left waits in the one it joins.

    It counts from now: who moves it has just looked at it.
    """
    known = chats.find(left.chats, case)
    return wait(incident, case=case, by=by, at=at) if known and known.since else ()


def work(incident: Incident, *, through: str, by: str, at: datetime) -> tuple[Entry, ...]:
    """A person has done something on one of its cases. Empty unless that tells anything: where
    nobody has the incident, where they wrote here a moment ago, where it is over."""
    seen = incident.deed_at
    is_news = seen is None or at - seen >= WORTH_NOTING or incident.asked_again_at is not None
    if not incident.is_open or incident.engaged_at is None or incident.rules < 2 or not is_news:
        return ()
    return (Entry(kind="worked", at=at, actor=by, data={"through": through}),)


def _acknowledged(incident: Incident, by: str, at: datetime) -> tuple[Entry, ...]:
    rings = any(ask.answered_at is None for ask in incident.asks)
    if incident.engaged_at is not None and not rings:
        return ()
    return (command.acknowledge(incident, by=by, at=at),)


def _attended(incident: Incident, case: str, how: How, by: str, at: datetime) -> tuple[Entry, ...]:
    known = chats.find(incident.chats, case)
    if known is None:
        return ()
    if (
        known.since is None
        and how is not How.LEFT
        and (known.holder == by or how is not How.ANSWERED)
    ):
        return ()
    data = {"case": case, "how": how.value}
    return (Entry(kind="chat_attended", at=at, actor=by, data=data),)
