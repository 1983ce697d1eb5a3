"""The read doors of the API: lists that go on from a number, and what a customer may see of an
incident that they share with others.

An incident's own words, title, people and cases are the desk's; a customer sees what was said to
all of the affected, and their own cases.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db.models import QuerySet

from redphone.core.clocks import Clock
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.core.targets import ClockKind
from redphone.records import policies, states
from redphone.records.ledger import NoSuchStream
from redphone.records.models import CaseRow, Customer, EntryRow, IncidentRow, Person
from redphone.records.models import Component as ComponentRow
from redphone.records.models import Report as ReportRow
from redphone.records.queries import customer as customers
from redphone.records.queries.asker import STAFF, Asker, NotYours
from redphone.records.queries.people import names

Row = TypeVar("Row", CaseRow, IncidentRow)

SAID_TO_ALL = ("update_posted", "resolved", "reopened")
"""The entries of an incident that were told to every affected customer."""


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """Some rows, newest first. `older` is the ref to go on from, or None at the end.

    What the asker may not see is left out afterwards, so a part can be short, even empty.
    """

    rows: list[Row]
    older: str | None


def _part(rows: QuerySet[Row], below: str | None, limit: int) -> Part[Row]:
    if below is not None:
        rows = rows.filter(number__lt=int(below.partition("-")[2]))
    found = list(rows.order_by("-number")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Part(found, found[-1].ref if more else None)


def cases(
    asker: Asker, *, status: str, incident: str, customer: str, below: str | None, limit: int
) -> Part[CaseRow]:
    """The cases that the asker may see, newest first.

    Raises:
        NotYours: they are nobody to the desk.
    """
    rows = CaseRow.objects.select_related("customer", "incident")
    rows = rows.defer("state", "head_hash", "incident__state", "incident__head_hash")
    if not asker.is_staff:
        rows = rows.filter(customer_id=_own(asker))
    if status:
        rows = rows.filter(status=status)
    if incident:
        rows = rows.filter(incident__ref=incident)
    if customer:
        rows = rows.filter(customer__slug=customer)
    part = _part(rows, below, limit)
    return Part([row for row in part.rows if customers.may_see(asker, row)], part.older)


def case(asker: Asker, ref: str) -> CaseRow:
    """One case that the asker may see.

    Raises:
        NotYours: it is somebody else's.
        NoSuchStream: there is none of that name.
    """
    rows = CaseRow.objects.select_related("customer", "incident", "report")
    row = rows.filter(ref=ref).first()
    if row is None:
        raise NoSuchStream if asker.is_staff else NotYours
    if not customers.may_see(asker, row):
        raise NotYours
    return row


def incidents(asker: Asker, *, status: str, below: str | None, limit: int) -> Part[IncidentRow]:
    """The incidents that the asker may see, newest first; a customer's are those of their cases.

    Raises:
        NotYours: they are nobody to the desk.
    """
    rows = IncidentRow.objects.select_related("manager").defer("state", "head_hash")
    if not asker.is_staff:
        own = CaseRow.objects.filter(customer_id=_own(asker)).exclude(status="declined")
        rows = rows.filter(pk__in=own.values("incident_id"))
    if status:
        rows = rows.filter(status=status)
    part = _part(rows, below, limit)
    if asker.is_staff:
        return part
    return Part([row for row in part.rows if own_cases(asker, row.ref)], part.older)


def own_cases(asker: Asker, incident: str) -> list[CaseRow]:
    """A customer's cases in an incident, oldest first: what gives them sight of it."""
    rows = CaseRow.objects.filter(incident__ref=incident, customer_id=_own(asker))
    rows = rows.exclude(status="declined").select_related("incident").order_by("number")
    return [row for row in rows if customers.may_see(asker, row)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedIncident:
    """An incident as a customer sees it who has a case in it. `cases` are theirs, and no other."""

    row: IncidentRow
    state: Incident
    title: str
    cases: tuple[str, ...]
    clocks: tuple[Clock, ...]


def shared_incident(asker: Asker, ref: str) -> SharedIncident:
    """An incident, for a customer who has a case in it.

    Raises:
        NotYours: none of their cases belongs to it.
    """
    mine = own_cases(asker, ref)
    if not mine:
        raise NotYours
    row = mine[0].incident
    assert row is not None
    own = customers.own_case(asker, mine[0].ref)
    return SharedIncident(
        row=row,
        state=states.load_incident(row.state),
        title=title_for(asker, row),
        cases=tuple(case.ref for case in mine),
        clocks=tuple(c for c in own.clocks if c.kind is not ClockKind.FIRST_RESPONSE),
    )


def title_for(asker: Asker, row: IncidentRow) -> str:
    """What an incident is called for a customer: in public, or as in their own report.

    Its own title is the first reporter's words, who may be somebody else.
    """
    if row.is_public and row.public_title:
        return row.public_title
    mine = own_cases(asker, row.ref)
    return mine[0].title if mine else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidToAll:
    """Something that was said to every affected customer."""

    at: datetime
    kind: str
    who: str
    words: str | None
    next_at: str | None


def said_to_all(asker: Asker, ref: str) -> list[SaidToAll]:
    """What a customer was told of an incident, newest first.

    Raises:
        NotYours: none of their cases belongs to it.
    """
    if not own_cases(asker, ref):
        raise NotYours
    rows = EntryRow.objects.filter(stream=ref, kind__in=SAID_TO_ALL).select_related("words")
    found = list(rows.order_by("-seq")[:200])
    named = names(row.actor for row in found)
    return [
        SaidToAll(
            at=row.at,
            kind=row.kind,
            who=named[row.actor],
            words=_words(row),
            next_at=row.data.get("next_at"),
        )
        for row in found
    ]


def _words(row: EntryRow) -> str | None:
    if row.words is None:
        return ""
    return None if row.words.erased_at else row.words.text


def report(asker: Asker, report_id: uuid.UUID) -> ReportRow:
    """A report that the asker sent or may see the case of.

    Raises:
        NotYours: it is somebody else's, or there is none.
    """
    row = ReportRow.objects.filter(pk=report_id).defer("raw").first()
    if row is None:
        raise NotYours
    if asker.is_staff or (row.sender_id is not None and row.sender_id == asker.person_id):
        return row
    raise NotYours


def customer_id(slug: str) -> int | None:
    """The customer of that slug."""
    return Customer.objects.filter(slug=slug).values_list("pk", flat=True).first()


def person_of_the_desk(email: str) -> Person | None:
    """One of the desk's own people, by their address."""
    found = Person.objects.filter(email=email.strip().lower(), is_active=True, role__in=STAFF)
    return found.first()


def policy_of(incident: str) -> Policy:
    """The policy that an incident was opened under.

    Raises:
        NoSuchStream: there is no such incident.
    """
    row = IncidentRow.objects.filter(ref=incident).only("policy_id").first()
    if row is None:
        raise NoSuchStream
    return policies.pinned(row.policy_id).policy


def components() -> list[ComponentRow]:
    """What the public status page lists."""
    return list(ComponentRow.objects.all())


def _own(asker: Asker) -> int:
    if not asker.is_customer or asker.customer_id is None:
        raise NotYours
    return asker.customer_id
