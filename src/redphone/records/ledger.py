"""The only write door to streams: one transaction, one lock order, entries first.

A book is opened for one verb. It locks the streams that the verb needs (incident before case),
takes the entries that the core gave back, asks the core what is owed after them, and writes it all
when it closes: entries, words, rows, deadlines, deliveries. Rows are written from entries here and
nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction

from redphone.core import case as cases
from redphone.core import duty, updates
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.incident import Incident
from redphone.core.policy import Callee
from redphone.core.stream import DeskError, Entry
from redphone.core.updates import Audience
from redphone.records import (
    bulk,
    callees,
    chain,
    letting_go,
    live,
    outbox,
    policies,
    projection,
    rotas,
    states,
    wake,
    webhooks,
)
from redphone.records.deadlines import write_deadlines
from redphone.records.models import CaseRow, Delivery, EntryRow, IncidentRow, Report, Words
from redphone.records.policies import Pinned
from redphone.records.streams import AnyStream, CaseStream, IncidentStream

Row = TypeVar("Row", CaseRow, IncidentRow)


class NoSuchStream(DeskError):
    """There is no such case or incident. Check its number."""


@contextmanager
def writing(*, at: datetime) -> Iterator[Book]:
    """A book for one verb, written and committed when the block ends without an error.

    Once this returns, what was written survives a power cut; then the pages that show these
    streams are told, outside the transaction.
    """
    with transaction.atomic(durable=True):
        book = Book(at)
        yield book
        refs = book.write()
    live.tell(refs)


class Book:
    """What one verb reads under lock and appends. `at` is the moment of writing."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._incidents: dict[str, IncidentStream] = {}
        self._cases: dict[str, CaseStream] = {}
        self._on_call: dict[tuple[str, datetime], tuple[str, ...]] = {}
        self._found: dict[tuple[Callee, str], tuple[str, ...]] = {}
        self._current: Pinned | None = None

    @property
    def current(self) -> Pinned:
        """The policy that this book's new streams are opened under: one for all of them."""
        if self._current is None:
            self._current = policies.current()
        return self._current

    def incident(self, ref: str, *, ending: bool = False) -> IncidentStream:
        """Lock an incident. `ending` also keeps new cases from joining until the commit.

        Raises:
            NoSuchStream: there is no incident of that name.
        """
        locked = any(not case.is_new for case in self._cases.values())
        if locked and ref not in self._incidents:
            raise AssertionError("an incident is locked before its cases")
        if ref not in self._incidents:
            rows = IncidentRow.objects.select_for_update(no_key=not ending)
            self._incidents[ref] = _incident_stream(_one(rows.filter(ref=ref).first()))
        return self._incidents[ref]

    def case(self, ref: str) -> CaseStream:
        """Lock a case.

        Raises:
            NoSuchStream: there is no case of that name.
        """
        if ref not in self._cases:
            row = _one(CaseRow.objects.select_for_update(no_key=True).filter(ref=ref).first())
            self._cases[ref] = _case_stream(row)
        return self._cases[ref]

    def try_streams(self, refs: list[str]) -> list[AnyStream]:
        """Lock those of these streams that nobody else has, incidents first. Waits for none."""
        incident_rows = IncidentRow.objects.select_for_update(no_key=True, skip_locked=True)
        case_rows = CaseRow.objects.select_for_update(no_key=True, skip_locked=True)
        found: list[AnyStream] = []
        if any(ref.startswith("INC-") for ref in refs):
            for incident in incident_rows.filter(ref__in=refs).order_by("number"):
                stream = self._incidents.setdefault(incident.ref, _incident_stream(incident))
                found.append(stream)
        if any(not ref.startswith("INC-") for ref in refs):
            rows = case_rows.filter(ref__in=refs).order_by("number")
            found += [self._cases.setdefault(row.ref, _case_stream(row)) for row in rows]
        return found

    def cases_of(self, incident: str, *, unanswered: bool = False) -> list[CaseStream]:
        """Lock all cases of an incident, in the order of their numbers.

        With `unanswered`, only the open ones that nobody has answered yet.
        """
        rows = CaseRow.objects.select_for_update(no_key=True, of=("self",)).order_by("number")
        rows = rows.filter(incident__ref=incident)
        if unanswered:
            rows = rows.filter(status="open", first_response_at=None)
        return [self._cases.setdefault(row.ref, _case_stream(row)) for row in rows]

    def open_incident(
        self, number: int, entry: Entry, *, title: str, key: str | None
    ) -> IncidentStream:
        """A new incident under a number that was taken from the sequence."""
        pinned = self.current
        state = incidents.apply(None, entry, ref=f"INC-{number}")
        row = IncidentRow(
            number=number,
            title=title,
            join_key=key,
            policy_id=pinned.id,
            opened_at=state.opened_at,
            started_at=state.started_at,
        )
        stream = IncidentStream(row, state, pinned, is_new=True, fresh=[(entry, state)])
        self._incidents[stream.ref] = stream
        return stream

    def open_case(
        self, number: int, entry: Entry, *, title: str, report: Report, incident: int
    ) -> CaseStream:
        """A new case under a number that was taken from the sequence."""
        pinned = self.current
        state = cases.apply(None, entry, ref=f"RP-{number}")
        row = CaseRow(
            number=number,
            title=title,
            policy_id=pinned.id,
            opened_at=state.opened_at,
            report_id=report.pk,
            reporter_id=report.sender_id,
            incident_id=incident,
            channel=state.channel,
        )
        stream = CaseStream(row, state, pinned, is_new=True, fresh=[(entry, state)])
        self._cases[stream.ref] = stream
        return stream

    def append(self, stream: AnyStream, *entries: Entry) -> None:
        """Put entries at the end of a locked stream. They are written when the book closes.

        What was missed before an entry goes before it: an answer that comes late must not hide
        that it was late, though no clock loop has come by in between.
        """
        pinned = stream.pinned
        for entry in entries:
            for miss in duty.overdue(stream.state, pinned.policy, pinned.hours, entry.at):
                _apply(stream, miss)
            _apply(stream, entry)

    def _settle(self, stream: AnyStream) -> None:
        """Append what is owed by now: warnings, misses, steps of the ladder to call."""
        pinned = stream.pinned
        owed = duty.owed(
            stream.state, pinned.policy, pinned.hours, self.on_call, self.at, self.find
        )
        for entry in owed:
            _apply(stream, entry)

    def on_call(self, team: str, at: datetime) -> tuple[str, ...]:
        """Who of a team is on call, asked of the database once."""
        if (team, at) not in self._on_call:
            self._on_call[team, at] = rotas.on_call(team, at)
        return self._on_call[team, at]

    def find(self, callee: Callee, incident: str) -> tuple[str, ...]:
        """Who stands behind any other name, asked of the database once for each incident."""
        if (callee, incident) not in self._found:
            known = self._customers(incident)
            self._found[callee, incident] = callees.find(callee, incident, self.at, known)
        return self._found[callee, incident]

    def _customers(self, incident: str) -> frozenset[int]:
        """The customers of an incident's cases in this book, whose rows may not be there yet."""
        states = [stream.state for stream in self._cases.values()]
        return frozenset(
            int(case.customer) for case in states if case.incident == incident and case.customer
        )

    def write(self) -> list[str]:
        """Settle and write every stream of this book; the names of those that changed."""
        streams: list[AnyStream] = [*self._incidents.values(), *self._cases.values()]
        for stream in streams:
            if stream.fresh:
                self._settle(stream)
        changed = [stream for stream in streams if stream.fresh]
        if changed:
            numbered = _write_entries(changed, self.at)
            _write_rows(changed, self.at)
            write_deadlines(changed, self.at)
            self._write_deliveries(numbered)
            told = [(stream, seq, entry.kind) for stream, seq, entry, _ in numbered]
            webhooks.write_posts(told, at=self.at)
        return [stream.ref for stream in changed]

    def settle(self, stream: AnyStream) -> bool:
        """The clock loop's own verb: append what is owed now. Whether anything was."""
        self._settle(stream)
        return bool(stream.fresh)

    def _write_deliveries(
        self, numbered: list[tuple[AnyStream, int, Entry, Case | Incident]]
    ) -> None:
        owed = [
            (stream, seq, entry, notice)
            for stream, seq, entry, state in numbered
            for notice in updates.notices(state, entry, stream.pinned.policy)
        ]
        directory = outbox.Directory()
        directory.prepare([s.ref for s, _, _, n in owed if n.audience is Audience.REPORTER])
        # Whoever is told of one entry twice for the same purpose is told once.
        rows: dict[str, Delivery] = {}
        for stream, seq, entry, notice in owed:
            about = outbox.About(stream.state, stream.pinned.policy)
            for row in outbox.deliveries(
                stream=stream.ref,
                seq=seq,
                entry=entry,
                notice=notice,
                about=about,
                directory=directory,
                at=self.at,
            ):
                rows.setdefault(row.key, row)
        for stream, seq, entry, state in numbered:
            if isinstance(state, Incident) and letting_go.may_end_ringing(entry):
                told = letting_go.let_go(
                    stream=stream.ref, seq=seq, entry=entry, state=state, at=self.at
                )
                rows |= {row.key: row for row in told}
        if rows:
            bulk.insert(list(rows.values()))
            wake.worker(min(row.priority for row in rows.values()))


