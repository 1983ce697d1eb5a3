"""The hot path of alerts: many rows in one statement, each with what is plain about it already.

A repeat of what is open is known as one by the same statement that writes it, and costs a row.
Everything else waits for the opener. The incidents of repeats are held open by a shared lock, so
that none is ended in between and takes a repeat with it that should have opened anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

LOCK_WAIT = "500ms"
"""So long the writer waits for an incident that is just being ended; then all is left to the
opener, which may wait."""


class Line(NamedTuple):
    """One row to be written. `settled` is what became of it when that is known, else "".

    A tuple, since thousands a second are made and turned into columns.
    """

    door: int
    request: uuid.UUID
    part: int
    received_at: datetime
    key: str
    change: str
    title: str
    said: str
    raw: bytes
    content_type: str
    settled: str = ""
    number: str = ""


_COLUMNS = """
    insert into alert (door_id, request, part, received_at, key, change, title, said, raw,
        content_type, became, incident_id, attempts, last_error, number)
    select v.door_id, v.request, v.part, v.received_at, v.key, v.change, v.title,
"""
_VALUES = """
    unnest(%b::bigint[], %b::uuid[], %b::smallint[], %b::timestamptz[], %b::text[], %b::text[],
        %b::text[], %b::text[], %b::bytea[], %b::text[], %b::text[], %b::text[])
    with ordinality
    as v(door_id, request, part, received_at, key, change, title, said, raw, content_type,
        settled, number, n)
"""

WRITE = f"""
    with v as materialized (select * from {_VALUES}),
    known as materialized (
        select s.door_id, s.key, s.incident_id from signal s
        where s.is_firing and (s.door_id, s.key) in
            (select door_id, key from v where change = 'firing' and settled = '')
    ),
    held as materialized (
        select number from incident where status = 'open'
        and number = any(array(select incident_id from known)) for key share
    ),
    written as (
        {_COLUMNS}
            case when v.settled = '' and held.number is null then v.said::jsonb end,
            v.raw, v.content_type,
            case when v.settled <> '' then v.settled
                 when held.number is null then 'waiting' else 'repeat' end,
            held.number, 0, '', v.number
        from v
        left join known on v.change = 'firing' and v.settled = ''
            and known.door_id = v.door_id and known.key = v.key
        left join held on held.number = known.incident_id
        order by v.n
        on conflict (door_id, number, part) where not (number = '') do nothing
        returning became
    )
    select count(*) filter (where became = 'waiting') from written
"""

WRITE_BLIND = f"""
    with written as (
        {_COLUMNS}
            case when v.settled = '' then v.said::jsonb end, v.raw, v.content_type,
            case when v.settled = '' then 'waiting' else v.settled end, null, 0, '',
            v.number
        from {_VALUES}
        order by v.n
        on conflict (door_id, number, part) where not (number = '') do nothing
        returning became
    )
    select count(*) filter (where became = 'waiting') from written
"""


def write(connection: psycopg.Connection[Any], lines: Sequence[Line]) -> int:
    """Write and commit these rows; how many of them wait for the opener.

    Raises:
        psycopg.Error: nothing was written.
    """
    columns = _columns(lines)
    try:
        return _counted(connection.execute(WRITE, columns, prepare=True))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        return _counted(connection.execute(WRITE_BLIND, columns, prepare=True))


def _columns(lines: Sequence[Line]) -> list[list[Any]]:
    return [list(column) for column in zip(*lines, strict=True)]


def _counted(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def connect(params: dict[str, Any]) -> psycopg.Connection[Any]:
    """A connection for the writer alone, beside Django's own."""
    wanted = {k: v for k, v in params.items() if k not in {"cursor_factory", "context"}}
    wanted |= {"autocommit": True, "application_name": "redphone alerts", "connect_timeout": 3}
    connection = psycopg.connect(**wanted)
    connection.execute(f"set lock_timeout = '{LOCK_WAIT}'")
    connection.execute("set statement_timeout = '8s'")
    return connection
