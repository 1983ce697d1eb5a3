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
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from redphone.core import attend, chat, command
from redphone.core import case as cases
from redphone.core.report import Attached, Report, is_off_channel, title
from redphone.core.stream import SYSTEM
from redphone.core.triage import Triage, triage
from redphone.records import attachments, bulk, ledger
from redphone.records.chain import storable
from redphone.records.ledger import Book
from redphone.records.models import Attachment, CaseRow, Customer, IncidentRow
from redphone.records.models import Report as ReportRow
from redphone.records.streams import IncidentStream

log = logging.getLogger(__name__)

TRY_AGAIN_AFTER = timedelta(seconds=5)
"""How long a report waits for the sweep when its case could not be opened at once."""

UNREADABLE = "This report could not be read. Its raw message is kept; look at it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A report as a channel hands it over: the raw bytes, and what it could read in them.

    `join_key` is the sender's own exact key: the first report of it opens an incident, later
    ones join. `idempotency` is (scope, key) of a request that may be repeated. `notes` are what
    the channel says of how it came, for responders' eyes: `unreadable` is why nothing was read.
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
    notes: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Attached, ...] = ()


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
    open_or_leave(fresh)
    return _taken(stored)


def open_or_leave(rows: list[ReportRow]) -> None:
    """Open the cases now. What fails is left to the sweep: the reports are safe already."""
    try:
        open_cases(rows, at=max((row.received_at for row in rows), default=None))
    except Exception:  # Whatever is wrong with a case, whoever reported must hear that we have it.
        log.exception("cases of %s reports could not be opened at once", len(rows))
        if len(rows) > 1:
            for row in rows:
                open_or_leave([row])


def _taken(stored: list[tuple[ReportRow, bool]]) -> list[Taken]:
    refs = [row.case_ref for row, _ in stored if row.case_ref]
    joined = CaseRow.objects.filter(ref__in=refs).values_list("ref", "incident_id")
    incidents = {ref: f"INC-{number}" for ref, number in joined}
    return [
        Taken(
            report=row.pk,
            case=row.case_ref,
            incident=incidents.get(row.case_ref or ""),
            is_new=is_new,
        )
        for row, is_new in stored
    ]


def store(incoming: Iterable[Incoming]) -> list[tuple[ReportRow, bool]]:
    """Commit reports as they came; for each its row, and whether it was new.

    A batch with a repeated key is stored one by one, so that it hurts nobody else.
    """
    made = [rows_of(each) for each in incoming]
    rows, files = [row for row, _ in made], [with_it for _, with_it in made]
    try:
        with transaction.atomic(durable=True):
            bulk.insert(rows)
            attachments.keep([file for each in files for file in each])
    except IntegrityError:
        return [_store_one(row, with_it) for row, with_it in zip(rows, files, strict=True)]
    return [(row, True) for row in rows]


def rows_of(incoming: Incoming) -> tuple[ReportRow, list[Attachment]]:
    """A report and its files as rows that are still to be written."""
    row = as_row(incoming)
    files = attachments.rows(
        incoming.files, report=row, actor=_actor(row), at=incoming.received_at
    )
    row.files = [file.digest for file in files]
    return row, files


def _store_one(row: ReportRow, files: list[Attachment]) -> tuple[ReportRow, bool]:
    known = ReportRow.objects.filter(
        idempotency_scope=row.idempotency_scope, idempotency_key=row.idempotency_key
    )
    try:
        with transaction.atomic(durable=True):
            row.save(force_insert=True)
            attachments.keep(files)
    except IntegrityError:
        return known.get(), False
    return row, True


def as_row(incoming: Incoming) -> ReportRow:
    """The row of a report that is not stored yet."""
    scope, key = incoming.idempotency or ("", None)
    fields = {**incoming.fields, "closest_to": incoming.closest_to or ""}
    return ReportRow(
        channel=incoming.channel,
        received_at=incoming.received_at,
        raw=incoming.raw,
        content_type=incoming.content_type,
        idempotency_scope=scope,
        idempotency_key=key and storable(key),
        sender_id=incoming.sender,
        customer_id=incoming.customer,
        description=storable(incoming.description),
        contact=storable(incoming.contact),
        fields={name: storable(value) for name, value in fields.items()},
        notes={name: storable(value) for name, value in incoming.notes.items()},
        join_key=incoming.join_key and storable(incoming.join_key),
        next_try_at=incoming.received_at + TRY_AGAIN_AFTER,
    )


def _actor(row: ReportRow) -> str:
    return f"person:{row.sender_id}" if row.sender_id else SYSTEM


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
        intake = _Intake(book, waiting)
        for row in waiting:
            intake.open_case(row)
        _note_cases(waiting, at)


def open_within(book: Book, rows: list[ReportRow]) -> None:
    """Store new reports and open their cases in a book that is open already, in one commit."""
    bulk.insert(rows)
    intake = _Intake(book, rows)
    for row in rows:
        intake.open_case(row)
    _note_cases(rows, book.at)


NOTE_CASES = """
    update report r set case_ref = v.case_ref, off_channel = v.off_channel, opened_at = %s
    from unnest(%s::uuid[], %s::text[], %s::boolean[]) as v(id, case_ref, off_channel)
    where r.id = v.id
"""