def _apply(stream: AnyStream, entry: Entry) -> None:
    # One branch a kind keeps each stream's own types together.
    if isinstance(stream.state, Case):
        after_case = cases.apply(stream.state, entry, ref=stream.ref)
        stream.state = after_case
        stream.fresh.append((entry, after_case))
    else:
        after = incidents.apply(stream.state, entry, ref=stream.ref)
        stream.state = after
        stream.fresh.append((entry, after))


def _one(row: Row | None) -> Row:
    if row is None:
        raise NoSuchStream
    return row


def _case_stream(row: CaseRow) -> CaseStream:
    return CaseStream(row, states.load_case(row.state), policies.pinned(row.policy_id))


def _incident_stream(row: IncidentRow) -> IncidentStream:
    return IncidentStream(row, states.load_incident(row.state), policies.pinned(row.policy_id))


def _write_entries(
    streams: list[AnyStream], at: datetime
) -> list[tuple[AnyStream, int, Entry, Case | Incident]]:
    entries: list[EntryRow] = []
    words: list[Words] = []
    numbered: list[tuple[AnyStream, int, Entry, Case | Incident]] = []
    for stream in streams:
        row = stream.row
        for entry, state in stream.fresh:
            seq = row.head + 1
            written, said = chain.rows(
                entry, stream=stream.ref, seq=seq, before=bytes(row.head_hash), recorded_at=at
            )
            row.head, row.head_hash = seq, written.hash
            entries.append(written)
            words += [said] if said else []
            numbered.append((stream, seq, entry, state))
    bulk.insert(words)
    bulk.insert(entries)
    return numbered


