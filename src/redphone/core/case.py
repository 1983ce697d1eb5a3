"""A case: one customer's emergency, with that customer's promises. Entries, apply, and the verbs.

A case is born from a report and belongs to exactly one incident: its own, or one that it joins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any

from redphone.core.policy import OTHER_EMERGENCY
from redphone.core.stream import (
    DeskError,
    Entry,
    Mark,
    is_person,
    moment,
    without_answered,
)


class CaseError(DeskError):
    """The case can't do that."""


class CaseEnded(CaseError):
    """This case is over. Reopen its incident within 24 hours, or open a new case."""


class CaseNotResolved(CaseError):
    """Only a resolved case can be closed. Resolve its incident first."""


class CaseNotOver(CaseError):
    """There is nothing to reopen: this case is open, or was no emergency. Report a new one."""


class CaseThereAlready(CaseError):
    """The case belongs to that incident already. Choose another one."""


class NotAPerson(CaseError):
    """Only a person can do this. Sign in: an automatic message is no answer."""


class WordsMissing(CaseError):
    """Nothing was written. Write a sentence that the customer can use."""


class ReasonMissing(CaseError):
    """A reason is needed. Say why, in words that the customer may read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of a case. Times that are None have not come yet.

    `plan` None is an unknown caller, who gets the Enterprise clock until known. `opened_at` is
    when the report reached us: the promises count from there.
    """

    ref: str
    opened_at: datetime
    incident: str
    channel: str
    plan: str | None = None
    customer: str | None = None
    off_channel: bool = False
    issue_type: str = "other-emergency"
    looks_urgent: bool = True
    first_response_at: datetime | None = None
    declined_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    missed: tuple[Mark, ...] = ()
    warned: tuple[Mark, ...] = ()

    @property
    def is_open(self) -> bool:
        return not (self.declined_at or self.resolved_at or self.closed_at)

    @property
    def status(self) -> str:
        if self.declined_at:
            return "declined"
        if self.closed_at:
            return "closed"
        return "resolved" if self.resolved_at else "open"


def open_case(
    *,
    at: datetime,
    incident: str,
    channel: str,
    plan: str | None,
    customer: str | None,
    off_channel: bool,
    triage: dict[str, Any],
    actor: str,
    words: str,
    joined_by: str | None = None,
    files: Iterable[str] = (),
) -> Entry:
    """A report becomes a case. `at` is when the report reached us.

    `files` are the digests of what was attached.

    Source: FAQ-1, FAQ-3, POL-8.
    """
    return Entry(
        kind="opened",
        at=at,
        actor=actor,
        words=words,
        data={
            "incident": incident,
            "channel": channel,
            "plan": plan,
            "customer": customer,
            "off_channel": off_channel,
            "triage": triage,
            "joined_by": joined_by,
            **_files(files),
        },
    )


def respond(
    case: Case,
    *,
    by: str,
    words: str,
    at: datetime,
    through: str = "reply",
    ids: Iterable[str] = (),
) -> Entry:
    """A person answers the customer in words. The first one ends the first-response clock.

    `through` says how: `reply`, `phone`, `chat`, or the incident update that carried the words.
    `ids` are the sender's own ids of the chat messages in it.

    Raises:
        CaseEnded: the case was declined or closed; a resolved one can still be answered.
        NotAPerson: an automatic receipt is not a first response.
        WordsMissing: nothing was said.

    Source: POL-2, FAQ-3.
    """
    if case.declined_at or case.closed_at:
        raise CaseEnded
    if not is_person(by):
        raise NotAPerson
    if not words.strip():
        raise WordsMissing
    data = {"through": through, **_ids(ids)}
    return Entry(kind="responded", at=at, actor=by, words=words, data=data)


def _ids(given: Iterable[str]) -> dict[str, list[str]]:
    found = list(given)
    return {"ids": found} if found else {}


def _files(digests: Iterable[str]) -> dict[str, list[str]]:
    found = list(digests)
    return {"files": found} if found else {}


def add(
    case: Case,
    *,
    by: str,
    words: str,
    at: datetime,
    fields: Iterable[str] = (),
    files: Iterable[str] = (),
    through: str = "",
    ids: Iterable[str] = (),
    asks_for: str = "",
    marked: str = "",
) -> Entry:
    """The customer, or someone for them, adds to what was told. Starts and stops nothing.

    `files` are the digests of what was attached; `through` is the channel that it came by, ""
    for the case's own page. `ids` are the sender's own ids of the chat messages in it; `asks_for`
    is the escalation that the words call for (FAQ-8), if they do. `marked` is `escalation`
    for what was sent to be reviewed, and `auto_reply` for what no person wrote.

    Raises:
        WordsMissing: nothing was said, and nothing attached.

    Source: FAQ-6, FAQ-8.
    """
    data: dict[str, Any] = {"fields": sorted(fields), **_files(files), **_ids(ids)}
    if not words.strip() and "files" not in data:
        raise WordsMissing
    data |= {
        name: said
        for name, said in (("through", through), ("asks_for", asks_for), ("marked", marked))
        if said
    }
    return Entry(kind="added", at=at, actor=by, words=words, data=data)


def decline(case: Case, *, by: str, reason: str, at: datetime) -> Entry:
    """A person decides that it is no emergency. Its clocks end with the reason.

    Raises:
        CaseEnded: the case is already over.
        ReasonMissing: the customer is owed a reason.
        NotAPerson: the desk never declines by itself.

    Source: POL-10, FAQ-1, FAQ-5.
    """
    if not case.is_open:
        raise CaseEnded
    if not is_person(by):
        raise NotAPerson
    if not reason.strip():
        raise ReasonMissing
    return Entry(kind="declined", at=at, actor=by, words=reason)


