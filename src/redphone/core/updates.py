"""Who must be told what: the update that a person writes, and the messages that entries call for.

Only words that a person approved, that say what changed or what was tried, and when the next one
comes, satisfy the clock; the same words again do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from redphone.core import targets
from redphone.core.case import Case
from redphone.core.chat import CHANNEL
from redphone.core.command import IncidentError, require_open, require_person, require_words
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.core.stream import SYSTEM, Entry, stamp

FEWEST_WORDS = 4
"""An update of fewer words can't say what changed."""


class SaysTooLittle(IncidentError):
    """The update says too little. Say what changed, or what was tried since the last one."""


class SameWords(IncidentError):
    """These are the words of the last update. Say what changed, or what was tried since."""


class NextUpdateInThePast(IncidentError):
    """The time of the next update has passed already. Choose one that is still to come."""


class NextUpdateTooLate(IncidentError):
    """The next update would come later than promised. Choose an earlier time for it."""


class Stage(StrEnum):
    """Where the incident stands, in the words of a status page."""

    INVESTIGATING = "investigating"
    CAUSE_FOUND = "cause_found"
    RECOVERING = "recovering"
    MONITORING = "monitoring"


class Audience(StrEnum):
    """Who is told. AFFECTED are the contacts of all affected customers; SECURITY_CONTACTS only
    those named for security; REPORT_READERS the affected whose plan comes with the report."""

    PEOPLE = "people"
    MANAGERS = "managers"
    REPORTER = "reporter"
    AFFECTED = "affected"
    SECURITY_CONTACTS = "security_contacts"
    ONE_CUSTOMER = "one_customer"
    REPORT_READERS = "report_readers"


class Purpose(StrEnum):
    """What a message is for; a page asks for an acknowledgement, all others don't."""

    PAGE = "page"
    RECEIPT = "receipt"
    REPLY = "reply"
    UPDATE = "update"
    OFFER = "offer"
    WARNING = "warning"
    MISSED = "missed"
    DECLINED = "declined"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CATCH_UP = "catch_up"
    EXHAUSTED = "exhausted"
    STILL_ON_IT = "still_on_it"
    WANTED = "wanted"
    SECOND = "second"
    REPORT = "report"
    UNDELIVERED = "undelivered"
    TAKEN = "taken"
    DEVICE_OFF = "device_off"


URGENT = frozenset(
    {
        *(Purpose.PAGE, Purpose.OFFER, Purpose.EXHAUSTED),
        *(Purpose.STILL_ON_IT, Purpose.WANTED, Purpose.SECOND),
    }
)
"""What somebody has to answer now: the urgent one of their personal rules holds for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That somebody must be told of an entry. `people` for PEOPLE, `customer` for ONE_CUSTOMER."""

    purpose: Purpose
    audience: Audience
    people: tuple[str, ...] = ()
    customer: str = ""


def post_update(
    incident: Incident,
    policy: Policy,
    *,
    by: str,
    words: str,
    previous: str,
    next_at: datetime,
    stage: Stage,
    at: datetime,
) -> Entry:
    """Tell the affected customers, and the status page if the incident stands there.

    `previous` are the words of the last update, "" when there was none.

    Raises:
        IncidentEnded: it is over; resolving told everyone.
        WordsMissing, SaysTooLittle, SameWords: these words don't satisfy the clock.
        NextUpdateInThePast, NextUpdateTooLate: the next time is no promise that we can make.

    Source: POL-4, FAQ-3, EMG-1 to EMG-5.
    """
    require_open(incident)
    require_person(by)
    require_words(words)
    if len(words.split()) < FEWEST_WORDS:
        raise SaysTooLittle
    if _plain(words) == _plain(previous):
        raise SameWords
    if next_at <= at:
        raise NextUpdateInThePast
    if next_at > latest_next(incident, policy, at):
        raise NextUpdateTooLate
    data = {
        "next_at": stamp(next_at),
        "stage": stage.value,
        "is_public": targets.is_public(incident, policy),
    }
    return Entry(kind="update_posted", at=at, actor=by, words=words.strip(), data=data)


def latest_next(incident: Incident, policy: Policy, at: datetime) -> datetime:
    """The latest moment that may be named for the next update after one posted at `at`.

    Source: POL-4, FAQ-3.
    """
    return at + min(t.within.length for t in targets.direct_updates(incident, policy))


_TIMES = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b|\b\d+ ?(?:am|pm|utc|s|sec|seconds?|min|mins|minutes?|h|hrs?|hours?)\b"
)


def _plain(words: str) -> str:
    """Words without the times, marks and case that make the same update look new.

    Other numbers stay: "5 of 8 regions are back" says more than "3 of 8 regions are back".
    """
    return " ".join(re.findall(r"\w+", _TIMES.sub(" ", words.lower())))


def delivery_failed(
    *, key: str, purpose: Purpose, to: str, lane: str, why: str, at: datetime
) -> Entry:
    """A message that could not be delivered for good. A page so lost moves its ladder at once.

    `to` is the receiver's name without an address: `person:7`, `contact:3`. `why` is `refused`
    when the address takes nothing, `given_up` when all tries are used up, `no_line` when the desk
    has no way to reach it, `no_receipt` when nothing has confirmed in time that it arrived.
    """
    data = {"key": key, "purpose": purpose.value, "to": to, "lane": lane, "why": why}
    return Entry(kind="delivery_failed", at=at, actor=SYSTEM, data=data)