def _write_rows(streams: list[AnyStream], at: datetime) -> None:
    for stream in streams:
        projection.project(stream.row, stream.state, stream.pinned, at)
    _save(IncidentRow, [s for s in streams if isinstance(s.row, IncidentRow)])
    _save(CaseRow, [s for s in streams if isinstance(s.row, CaseRow)])


def _save(model: type[CaseRow] | type[IncidentRow], streams: list[AnyStream]) -> None:
    new = [stream.row for stream in streams if stream.is_new]
    known = [stream.row for stream in streams if not stream.is_new]
    bulk.insert(new)
    if len(known) == 1:
        known[0].save(update_fields=projection.COLUMNS[model])
    elif known:
        bulk.update(known, projection.COLUMNS[model])


def numbers(model: type[CaseRow] | type[IncidentRow], count: int) -> list[int]:
    """Take numbers from a stream's sequence, so that its name is known before it is written."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'number')) from generate_series(1, %s)",
            [f'"{table}"', count],
        )
        return [number for (number,) in cursor.fetchall()]


def entries(ref: str) -> list[Entry]:
    """A stream's entries, oldest first, with the words that have not been erased."""
    rows = EntryRow.objects.filter(stream=ref).select_related("words").order_by("seq")
    return [chain.entry_of(row) for row in rows]


def words_of(ref: str, seq: int | None) -> str:
    """What was said in one entry; "" when there is no such entry or its words were erased."""
    found = EntryRow.objects.filter(stream=ref, seq=seq or 0)
    return found.values_list("words__text", flat=True).first() or ""
