"""Which webhooks are told of which entries: rows in the entries' own transaction.

One statement for a whole book, also when there are no webhooks; no job is made here. The clock
loop finds within a second what is to be sent, which spares every commit a NOTIFY.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from redphone.records.models import CaseRow
from redphone.records.streams import AnyStream

WORTH_TELLING_FOR = timedelta(hours=48)
"""After so long a post that was never taken is given up; it can be sent again by hand."""

WRITE = """
    insert into webhook_post (
        webhook_id, event, stream, seq, incident, state, tries, next_try_at, deadline_at, error,
        answer, created_at
    )
    select w.id, v.event, v.stream, v.seq, v.incident, 'pending', 0, %(at)s, %(until)s, '', '',
        %(at)s
    from unnest(%(events)s::text[], %(streams)s::text[], %(seqs)s::int[], %(incidents)s::text[])
        with ordinality as v (event, stream, seq, incident, place)
    join webhook w on w.disabled_at is null and (
        w.events = '{}' or v.event = any(w.events)
        or split_part(v.event, '.', 1) || '.*' = any(w.events)
    )
    order by v.place, w.id
"""


def write_posts(entries: Iterable[tuple[AnyStream, int, str]], *, at: datetime) -> None:
    """Owe these entries (stream, number, kind) to every webhook that wants to know of them."""
    told = [
        (event(stream.ref, kind), stream.ref, seq, _incident(stream))
        for stream, seq, kind in entries
    ]
    if not told:
        return
    events, streams, seqs, incidents = zip(*told, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "at": at,
                "until": at + WORTH_TELLING_FOR,
                "events": list(events),
                "streams": list(streams),
                "seqs": list(seqs),
                "incidents": list(incidents),
            },
        )


def event(ref: str, kind: str) -> str:
    """The name of an event: `incident.acknowledged`, `case.opened`."""
    return f"{'incident' if ref.startswith('INC-') else 'case'}.{kind}"


def _incident(stream: AnyStream) -> str:
    row = stream.row
    return f"INC-{row.incident_id}" if isinstance(row, CaseRow) else stream.ref
