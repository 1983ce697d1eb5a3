"""Whole streams with all that was written about them, a few hundred at a time, to be checked.

All is read in one snapshot, so that a desk at work can be checked. Memory holds one chunk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import QuerySet

from redphone.records.models import CaseRow, DeadlineRow, EntryRow, IncidentRow

Rows = list[CaseRow | IncidentRow]

CHUNK = 500
"""Streams read at a time."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a delivery row says of the entry that it is for."""

    key: str
    stream: str
    seq: int
    purpose: str
    person: int | None


@dataclass(frozen=True, slots=True)
class History:
    """One stream: its row, its entries with their words, its deadlines, its deliveries."""

    row: CaseRow | IncidentRow
    entries: list[EntryRow]
    deadlines: list[DeadlineRow]
    sent: list[Sent]

    @property
    def ref(self) -> str:
        # The database computes it from the number; a row's number can't be missing.
        return str(self.row.ref)


@contextmanager
def snapshot() -> Iterator[None]:
    """One unchanging view of everything, in which nothing can be written."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Checking many streams takes a while between two questions.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def count(refs: Sequence[str]) -> int:
    """How many streams there are to read."""
    return sum(_rows(model, refs).count() for model in (IncidentRow, CaseRow))


def streams(refs: Sequence[str] = ()) -> Iterator[History]:
    """The streams of these names, or all: incidents first, each kind by its number."""
    for model in (IncidentRow, CaseRow):
        last = 0
        while rows := cast(Rows, list(_rows(model, refs).filter(number__gt=last)[:CHUNK])):
            yield from _filled(rows)
            last = rows[-1].number


def _rows(
    model: type[CaseRow] | type[IncidentRow], refs: Sequence[str]
) -> QuerySet[CaseRow] | QuerySet[IncidentRow]:
    rows = model.objects.order_by("number")
    return rows.filter(ref__in=refs) if refs else rows


def _filled(rows: Iterable[CaseRow | IncidentRow]) -> Iterator[History]:
    named = {str(row.ref): row for row in rows}
    entries: dict[str, list[EntryRow]] = defaultdict(list)
    found = EntryRow.objects.filter(stream__in=named).select_related("words")
    for entry in found.order_by("stream", "seq"):
        entries[entry.stream].append(entry)
    deadlines: dict[str, list[DeadlineRow]] = defaultdict(list)
    for deadline in DeadlineRow.objects.filter(stream__in=named):
        deadlines[deadline.stream].append(deadline)
    sent = _sent(list(named))
    for ref, row in named.items():
        yield History(row, entries[ref], deadlines[ref], sent[ref])


def _sent(refs: list[str]) -> dict[str, list[Sent]]:
    found: dict[str, list[Sent]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "select key, stream, seq, purpose, person_id from delivery where stream = any(%s)",
            [refs],
        )
        for row in cursor.fetchall():
            found[row[1]].append(Sent(*row))
    return found


STRAYS = {
    "entry": "select stream, min(seq) from entry where {} group by stream order by stream",
    "deadline": "select stream, 1 from deadline where {} group by stream order by stream",
    "delivery": "select stream, min(seq) from delivery where {} group by stream order by stream",
}

NO_STREAM = """
    not exists (select from incident i where i.ref = stream)
    and not exists (select from "case" c where c.ref = stream)
"""


def strays() -> Iterator[tuple[str, str, int]]:
    """Rows of streams that don't exist: the table, the name, a place in it."""
    with connection.cursor() as cursor:
        for table, question in STRAYS.items():
            cursor.execute(question.format(NO_STREAM))
            for stream, seq in cursor.fetchall():
                yield table, stream, seq


CASELESS = """
    select r.id::text, r.case_ref from report r
    where r.case_ref is not null
    and not exists (select from "case" c where c.ref = r.case_ref and c.report_id = r.id)
    order by r.case_ref
"""


def reports_without_case() -> list[tuple[str, str]]:
    """Reports that are said to have become a case which isn't theirs, or isn't there."""
    with connection.cursor() as cursor:
        cursor.execute(CASELESS)
        return list(cursor.fetchall())


UNWATCHED = """
    with told as (
        select c.ref, c.incident_id,
               max(e.seq) filter (where e.kind = 'opened' and e.data->>'channel' = 'chat'
                                  or e.kind = 'added' and e.data->>'through' = 'chat') as asked,
               coalesce(max(e.seq) filter (where e.kind in ('responded', 'reopened')), 0) as after
        from "case" c join entry e on e.stream = c.ref
        where c.status = 'open'
        group by c.ref, c.incident_id
    )
    select told.ref, told.asked
    from told
    join incident i on i.number = told.incident_id
    join entry said on said.stream = told.ref and said.seq = told.asked
    where told.asked > told.after and i.status = 'open'
      and not exists (
          select from jsonb_array_elements(coalesce(i.state->'chats', '[]')) chat
          where chat->>'case' = told.ref and chat->>'since' is not null)
      and not exists (
          select from entry e
          where e.stream = i.ref and e.kind = 'chat_attended'
            and e.data->>'case' = told.ref and e.data->>'how' in ('settled', 'answered')
            and e.recorded_at >= said.recorded_at)
"""


def unwatched_chats() -> list[tuple[str, int]]:
    """Open conversations whose last words nobody has answered, and that no ladder looks after:
    the case and the entry of those words."""
    with connection.cursor() as cursor:
        cursor.execute(UNWATCHED)
        return list(cursor.fetchall())


def heads_until(at: datetime) -> Iterator[tuple[str, int, bytes]]:
    """Each stream's last entry that was written by a moment, in the order of their names."""
    with connection.cursor() as cursor:
        # The order must be the same on every machine, whatever its language.
        cursor.execute(
            'select distinct on (stream collate "C") stream, seq, hash from entry '
            'where recorded_at <= %s order by stream collate "C", seq desc',
            [at],
        )
        while rows := cursor.fetchmany(5000):
            for stream, seq, hashed in rows:
                yield stream, seq, bytes(hashed)


def entries_until(at: datetime) -> int:
    """How many entries were written by a moment."""
    return EntryRow.objects.filter(recorded_at__lte=at).count()


def value(row: Any, column: str) -> Any:
    """A column's value as the database holds it: a relation is its id."""
    found = getattr(row, row._meta.get_field(column).attname)
    return bytes(found) if isinstance(found, memoryview) else found
