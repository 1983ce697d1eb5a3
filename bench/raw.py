"""The same rows as the desk writes for one report, as a script for pgbench.

The rows are read back from a report that the desk has taken; names and keys become variables, so
that each run of the script is a report of its own. One INSERT a table, all in one transaction.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from tests.crash.desk import Desk

HEAD = r"""
select gen_random_uuid() as report, gen_random_uuid() as words, {numbers} \gset
begin;
"""

JOB = r"""
select procrastinate_defer_jobs_v1(
    array[row('default', 'redphone.jobs.tasks.deliver', 100, null, null, '{}', null)
    ::procrastinate_job_to_defer_v1]);
"""

TABLES = (
    ("report", "case_ref = %(case)s"),
    ("incident", "ref = %(incident)s"),
    ('"case"', "ref = %(case)s"),
    ("words", "stream = any(%(streams)s)"),
    ("entry", "stream = any(%(streams)s)"),
    ("deadline", "stream = any(%(streams)s)"),
    ("delivery", "stream = any(%(streams)s)"),
)


def script(desk: Desk, *, case: str, incident: str, joins: bool, file: Path) -> int:
    """Write the script of this report's rows; how many rows that is, with the job.

    A report that joins writes nothing of its incident.
    """
    streams = [case] if joins else [case, incident]
    keys = {"case": case, "incident": incident, "streams": streams}
    parts, count = [], 1
    with desk.cluster.connect() as connection:
        connection.adapters.register_loader("jsonb", psycopg.types.string.TextLoader)
        for table, condition in TABLES:
            if table == "incident" and joins:
                continue
            rows, columns = _rows(connection, table, condition, keys)
            count += len(rows)
            if rows:
                parts.append(_insert(connection, table, columns, rows, keys))
    numbers = "nextval('case_number_seq') as case"
    if not joins:
        numbers += ", nextval('incident_number_seq') as incident"
    file.write_text(HEAD.format(numbers=numbers) + "\n".join(parts) + JOB + "commit;\n")
    return count


def _rows(
    connection: psycopg.Connection[Any], table: str, condition: str, keys: dict[str, Any]
) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
    columns = connection.execute(
        "select attname, format_type(atttypid, null) from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped "
        "and attgenerated = '' order by attnum",
        [table],
    ).fetchall()
    numbered = table in {"entry", "deadline", "delivery"}
    chosen = [(name, kind) for name, kind in columns if not (numbered and name == "id")]
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in chosen)
    query = sql.SQL("select {} from " + table + " where " + condition).format(names)
    return connection.execute(query, keys).fetchall(), chosen


def _insert(
    connection: psycopg.Connection[Any],
    table: str,
    columns: list[tuple[str, str]],
    rows: list[tuple[Any, ...]],
    keys: dict[str, Any],
) -> str:
    values = []
    for row in rows:
        cells = [
            _cell(connection, table, name, kind, value, keys)
            for (name, kind), value in zip(columns, row, strict=True)
        ]
        values.append("(" + ", ".join(cells) + ")")
    names = ", ".join(f'"{name}"' for name, _ in columns)
    return f"insert into {table} ({names}) values {', '.join(values)};"


def _cell(
    connection: psycopg.Connection[Any],
    table: str,
    name: str,
    kind: str,
    value: Any,
    keys: dict[str, Any],
) -> str:
    if value is None:
        return "null"
    if (table, name) in {("report", "id"), ('"case"', "report_id")}:
        return "':report'"
    if (table, name) in {("words", "id"), ("entry", "words_id")}:
        return "':words'"
    if name == "idempotency_key":
        return "gen_random_uuid()::text"
    if name == "number":
        return ":case" if table == '"case"' else ":incident"
    if (table, name) == ('"case"', "incident_id") and len(keys["streams"]) > 1:
        return ":incident"
    text = sql.Literal(value).as_string(connection)
    text = text.replace(keys["case"], "RP-:case")
    if len(keys["streams"]) > 1:
        text = text.replace(keys["incident"], "INC-:incident")
    # One statement a line is what pgbench reads.
    return text.replace("\n", " ") + (f"::{kind}" if kind == "jsonb" else "")


def pgbench(desk: Desk, file: Path, *, seconds: int, connections: int) -> float:
    """How often a second PostgreSQL's own client gets through a script, by so many connections."""
    chosen = desk.cluster.chosen
    assert chosen is not None
    done = subprocess.run(
        [
            *(chosen.program("pgbench"), "-n", "-f", str(file), "-T", str(seconds)),
            *("-c", str(connections), "-j", "2", "-h", str(desk.cluster.layout.socket)),
            *("-U", "redphone", "redphone"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout[-500:] + done.stderr[-1500:]
    assert "aborted" not in done.stderr, done.stderr[-1500:]
    return float(found[1])
