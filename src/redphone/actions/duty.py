"""The clock loop's verb: find the streams where something is due, and do what is owed there."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction

from redphone.records import ledger, live

log = logging.getLogger(__name__)

DUE = """
    select d.stream, min(d.next_at) as since
    from (
        select stream, next_at from deadline
        where outcome = 'running' and next_at <= %s
        order by next_at limit %s
    ) d
    group by d.stream order by since
"""


def due_streams(*, at: datetime, limit: int) -> list[str]:
    """The streams with something due, the longest due first. Costs grow with what is due."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [at, limit])
        return [stream for stream, _ in cursor.fetchall()]


def handle_due(*, at: datetime, limit: int = 200) -> int:
    """Do what is owed in every stream with something due. How many streams had something.

    A stream that another loop has in hand is passed over; it is theirs. One bad stream is
    logged and left for the auditor, and holds up no other.

    Source: POL-2, POL-4, EMG-1 to EMG-5.
    """
    return sum(_handle(ref, at) for ref in due_streams(at=at, limit=limit))


def _handle(ref: str, at: datetime) -> bool:
    try:
        return handle_stream(ref, at=at)
    except Exception:  # The loop must survive one bad stream; the auditor raises the alarm.
        log.exception("what is due on %s could not be done", ref)
        return False


def handle_stream(ref: str, *, at: datetime) -> bool:
    """Do what is owed in one stream, unless someone else has it locked."""
    with transaction.atomic(durable=True):
        book = ledger.Book(at)
        stream = book.try_stream(ref)
        if stream is None:
            return False
        did = book.settle(stream)
        refs = book.write()
    live.tell(refs)
    return did
