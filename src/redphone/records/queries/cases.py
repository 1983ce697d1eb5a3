"""Cases for the desk's own people: the list with its filters, and one case's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from redphone.core.case import Case
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.core.report import Report, lacks
from redphone.records import policies, states
from redphone.records.ledger import NoSuchStream
from redphone.records.models import CaseRow, Delivery, EntryRow, IncidentRow
from redphone.records.models import Report as ReportRow
from redphone.records.queries import clocks, timelines
from redphone.records.queries.asker import Asker, require_staff
from redphone.records.queries.clocks import ClockShown
from redphone.records.queries.timelines import Timeline
from redphone.records.queries.twins import Twins, twins

PER_PAGE = 50
RECEIPTS = 200
"""How many deliveries a case's page shows at most, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to look for; "" or False asks nothing. `text` is part of a number or a title."""

    text: str = ""
    status: str = ""
    plan: str = ""
    issue_type: str = ""
    customer: int | None = None
    channel: str = ""
    off_channel: bool = False
    unanswered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    """Some cases, newest first. `older` is the number to go on from, or None at the end."""

    cases: tuple[CaseRow, ...]
    older: int | None
    channels: tuple[str, ...]


def case_list(asker: Asker, filters: Filters, *, below: int | None = None) -> CaseList:
    """The cases that fit, newest first, from below the number `below`.

    It goes on from a number, not from a count of rows: page 200 costs what page 1 does.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = _filtered(filters).select_related("customer", "incident")
    rows = rows.defer("state", "head_hash", "incident__state", "incident__head_hash")
    if below is not None:
        rows = rows.filter(number__lt=below)
    found = list(rows.order_by("-number")[: PER_PAGE + 1])
    more = len(found) > PER_PAGE
    found = found[:PER_PAGE]
    return CaseList(
        cases=tuple(found), older=found[-1].number if more else None, channels=channels()
    )


def _filtered(filters: Filters) -> QuerySet[CaseRow]:
    rows = CaseRow.objects.all()
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.plan:
        rows = rows.filter(plan=None if filters.plan == "unknown" else filters.plan)
    if filters.issue_type:
        rows = rows.filter(issue_type=filters.issue_type)
    if filters.customer:
        rows = rows.filter(customer=filters.customer)
    if filters.channel:
        rows = rows.filter(channel=filters.channel)
    if filters.off_channel:
        rows = rows.filter(off_channel=True)
    if filters.unanswered:
        rows = rows.filter(status="open", first_response_at=None)
    if filters.text:
        rows = rows.filter(_says(filters.text.strip()))
    return rows


def _says(text: str) -> Q:
    number = text.upper().removeprefix("RP-")
    if number.isdigit() and len(number) < 18:
        return Q(number=int(number)) | Q(title__icontains=text)
    if text.upper().startswith("INC-"):
        return Q(incident__ref=text.upper())
    return Q(title__icontains=text) | Q(customer__name__icontains=text)


def channels() -> tuple[str, ...]:
    """The channels that the policy names; a case may have come by another one."""
    try:
        plans = policies.current().policy.plans.values()
    except policies.NoPolicy:
        return ()
    return tuple(dict.fromkeys(channel for plan in plans for channel in plan.channels))


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """What a case's page shows. `lacks` names what the policy asks for and nobody has told."""

    row: CaseRow
    state: Case
    policy: Policy
    incident: IncidentRow
    incident_state: Incident
    clocks: tuple[ClockShown, ...]
    timeline: Timeline
    triage: Mapping[str, Any]
    lacks: tuple[str, ...]
    deliveries: tuple[Delivery, ...]
    open_incidents: tuple[IncidentRow, ...]
    twins: Twins


def find(asker: Asker, ref: str) -> CaseRow:
    """The case of that name, with its report.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NoSuchStream: there is none.
    """
    require_staff(asker)
    rows = CaseRow.objects.select_related("customer", "reporter", "report", "incident__manager")
    row = rows.filter(ref=ref).first()
    if row is None or row.incident is None:
        raise NoSuchStream
    return row


def case_page(asker: Asker, ref: str, *, at: datetime, before: int | None = None) -> CasePage:
    """One case's page; `before` turns its timeline back."""
    row = find(asker, ref)
    incident = row.incident
    assert incident is not None
    policy = policies.pinned(row.policy_id).policy
    opened = EntryRow.objects.filter(stream=ref, seq=1).values_list("data", flat=True).first()
    others = IncidentRow.objects.filter(status="open").exclude(pk=incident.pk)
    return CasePage(
        row=row,
        state=states.load_case(row.state),
        policy=policy,
        incident=incident,
        incident_state=states.load_incident(incident.state),
        clocks=clocks.clocks(asker, ref, at=at),
        timeline=timelines.timeline(asker, ref, total=row.head, before=before),
        triage=(opened or {}).get("triage", {}),
        lacks=lacks(as_report(row.report, row.plan), policy.triage.ask_for),
        deliveries=_deliveries(row, incident.ref),
        open_incidents=tuple(others.only("ref", "title").order_by("-number")[:50]),
        twins=_twins(row, incident) if row.status == "open" else Twins(),
    )


def _twins(row: CaseRow, incident: IncidentRow) -> Twins:
    return twins(row.report.description, besides=incident.number)


def as_report(row: ReportRow, plan: str | None) -> Report:
    """A stored report as the core reads it."""
    return Report(
        channel=row.channel,
        received_at=row.received_at,
        description=row.description,
        contact=row.contact,
        plan=plan,
        fields={name: str(value) for name, value in row.fields.items()},
    )


def _deliveries(row: CaseRow, incident: str) -> tuple[Delivery, ...]:
    """What was sent about this case, and about its incident to this customer or reporter."""
    mine = Q(stream=row.ref)
    if row.customer_id:
        mine |= Q(stream=incident, payload__customer=row.customer_id)
    elif "@" in row.report.contact:
        mine |= Q(stream=incident, address=row.report.contact.strip())
    found = Delivery.objects.filter(mine).select_related("person", "contact")
    return tuple(found.order_by("-created_at", "-id")[:RECEIPTS])


def raw_report(asker: Asker, ref: str) -> ReportRow:
    """The report behind a case, byte for byte.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NoSuchStream: there is no such case.
    """
    return find(asker, ref).report
