"""Conversations, for the two who hold them: what was said after a given entry, and who waits.

Source: FAQ-2, FAQ-8, EMG-2.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from redphone.core import chat
from redphone.records import states
from redphone.records.models import (
    Attachment,
    CaseRow,
    ChatSight,
    EntryRow,
    IncidentRow,
    Person,
)
from redphone.records.queries import attachments, customer
from redphone.records.queries.asker import Asker, NotYours, require_staff

WORDS = frozenset({"opened", "added", "responded"})
SHOWN = WORDS | {"declined", "resolved", "reopened", "closed"}
"""What stands in a conversation: words of both, and what became of the case."""

MOST = 500
"""Lines that a page shows at once; a conversation is longer only in a test of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A case that a line names and that its reader may see."""

    ref: str
    title: str
    status: str
    customer: str
    is_theirs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that came with a line."""

    id: uuid.UUID
    name: str
    left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry as it stands in the conversation. `words` None: they were erased.

    `ids` are the sender's own for the messages in it. `through` is how it came or went when that
    was not the chat.
    """

    seq: int
    kind: str
    at: datetime
    who: str
    by_us: bool
    words: str | None
    ids: tuple[str, ...]
    through: str
    asks_for: str
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation as one side sees it. `last` is the case's newest entry, shown or not: ask for
    what comes after it. `seen` is up to where the other side has looked.

    `waits_since` is since when the customer's words wait; `holder` is the name of who has it.
    """

    ref: str
    title: str
    status: str
    lines: tuple[Line, ...]
    last: int
    seen: int
    waits_since: datetime | None
    holder: str
    holder_actor: str
    is_engaged: bool
    is_declined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A customer who waits in a chat: for the board."""

    ref: str
    title: str
    customer: str
    plan: str
    since: datetime
    holder: str
    incident: str


def own_chats(asker: Asker) -> list[CaseRow]:
    """The open conversations of the asker's organisation that they may see, newest first."""
    if not asker.is_customer or asker.customer_id is None:
        return []
    rows = CaseRow.objects.filter(
        customer_id=asker.customer_id, channel=chat.CHANNEL, status="open"
    ).select_related("incident")
    return [row for row in rows.order_by("-number")[:20] if customer.may_see(asker, row)]


def begun_by(scope: str) -> list[CaseRow]:
    """The open conversations that somebody began, by the scope of their message ids, newest
    first. `chat:person:7`, or one's own name at a vendor whose token vouched for it."""
    if scope == "chat:anonymous":
        return []
    rows = CaseRow.objects.filter(
        channel=chat.CHANNEL, status="open", report__idempotency_scope=scope
    )
    return list(rows.order_by("-number")[:20])


def own(asker: Asker, ref: str) -> CaseRow:
    """The case of that name, for its customer.

    Raises:
        NotYours: there is none of that name, or it is somebody else's.
    """
    row = _rows().filter(ref=ref).first()
    if row is None or asker.is_staff or not customer.may_see(asker, row):
        raise NotYours
    return row


def reported(report: uuid.UUID) -> CaseRow | None:
    """The case of a report, for who holds the link to it; None before it is open."""
    return _rows().filter(report_id=report).first()


def for_desk(asker: Asker, ref: str) -> CaseRow:
    """The case of that name, for the desk's own people.

    Raises:
        NotYours: the asker is none of them, or there is no such case.
    """
    require_staff(asker)
    row = _rows().filter(ref=ref).first()
    if row is None:
        raise NotYours
    return row


def _rows() -> QuerySet[CaseRow]:
    return CaseRow.objects.select_related("incident", "report", "customer", "reporter")


def talk(row: CaseRow, asker: Asker, *, after: int = 0) -> Talk:
    """A conversation from behind entry `after` on. Whoever asks may see the case: see above."""
    found = EntryRow.objects.filter(stream=row.ref, seq__gt=after, seq__lte=row.head)
    entries = list(found.filter(kind__in=SHOWN).select_related("words").order_by("-seq")[:MOST])[
        ::-1
    ]
    incident = states.load_incident(row.incident.state) if row.incident else None
    known = chat.find(incident.chats, row.ref) if incident else None
    people = _people(entries, known.holder if known else None)
    files = _files(entries, row)
    holder = people.get(known.holder or "") if known else None
    sights = ChatSight.objects.filter(case=row.ref, by_desk=not asker.is_staff)
    return Talk(
        ref=row.ref,
        title=row.title,
        status=row.status,
        lines=tuple(_line(entry, row, people, files) for entry in entries),
        last=row.head,
        seen=sights.values_list("seq", flat=True).first() or 0,
        waits_since=known.since if known else None,
        holder=holder.name if holder else "",
        holder_actor=holder.actor if holder else "",
        is_engaged=bool(incident and incident.engaged_at),
        is_declined=row.declined_at is not None,
    )