def device_off(*, person: str, device: int, channel: str, alone: bool, at: datetime) -> Entry:
    """A device of the desk's own people takes nothing any more, for good, and is switched off.

    `alone`: nothing else was tried for that page, so that its failing is told beside this.
    """
    data = {"to": person, "device": device, "channel": channel, "alone": alone}
    return Entry(kind="device_off", at=at, actor=SYSTEM, data=data)


def notices(state: Case | Incident, entry: Entry, policy: Policy) -> tuple[Notice, ...]:
    """The messages that an entry calls for, given the state after it.

    Only a missed promise is told to customers; a missed target stays in the house.

    Source: POL-4, EMG-1 to EMG-5, FAQ-3, FAQ-7.
    """
    if entry.kind == "delivery_failed":
        return _of_failure(entry)
    if entry.kind == "device_off":
        return _of_device(entry)
    if isinstance(state, Case):
        return _of_case(entry)
    return _of_incident(state, entry, policy)


def _of_failure(entry: Entry) -> tuple[Notice, ...]:
    """Someone who can act is told once; that this too failed is told to nobody."""
    if entry.data["purpose"] in {Purpose.UNDELIVERED, Purpose.DEVICE_OFF, Purpose.TAKEN}:
        return ()
    return (Notice(purpose=Purpose.UNDELIVERED, audience=Audience.MANAGERS),)


def _of_device(entry: Entry) -> tuple[Notice, ...]:
    """Its owner, and the managers unless they hear of the page that reached nobody."""
    owner = _to(Purpose.DEVICE_OFF, entry.data["to"])
    if entry.data["alone"]:
        return (owner,)
    return (owner, Notice(purpose=Purpose.DEVICE_OFF, audience=Audience.MANAGERS))


def _of_case(entry: Entry) -> tuple[Notice, ...]:
    match entry.kind:
        case "opened":
            purpose = Purpose.RECEIPT
        case "responded" if entry.data["through"] in {"reply", CHANNEL}:
            purpose = Purpose.REPLY
        case "missed" if entry.data["strength"] == "promise":
            purpose = Purpose.MISSED
        case "declined":
            purpose = Purpose.DECLINED
        case _:
            return ()
    return (Notice(purpose=purpose, audience=Audience.REPORTER),)


def _of_incident(incident: Incident, entry: Entry, policy: Policy) -> tuple[Notice, ...]:
    affected = affected_audience(incident, policy)
    data = entry.data
    match entry.kind:
        case "asked" if data["people"]:
            return (_to(Purpose.PAGE, *data["people"]),)
        case "ladder_exhausted":
            return (Notice(purpose=Purpose.EXHAUSTED, audience=Audience.MANAGERS),)
        case "asked_again":
            return (_to(Purpose.STILL_ON_IT, *data["people"]),)
        case "wanted" if data["people"]:
            return (_to(Purpose.WANTED, *data["people"]),)
        case "wanted":
            return (Notice(purpose=Purpose.WANTED, audience=Audience.MANAGERS),)
        case "manager_offered":
            return (_to(Purpose.OFFER, data["to"]), *_second(data))
        case "manager_accepted":
            return _second(data)
        case "update_posted":
            return (Notice(purpose=Purpose.UPDATE, audience=affected),)
        case "resolved":
            return (Notice(purpose=Purpose.RESOLVED, audience=affected),)
        case "reopened":
            return (Notice(purpose=Purpose.REOPENED, audience=affected), *_second(data))
        case "customer_named":
            one = data["customer"]
            return (
                Notice(purpose=Purpose.CATCH_UP, audience=Audience.ONE_CUSTOMER, customer=one),
            )
        case "reported":
            return (Notice(purpose=Purpose.REPORT, audience=Audience.REPORT_READERS),)
        case "warned":
            return _to_whoever_has_it(Purpose.WARNING, incident)
        case "missed":
            told = Notice(purpose=Purpose.MISSED, audience=affected)
            promised = data["strength"] == "promise"
            return (*_to_whoever_has_it(Purpose.MISSED, incident), *((told,) if promised else ()))
    return ()


def _second(data: Mapping[str, Any]) -> tuple[Notice, ...]:
    """One emergency each: that somebody has a second one is an alarm. Source: clauses.md, 17."""
    is_second = bool(data.get("beside"))
    return (Notice(purpose=Purpose.SECOND, audience=Audience.MANAGERS),) if is_second else ()


def affected_audience(incident: Incident, policy: Policy) -> Audience:
    """All contacts of the affected; only the named security contacts where data are at risk.

    Source: EMG-2.
    """
    kinds = [policy.issue_type(slug) for slug in incident.types]
    guarded = any(kind.notification_regulations for kind in kinds)
    return Audience.SECURITY_CONTACTS if guarded else Audience.AFFECTED


def _to(purpose: Purpose, *people: str) -> Notice:
    return Notice(purpose=purpose, audience=Audience.PEOPLE, people=people)


def _to_whoever_has_it(purpose: Purpose, incident: Incident) -> tuple[Notice, ...]:
    answered = [ask.answered_by for ask in incident.asks if ask.answered_by]
    person = incident.manager or (answered[-1] if answered else None)
    if person is None:
        return (Notice(purpose=purpose, audience=Audience.MANAGERS),)
    return (_to(purpose, person),)
