"""Which urgent messages still ask for something, and which of them one touch answers.

A page is not the only thing that rings: whoever has it is asked whether they are still on it, a
manager or a senior is wanted, the incident is offered to somebody, nobody answers at all.

Source: POL-1, POL-3, POL-8; clauses.md, rows 15 to 17.
"""

from __future__ import annotations

from redphone.core import ladder
from redphone.core.incident import Incident
from redphone.core.updates import Purpose

ACKNOWLEDGED = frozenset({Purpose.PAGE, Purpose.STILL_ON_IT, Purpose.EXHAUSTED})
"""What an acknowledgement answers: "I have it", and "yes, still on it"."""

ACCEPTED = frozenset({Purpose.WANTED, Purpose.OFFER})
"""What is answered by accepting a part: the incident management, or to own it as a senior."""

ANSWERED = ACKNOWLEDGED | ACCEPTED
"""What one touch answers on every device. Whoever gets anything else only reads it."""

CAN_PASS = frozenset({Purpose.PAGE, Purpose.OFFER})
"""What somebody can say no to, so that others are asked."""

SENIOR = "senior_owner"
"""The part that only a senior accepts; the other one is the incident management."""


def still_wanted(
    incident: Incident, purpose: Purpose, *, person: str, lane: str = "", what: str = ""
) -> bool:
    """Whether an urgent message to this person still says what is: looked at before each sending,
    and after each deed. `what` is the part that somebody is wanted for."""
    match purpose:
        case Purpose.PAGE:
            return ladder.still_rings(incident, person, lane)
        case Purpose.STILL_ON_IT:
            return ladder.still_asked(incident, person)
        case Purpose.WANTED:
            return incident.is_open and holder(incident, what) is None
        case Purpose.OFFER:
            return incident.is_open and incident.offered_to == person
        case Purpose.SECOND:
            return incident.is_open and has_second(incident)
        case Purpose.EXHAUSTED:
            return incident.is_open and lane in incident.exhausted
    return True


def holder(incident: Incident, what: str) -> str | None:
    """Who has a part by now."""
    return incident.senior if what == SENIOR else incident.manager


def has_second(incident: Incident) -> bool:
    """Whether its manager has another emergency beside it, or it waits for one who would."""
    return bool(incident.manager_beside) or incident.offered_to is not None