def move(case: Case, *, to: str, by: str, at: datetime, why: str) -> Entry:
    """The case joins another incident: the same trouble, decided by a person.

    Raises:
        CaseEnded: the case is already over.
        CaseThereAlready: it is that incident's case.
        NotAPerson: likeness only suggests.
    """
    if not case.is_open:
        raise CaseEnded
    if not is_person(by):
        raise NotAPerson
    if to == case.incident:
        raise CaseThereAlready
    return Entry(kind="moved", at=at, actor=by, words=why, data={"to": to, "from": case.incident})


def identify(
    case: Case, *, customer: str, plan: str, channels: tuple[str, ...], by: str, at: datetime
) -> Entry:
    """It is known now whose case this is. The clocks follow the plan; none restarts.

    Source: POL-6, FAQ-3.
    """
    off = case.channel not in channels
    data = {"customer": customer, "plan": plan, "off_channel": off}
    return Entry(kind="identified", at=at, actor=by, data=data)


def sort(
    case: Case, *, issue_type: str, because: str, at: datetime, actor: str
) -> tuple[Entry, ...]:
    """Say of what type it is, once more has been told than when it opened.

    `because` is what told it: `key` of a telephone, or `words`. A type that is known stays.

    Source: FAQ-1.
    """
    if not case.is_open or case.issue_type != OTHER_EMERGENCY or issue_type == OTHER_EMERGENCY:
        return ()
    data = {"types": [issue_type], "because": because}
    return (Entry(kind="sorted", at=at, actor=actor, data=data),)


def miss_call(case: Case, *, how: str, at: datetime, actor: str) -> Entry:
    """The caller has gone without having spoken to anybody: somebody has to call them back.

    `how` is `hung_up`, `message` when they left one, or `lost` when their line went silent.

    Source: POL-2, POL-6.
    """
    return Entry(kind="call_missed", at=at, actor=actor, data={"how": how})


def call_back(case: Case, *, by: str, reached: bool, words: str, at: datetime) -> Entry:
    """Somebody has called back who had called; or has tried to, and nobody came to the phone.

    Raises:
        NotAPerson: it takes a person to call.
        WordsMissing: nothing is said of what was spoken.

    Source: POL-2, FAQ-3.
    """
    if not is_person(by):
        raise NotAPerson
    if reached and not words.strip():
        raise WordsMissing
    return Entry(kind="called_back", at=at, actor=by, words=words, data={"reached": reached})


def resolve(case: Case, *, by: str, at: datetime) -> Entry:
    """The incident behind the case is resolved, and so is the case.

    Raises:
        CaseEnded: the case is already over.
    """
    if not case.is_open:
        raise CaseEnded
    return Entry(kind="resolved", at=at, actor=by)


def reopen(case: Case, *, by: str, at: datetime) -> Entry:
    """The trouble is back, and the case with it.

    Raises:
        CaseNotOver: the case is open, or was declined.
    """
    if case.status not in {"resolved", "closed"}:
        raise CaseNotOver
    return Entry(kind="reopened", at=at, actor=by)


def close(case: Case, *, by: str, at: datetime) -> Entry:
    """Nothing is owed on this case any more.

    Raises:
        CaseNotResolved: it is still open, or was declined.
    """
    if case.status != "resolved":
        raise CaseNotResolved
    return Entry(kind="closed", at=at, actor=by)


def apply(case: Case | None, entry: Entry, *, ref: str) -> Case:
    """The case after one more entry. An entry of an unknown kind changes nothing."""
    data = entry.data
    if case is None:
        return Case(
            ref=ref,
            opened_at=entry.at,
            incident=data["incident"],
            channel=data["channel"],
            plan=data["plan"],
            customer=data["customer"],
            off_channel=data["off_channel"],
            issue_type=data["triage"]["issue_type"],
            looks_urgent=data["triage"]["urgent"],
        )
    match entry.kind:
        case "responded":
            first = min(case.first_response_at or entry.at, entry.at)
            missed = without_answered(case.missed, "first_response", first)
            return replace(case, first_response_at=first, missed=missed)
        case "declined":
            return replace(case, declined_at=entry.at, missed=_standing(case, entry.at))
        case "moved":
            return replace(case, incident=data["to"])
        case "sorted":
            return replace(case, issue_type=data["types"][0])
        case "identified":
            plan, off = data["plan"], data["off_channel"]
            return replace(case, customer=data["customer"], plan=plan, off_channel=off)
        case "resolved":
            return replace(case, resolved_at=entry.at, missed=_standing(case, entry.at))
        case "reopened":
            return replace(case, resolved_at=None, closed_at=None)
        case "closed":
            return replace(case, closed_at=entry.at)
        case "warned":
            return replace(case, warned=(*case.warned, *marks(entry)))
        case "missed":
            return replace(case, missed=(*case.missed, *marks(entry)))
    return case


def _standing(case: Case, ended_at: datetime) -> tuple[Mark, ...]:
    """The misses that stand when it is known that the case was over at `ended_at`."""
    return without_answered(case.missed, "", ended_at)


def replay(entries: Iterable[Entry], *, ref: str) -> Case:
    """The state that a stream's entries add up to, oldest first."""
    first, *rest = entries
    return reduce(
        lambda case, entry: apply(case, entry, ref=ref), rest, apply(None, first, ref=ref)
    )


def marks(entry: Entry) -> tuple[Mark, ...]:
    """What a `warned` or `missed` entry marks: one mark a clause."""
    clock, due_at = entry.data["clock"], moment(entry.data["due_at"])
    return tuple(Mark(clock=clock, clause=c, due_at=due_at) for c in entry.data["clauses"])
