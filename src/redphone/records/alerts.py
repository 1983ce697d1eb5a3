"""The hot path of alerts: many rows in one statement, each with what is plain about it already.

A repeat of what is open is known as one by the same statement that writes it, and costs a row.
Everything else waits for the opener. The incidents of repeats are held open by a shared lock, so
that none is ended in between and takes a repeat with it that should have opened anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import Any, NamedTuple

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

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


class _Packed:
    """An array in PostgreSQL's own binary form.

    Made here, since psycopg looks at each value of an array several times, and there are thousands
    of rows a second.
    """

    __slots__ = ("data",)

    def __init__(self, kind: int, values: Iterable[bytes], count: int) -> None:
        parts = [_HEAD.pack(1, 0, kind, count, 1)]
        for value in values:
            parts.append(_LENGTH.pack(len(value)))
            parts.append(value)
        self.data = b"".join(parts)


class _PackedDumper(Dumper):
    """The statement says what each array is of, so no type is named here."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: _Packed) -> bytes:
        return obj.data


_HEAD, _LENGTH = Struct("!iiIii"), Struct("!i")
_BIG, _SMALL = Struct("!q").pack, Struct("!h").pack
_BIGINT, _SMALLINT, _TIME, _TEXT, _BYTES, _UUID = 20, 21, 1184, 25, 17, 2950
_CENTURY = datetime(2000, 1, 1, tzinfo=UTC)


def _columns(lines: Sequence[Line]) -> list[_Packed]:
    """The rows as columns, in the order of `_VALUES`."""
    count = len(lines)
    door, request, part, at, *texts, raw, content_type, settled, number = zip(*lines, strict=True)
    return [
        _Packed(_BIGINT, map(_BIG, door), count),
        _Packed(_UUID, [each.bytes for each in request], count),
        _Packed(_SMALLINT, map(_SMALL, part), count),
        _Packed(_TIME, map(_moment, at), count),
        *(_text(column, count) for column in texts),
        _Packed(_BYTES, raw, count),
        _text(content_type, count),
        _text(settled, count),
        _text(number, count),
    ]


def _text(values: Iterable[str], count: int) -> _Packed:
    return _Packed(_TEXT, map(str.encode, values), count)


def _moment(at: datetime) -> bytes:
    """Microseconds since the year 2000, as PostgreSQL counts them."""
    since = at - _CENTURY
    return _BIG((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _counted(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def connect(params: dict[str, Any]) -> psycopg.Connection[Any]:
    """A connection for the writer alone, beside Django's own."""
    wanted = {k: v for k, v in params.items() if k not in {"cursor_factory", "context"}}
    wanted |= {"autocommit": True, "application_name": "redphone alerts", "connect_timeout": 3}
    connection = psycopg.connect(**wanted)
    connection.adapters.register_dumper(_Packed, _PackedDumper)
    connection.execute(f"set lock_timeout = '{LOCK_WAIT}'")
    connection.execute("set statement_timeout = '8s'")
    return connection