def _note_cases(rows: list[ReportRow], at: datetime) -> None:
    """Write on the reports which cases they have become."""
    columns: list[Any] = [
        [row.pk for row in rows],
        [row.case_ref for row in rows],
        [row.off_channel for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(NOTE_CASES, [at, *columns])


def _still_waiting(rows: list[ReportRow]) -> list[ReportRow]:
    """Lock the reports, so that a sweep and a request don't both open the same one."""
    ids = [row.pk for row in rows]
    locked = ReportRow.objects.select_for_update().filter(pk__in=ids, opened_at=None)
    waiting = {row.pk for row in locked.order_by("pk").only("pk")}
    return [row for row in rows if row.pk in waiting]


def _keys(row: ReportRow) -> list[str]:
    """The exact keys under which a report may join: its own, and the component it names.

    A chat joins nothing by itself: somebody waits in it, and has to be found.
    """
    if row.channel == chat.CHANNEL:
        return []
    component = row.fields.get("component")
    return [key for key in (row.join_key, component and f"component:{component}") if key]


class _Intake:
    """Opens the cases of one batch of reports in one book.

    Reports that join an incident hold it open by a shared lock and don't wait for each other. The
    incident itself is only written when a plan joins that it did not know; those are locked first,
    in the order of their numbers.
    """

    def __init__(self, book: Book, rows: list[ReportRow]) -> None:
        self.book = book
        self.policy = book.current.policy
        self.plans = self._plans_of(rows)
        self.by_key: dict[str, int] = {}
        self.fresh: dict[int, IncidentStream] = {}
        self._join_plans(rows, self._hold_open(rows))
        new = [row for row in rows if self._joins(row) is None]
        self.case_numbers = iter(ledger.numbers(CaseRow, len(rows)))
        self.incident_numbers = iter(ledger.numbers(IncidentRow, len(new)) if new else [])

    def _plans_of(self, rows: list[ReportRow]) -> dict[int, str]:
        ids = {row.customer_id for row in rows if row.customer_id}
        if not ids:
            return {}
        return dict(Customer.objects.filter(pk__in=ids).values_list("pk", "plan"))

    def _plan(self, row: ReportRow) -> str | None:
        return self.plans.get(row.customer_id) if row.customer_id else None

    def _hold_open(self, rows: list[ReportRow]) -> dict[int, set[str]]:
        """Find the open incidents that these reports join; the plans that each knows."""
        keys = sorted({key for row in rows for key in _keys(row)})
        found = IncidentRow.objects.raw(
            "select * from incident where join_key = any(%s) and status = 'open' for key share",
            [keys],
        )
        known = {}
        for incident in found if keys else ():
            if incident.join_key:
                self.by_key[incident.join_key] = incident.number
                known[incident.number] = set(incident.state["plans"])
        return known

    def _joins(self, row: ReportRow) -> str | None:
        return next((key for key in _keys(row) if key in self.by_key), None)

    def _join_plans(self, rows: list[ReportRow], known: dict[int, set[str]]) -> None:
        joining = [(row, self.by_key[key]) for row in rows if (key := self._joins(row))]
        for row, number in sorted(joining, key=lambda each: each[1]):
            plan = self.policy.plan(self._plan(row)).slug
            if plan not in known[number]:
                self._join_plan(self.book.incident(f"INC-{number}"), plan, row.received_at)
                known[number].add(plan)

    def _join_plan(self, stream: IncidentStream, plan: str, at: datetime) -> None:
        joined = command.join_plan(stream.state, plan=plan, at=at, actor=SYSTEM)
        self.book.append(stream, *joined)

    def open_case(self, row: ReportRow) -> None:
        """Open the case of one report, and its incident when it joins none."""
        plan = self._plan(row)
        channels = self.policy.plan(plan).channels
        suggestion = triage(_report(row, plan), self.policy)
        key = self._joins(row)
        incident = self.by_key[key] if key else self._open_incident(row, suggestion)
        if incident in self.fresh:
            self._join_plan(self.fresh[incident], self.policy.plan(plan).slug, row.received_at)
        entry = cases.open_case(
            at=row.received_at,
            incident=f"INC-{incident}",
            channel=row.channel,
            plan=plan,
            customer=str(row.customer_id) if row.customer_id else None,
            off_channel=is_off_channel(row.channel, channels),
            triage=suggestion.as_data(),
            actor=_actor(row),
            words=row.description or UNREADABLE,
            joined_by=f"key:{key}" if key else None,
            files=row.files,
        )
        number = next(self.case_numbers)
        self.book.open_case(
            number, entry, title=title(row.description), report=row, incident=incident
        )
        row.case_ref, row.opened_at = f"RP-{number}", self.book.at
        row.off_channel = entry.data["off_channel"]
        if row.channel == chat.CHANNEL:
            self._wait(self.fresh[incident], f"RP-{number}", row)

    def _wait(self, stream: IncidentStream, case: str, row: ReportRow) -> None:
        waits = attend.wait(stream.state, case=case, by=_actor(row), at=row.received_at)
        self.book.append(stream, *waits)

    def _open_incident(self, row: ReportRow, suggestion: Triage) -> int:
        number = next(self.incident_numbers)
        entry = command.open_incident(
            types=(suggestion.issue_type,),
            plan=self.policy.plan(self._plan(row)).slug,
            at=row.received_at,
            started_at=row.received_at,
            actor=SYSTEM,
            hold=chat.hold(row.channel, self._plan(row), self.policy),
        )
        stream = self.book.open_incident(
            number, entry, title=title(row.description), key=row.join_key
        )
        self.fresh[number] = stream
        if row.join_key:
            self.by_key[row.join_key] = number
        return number


def _report(row: ReportRow, plan: str | None) -> Report:
    return Report(
        channel=row.channel,
        received_at=row.received_at,
        description=row.description,
        contact=row.contact,
        plan=plan,
        closest_to=row.fields.get("closest_to") or None,
        join_key=row.join_key,
        # What a monitor calls severe is among the notes of how it came.
        fields={**{n: str(v) for n, v in row.notes.items() if n == "severity"}, **row.fields},
    )
