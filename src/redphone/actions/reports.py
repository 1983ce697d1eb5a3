"""From a report to a case: store it as it came, then open its case, or join an incident.

The report is committed before anything else can fail. Opening its case is a second transaction;
what that one could not do, the sweep does again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q

from redphone.core import case as cases
from redphone.core import command
from redphone.core.report import Report, is_off_channel, title
from redphone.core.stream import SYSTEM
from redphone.core.triage import Triage, triage
from redphone.records import ledger, policies
from redphone.records.ledger import Book, CaseStream
from redphone.records.models import CaseRow, Customer, IncidentRow
from redphone.records.models import Report as ReportRow

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(seconds=5)
"""How long a report waits for the sweep when its case could not be opened at once."""

UNREADABLE = "This report could not be read. Its raw message is kept; look at it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A report as a channel hands it over: the raw bytes, and what it could read in them.

    `join_key` is the sender's own exact key: the first report of it opens an incident, later
    ones join. `idempotency` is (scope, key) of a request that may be repeated.
    """

    channel: str
    received_at: datetime
    raw: bytes
    content_type: str
    description: str
    contact: str = ""
    sender: int | None = None
    customer: int | None = None
    closest_to: str | None = None
    join_key: str | None = None
    idempotency: tuple[str, str] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a report. `case` is None when its case is still to be opened by the sweep."""

    report: uuid.UUID
    case: str | None
    incident: str | None
    is_new: bool


def take_report(incoming: Incoming) -> Taken:
    """Take a report in, whatever is wrong with it. The clocks start when it was received.

    The same idempotency key again gives the first answer again.

    Source: POL-6, FAQ-2, FAQ-6.
    """
    return take_reports([incoming])[0]


def take_reports(incoming: list[Incoming]) -> list[Taken]:
    """Take several reports in one commit, and open their cases in another."""
    stored = store(incoming)
    fresh = [row for row, is_new in stored if is_new]
    try:
        open_cases(fresh, at=max((row.received_at for row in fresh), default=None))
    except (DatabaseError, policies.NoPolicy):
        # The reports are safe, and the sweep opens their cases.
        log.exception("cases could not be opened at once; the sweep will try again")
    return [_taken(row, is_new) for row, is_new in stored]


def _taken(row: ReportRow, is_new: bool) -> Taken:
    incident = (
        CaseRow.objects.filter(report=row).values_list("incident__ref", flat=True).first()
        if row.case_ref and not hasattr(row, "incident_ref")
        else getattr(row, "incident_ref", None)
    )
    return Taken(report=row.pk, case=row.case_ref, incident=incident, is_new=is_new)


def store(incoming: Iterable[Incoming]) -> list[tuple[ReportRow, bool]]:
    """Commit reports as they came; for each its row, and whether it was new.

    A batch with a repeated key is stored one by one, so that it hurts nobody else.
    """
    rows = [_row(each) for each in incoming]
    try:
        with transaction.atomic(durable=True):
            ReportRow.objects.bulk_create(rows)
    except IntegrityError:
        return [_store_one(row) for row in rows]
    return [(row, True) for row in rows]


def _store_one(row: ReportRow) -> tuple[ReportRow, bool]:
    known = ReportRow.objects.filter(
        idempotency_scope=row.idempotency_scope, idempotency_key=row.idempotency_key
    )
    try:
        with transaction.atomic(durable=True):
            row.save(force_insert=True)
    except IntegrityError:
        return known.get(), False
    return row, True


def _row(incoming: Incoming) -> ReportRow:
    scope, key = incoming.idempotency or ("", None)
    return ReportRow(
        channel=incoming.channel,
        received_at=incoming.received_at,
        raw=incoming.raw,
        content_type=incoming.content_type,
        idempotency_scope=scope,
        idempotency_key=key,
        sender_id=incoming.sender,
        customer_id=incoming.customer,
        description=incoming.description,
        contact=incoming.contact,
        fields={**incoming.fields, "closest_to": incoming.closest_to or ""},
        join_key=incoming.join_key,
        next_try_at=incoming.received_at + TRY_AGAIN_AFTER,
    )


def open_waiting(*, at: datetime, limit: int = 50) -> int:
    """The sweep: open the cases of reports that have none yet. How many it opened.

    A report that fails is tried again later, and says why on its row; it holds up no other.
    """
    with transaction.atomic():
        waiting = list(
            ReportRow.objects.select_for_update(skip_locked=True)
            .filter(opened_at=None)
            .filter(Q(next_try_at__lte=at) | Q(next_try_at=None))
            .order_by("next_try_at")[:limit]
        )
        for row in waiting:
            row.attempts += 1
            row.next_try_at = at + TRY_AGAIN_AFTER * min(row.attempts, 12)
        ReportRow.objects.bulk_update(waiting, ["attempts", "next_try_at"])
    return sum(_open_again(row, at) for row in waiting)


def _open_again(row: ReportRow, at: datetime) -> bool:
    try:
        open_cases([row], at=at)
    except Exception as error:  # One bad report must not hold up the others.
        log.exception("report %s could not be made a case", row.pk)
        ReportRow.objects.filter(pk=row.pk).update(last_error=str(error)[:500])
        return False
    return True


def open_cases(rows: list[ReportRow], *, at: datetime | None) -> None:
    """Open a case for each report that has none, in one transaction.

    Raises:
        IntegrityError: another process opened the same exact key twice in a row.
    """
    if not rows or at is None:
        return
    try:
        _open_cases(rows, at)
    except IntegrityError:
        # Another process has just opened an incident under the same exact key: join that one.
        _open_cases(rows, at)


def _open_cases(rows: list[ReportRow], at: datetime) -> None:
    with ledger.writing(at=at) as book:
        waiting = _still_waiting(rows)
        if not waiting:
            return
        open_now = _incidents_by_key(waiting)
        numbers = iter(ledger.numbers(CaseRow, len(waiting)))
        fresh = [row for row in waiting if not open_now.keys() & set(_keys(row))]
        spare = iter(ledger.numbers(IncidentRow, len(fresh)) if fresh else [])
        plans = _plans(waiting)
        for row in waiting:
            _open_case(book, row, next(numbers), spare, open_now, plans)
        ReportRow.objects.bulk_update(waiting, ["case_ref", "opened_at", "off_channel"])


def _still_waiting(rows: list[ReportRow]) -> list[ReportRow]:
    """Lock the reports, so that a sweep and a request don't both open the same one."""
    ids = [row.pk for row in rows]
    locked = ReportRow.objects.select_for_update().filter(pk__in=ids, opened_at=None)
    waiting = {row.pk for row in locked.order_by("pk").only("pk")}
    return [row for row in rows if row.pk in waiting]


