"""Who has taken an incident, as its customers are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.core.incident import Incident
from redphone.records.models import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Engaged:
    """A responder has taken the incident. `after` is how long after the customer's report, None
    when somebody was on it before."""

    who: str
    at: datetime
    after: timedelta | None


def engaged(incident: Incident | None, reported_at: datetime) -> Engaged | None:
    """Who took it first; None while nobody has, or where the incident is not for this reader."""
    if incident is None or incident.engaged_at is None:
        return None
    taken = [
        (ask.answered_at, ask.answered_by)
        for ask in incident.asks
        if ask.answered_at and ask.answered_by
    ]
    # A chat may have been picked up before anybody was called for it.
    picked_up = next((chat.holder for chat in incident.chats if chat.holder), None)
    at, actor = min(taken, default=(incident.engaged_at, picked_up or ""))
    after = at - reported_at if at >= reported_at else None
    return Engaged(who=_name(actor), at=at, after=after)


def _name(actor: str) -> str:
    number = actor.removeprefix("person:")
    found = Person.objects.filter(pk=int(number)).first() if number.isdigit() else None
    return found.name if found else ""