def _people(entries: Iterable[EntryRow], *more: str | None) -> dict[str, Person]:
    actors = {entry.actor for entry in entries} | {each for each in more if each}
    ids = [int(each.removeprefix("person:")) for each in actors if each.startswith("person:")]
    return {person.actor: person for person in Person.objects.filter(pk__in=ids)}


def _line(
    entry: EntryRow, row: CaseRow, people: dict[str, Person], files: dict[str, File]
) -> Line:
    person, data = people.get(entry.actor), entry.data
    theirs = entry.kind in {"opened", "added"} and not (person and not person.is_customer)
    ids = tuple(data.get("ids", ()))
    if entry.kind == "opened" and row.channel == chat.CHANNEL:
        ids = (str(row.report.idempotency_key),)
    through = str(data.get("through") or data.get("channel") or "")
    asks = str(data.get("asks_for", ""))
    if entry.kind == "opened" and "asks for escalation" in row.report.notes:
        asks = str(row.report.notes["asks for escalation"])
    return Line(
        seq=entry.seq,
        kind=entry.kind,
        at=entry.at,
        who=person.name if person else "",
        by_us=not theirs,
        words=_words(entry),
        ids=ids,
        through="" if through == chat.CHANNEL else through,
        asks_for=asks,
        files=tuple(files[each] for each in data.get("files", ()) if each in files),
    )


def _words(entry: EntryRow) -> str | None:
    if entry.words is None or entry.kind == "reopened":
        return ""
    return None if entry.words.erased_at else entry.words.text


def mentions(asker: Asker, row: CaseRow, refs: Iterable[str]) -> dict[str, Mention]:
    """The cases of these names that the asker may see: of any other not even that it is there.

    Source: EMG-2.
    """
    named = set(refs) - {row.ref}
    if not named or not (asker.is_staff or asker.is_customer):
        return {}
    found = CaseRow.objects.filter(ref__in=named).select_related("incident", "customer")
    return {
        each.ref: Mention(
            ref=each.ref,
            title=each.title,
            status=each.status,
            customer=each.customer.name if each.customer else "",
            is_theirs=row.customer_id is not None and each.customer_id == row.customer_id,
        )
        for each in found
        if customer.may_see(asker, each)
    }


def _files(entries: list[EntryRow], row: CaseRow) -> dict[str, File]:
    if not any(entry.data.get("files") for entry in entries):
        return {}
    return {each.digest: _file(each) for each in attachments.of_case(row)}


def _file(row: Attachment) -> File:
    return File(id=row.pk, name=row.name, left_out=row.left_out)


def waiting(asker: Asker) -> list[Waiting]:
    """Everyone who waits in a chat for somebody's words, the longest first.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = IncidentRow.objects.raw(
        "select number, ref, state, policy_id from incident "
        "where status = 'open' and jsonb_array_length(state->'chats') > 0"
    )
    found = [
        (each, row.ref)
        for row in rows
        for each in states.load_incident(row.state).chats
        if each.since is not None
    ]
    cases = CaseRow.objects.filter(ref__in=[each.case for each, _ in found])
    by_ref = {row.ref: row for row in cases.select_related("customer", "reporter")}
    holders = _people((), *(each.holder for each, _ in found))
    lines = [
        _waiting(each, by_ref[each.case], incident, holders)
        for each, incident in found
        if each.case in by_ref and each.since
    ]
    return sorted(lines, key=lambda line: line.since)


def _waiting(each: chat.Chat, row: CaseRow, incident: str, holders: dict[str, Person]) -> Waiting:
    assert each.since is not None
    holder = holders.get(each.holder or "")
    return Waiting(
        ref=row.ref,
        title=row.title,
        customer=row.customer.name if row.customer else "Somebody unknown",
        plan=row.plan or "",
        since=each.since,
        holder=holder.name if holder else "",
        incident=incident,
    )