def _keys(row: ReportRow) -> list[str]:
    """The exact keys under which a report may join: its own, and the component it names."""
    component = row.fields.get("component")
    return [key for key in (row.join_key, component and f"component:{component}") if key]


def _incidents_by_key(rows: list[ReportRow]) -> dict[str, IncidentRow]:
    """The open incidents that these reports join, held open until the commit.

    The lock is shared: reports don't wait for each other, only the end of an incident waits.
    """
    keys = {key for row in rows for key in _keys(row)}
    if not keys:
        return {}
    found = IncidentRow.objects.raw(
        "select * from incident where join_key = any(%s) and status = 'open' for key share",
        [sorted(keys)],
    )
    return {row.join_key: row for row in found if row.join_key}


def _plans(rows: list[ReportRow]) -> dict[int, str]:
    ids = {row.customer_id for row in rows if row.customer_id}
    return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "plan")) if ids else {}


def _open_case(
    book: Book,
    row: ReportRow,
    number: int,
    spare: Iterable[int],
    open_now: dict[str, IncidentRow],
    plans: dict[int, str],
) -> CaseStream:
    policy = policies.current().policy
    plan = plans.get(row.customer_id) if row.customer_id else None
    report = _report(row, plan)
    suggestion = triage(report, policy)
    key = next((key for key in _keys(row) if key in open_now), None)
    actor = f"person:{row.sender_id}" if row.sender_id else SYSTEM
    named_plan = policy.plan(plan).slug
    if key is not None:
        incident = open_now[key]
        if named_plan not in incident.state["plans"]:
            locked = book.incident(incident.ref)
            joined = command.join_plan(
                locked.state, plan=named_plan, at=row.received_at, actor=SYSTEM
            )
            book.append(locked, *joined)
            incident.state["plans"].append(named_plan)
    else:
        incident = _open_incident(book, row, next(iter(spare)), suggestion, named_plan)
        if row.join_key:
            open_now[row.join_key] = incident
    entry = cases.open_case(
        at=row.received_at,
        incident=f"INC-{incident.number}",
        channel=row.channel,
        plan=plan,
        customer=str(row.customer_id) if row.customer_id else None,
        off_channel=is_off_channel(row.channel, policy.plan(plan).channels),
        triage=suggestion.as_data(),
        actor=actor,
        words=row.description or UNREADABLE,
        joined_by=f"key:{key}" if key else None,
    )
    row.case_ref, row.opened_at = f"RP-{number}", book.at
    row.off_channel = entry.data["off_channel"]
    row.incident_ref = f"INC-{incident.number}"  # type: ignore[attr-defined]
    return book.open_case(
        number, entry, title=title(row.description), report=row, incident=incident.number
    )


def _report(row: ReportRow, plan: str | None) -> Report:
    return Report(
        channel=row.channel,
        received_at=row.received_at,
        description=row.description,
        contact=row.contact,
        plan=plan,
        closest_to=row.fields.get("closest_to") or None,
        join_key=row.join_key,
        fields=row.fields,
    )


def _open_incident(
    book: Book, row: ReportRow, number: int, suggestion: Triage, plan: str
) -> IncidentRow:
    entry = command.open_incident(
        types=(suggestion.issue_type,),
        plan=plan,
        at=row.received_at,
        started_at=row.received_at,
        actor=SYSTEM,
    )
    stream = book.open_incident(number, entry, title=title(row.description), key=row.join_key)
    stream.row.state = {"plans": [plan]}
    return stream.row
