"""The clock loop's verb: find the streams where something is due, and do what is owed there."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction

from redphone.records import ledger, live

log = logging.getLogger(__name__)

TOGETHER = 25
"""Streams in one commit: together they cost a fraction, and nobody waits long for one of them."""

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
    refs = due_streams(at=at, limit=limit)
    parts = [refs[start : start + TOGETHER] for start in range(0, len(refs), TOGETHER)]
    return sum(_handle(part, at) for part in parts)


def _handle(refs: list[str], at: datetime) -> int:
    try:
        return handle_streams(refs, at=at)
    except Exception:  # The loop must survive one bad stream; the auditor raises the alarm.
        if len(refs) > 1:
            return sum(_handle([ref], at) for ref in refs)
        log.exception("what is due on %s could not be done", refs[0])
        return 0


def handle_streams(refs: list[str], *, at: datetime) -> int:
    """Do what is owed in these streams, in one commit; in how many of them something was.

    Those that someone else has locked are passed over. It waits for no lock, so that any streams
    may be taken together.
    """
    with transaction.atomic(durable=True):
        book = ledger.Book(at)
        did = sum(book.settle(stream) for stream in book.try_streams(refs))
        changed = book.write()
    live.tell(changed)
    return did
