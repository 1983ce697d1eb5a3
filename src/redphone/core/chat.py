"""Emergency chats of an incident: which of them wait for an answer, since when, and who has them.

The words of a conversation are entries of its case. Here is only what the ladder needs to know: a
customer who waits in a chat is found by the clock, and somebody is called.

Source: FAQ-2, FAQ-3; clauses.md, row 9.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from redphone.core.policy import Policy

CHANNEL = "chat"

LANE = "chat/"
"""How the name of a chat's ladder begins; its case's name follows."""


class How(StrEnum):
    """How a person attended to a chat. After PICKED_UP the customer still waits for words."""

    PICKED_UP = "picked_up"
    ANSWERED = "answered"
    SETTLED = "settled"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """One conversation. `since` is when the oldest words came that nobody has answered; None when
    all are. `attended_at` and `holder`: who has it, and when they last showed it."""

    case: str
    since: datetime | None = None
    attended_at: datetime | None = None
    holder: str | None = None

    @property
    def quiet_since(self) -> datetime | None:
        """From when its two minutes count: the wait, or the last sign of a person if later."""
        if self.since is None:
            return None
        return max(self.since, self.attended_at or self.since)


Chats = tuple[Chat, ...]


def hold(channel: str, plan: str | None, policy: Policy) -> timedelta:
    """How long the first page of a report waits for somebody to pick it up.

    Only a chat of a plan whose own channel is the chat waits. Everyone else's report pages at
    once, by whatever channel it came: they were promised an answer sooner than that, and an
    unknown caller counts as the strictest plan.

    Source: FAQ-2, FAQ-3; clauses.md, rows 8 and 9.
    """
    after = policy.chat_pages_after
    if channel != CHANNEL or after is None or CHANNEL not in policy.plan(plan).channels:
        return timedelta()
    return after.length


def lane(case: str) -> str:
    """The name of a chat's ladder."""
    return LANE + case


def find(chats: Chats, case: str) -> Chat | None:
    return next((chat for chat in chats if chat.case == case), None)


def waits(chats: Chats, case: str, at: datetime) -> Chats:
    """The chats after words of a customer: the wait begins anew only when it had ended."""
    known = find(chats, case)
    if known is None:
        return (*chats, Chat(case=case, since=at))
    return _with(chats, replace(known, since=at))


def attended(chats: Chats, case: str, how: How, by: str, at: datetime) -> Chats:
    """The chats after a person has attended to one of them."""
    known = find(chats, case)
    if known is None:
        return chats
    if how is How.LEFT:
        return tuple(chat for chat in chats if chat.case != case)
    since = known.since if how is How.PICKED_UP else None
    if since is None and known.since is not None and known.since > at:
        since = known.since
    return _with(chats, replace(_shown(known, by, at), since=since))


def acknowledged(chats: Chats, lanes: set[str], by: str, at: datetime, *, first: bool) -> Chats:
    """The chats after an acknowledgement: of their own page, or the first of the whole incident.

    Who acknowledges has shown themselves; the customer goes on waiting for words.
    """
    return tuple(
        _shown(chat, by, at)
        if chat.since is not None and (first or lane(chat.case) in lanes)
        else chat
        for chat in chats
    )


def ended(chats: Chats) -> Chats:
    """The chats once their incident is over: its last words went to everyone."""
    return tuple(replace(chat, since=None) for chat in chats)


def _shown(chat: Chat, by: str, at: datetime) -> Chat:
    return replace(chat, attended_at=max(chat.attended_at or at, at), holder=by)


def _with(chats: Chats, changed: Chat) -> Chats:
    return tuple(changed if chat.case == changed.case else chat for chat in chats)
