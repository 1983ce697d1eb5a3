"""Alerts committed a second through /v2/enqueue, against raw PostgreSQL inserting one row each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from tests.crash.desk import Desk, a_desk, free_port

from bench import raw
from bench.figures import Figure, at_least, percentile, plain
from bench.intake import Load, processor_time

ROUNDS = 3
SECONDS = 4
CONNECTIONS = 32
ROOT = Path(__file__).parents[1]

RAW = """
insert into alert (door_id, request, part, received_at, key, change, title, said, raw,
    content_type, became, incident_id, attempts, last_error)
select door_id, gen_random_uuid(), 0, now(), key, change, title, {said}, raw, content_type,
    '{became}', {incident}, 0, '' from alert where id = {copied};
"""


def measure() -> list[Figure]:
    """Repeats of an open incident, and alerts that each are a new trouble."""
    with a_desk(smtp_port=free_port(), shared_buffers="512MB", max_wal_size="4GB") as desk:
        desk.add("web", "web", "--processes", "2")
        desk.await_web()
        token = door(desk, "Bench", most=1000)
        figures = _shape(desk, token, "repeat", "a repeat of an open incident", 1.0)
        return figures + _shape(desk, token, "new", "a new trouble each", 0.3)


def door(desk: Desk, name: str, *, most: int = 10) -> str:
    made = desk.run(
        *("door", "create", "--name", name, "--format", "pagerduty"),
        *("--most-a-minute", str(most)),
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def _shape(desk: Desk, token: str, kind: str, words: str, aim: float) -> list[Figure]:
    name = f"alerts, {words}"
    load(desk, token, 2, CONNECTIONS, kind)  # Warm up, and open what is repeated.
    _settle(desk)
    file = _script(desk, kind)
    rates, waits, limits, costs, theirs = [], [], [], [], []
    for _ in range(ROUNDS):
        before = processor_time(desk)
        found = load(desk, token, SECONDS, CONNECTIONS, kind)
        costs.append((processor_time(desk) - before) / len(found.waits))
        rates.append(len(found.waits) / found.took)
        waits.append(percentile(found.waits, 0.99))
        _settle(desk)
        before = processor_time(desk)
        limits.append(raw.pgbench(desk, file, seconds=SECONDS, connections=CONNECTIONS))
        theirs.append((processor_time(desk) - before) / (limits[-1] * SECONDS))
    ratio = median(rate / limit for rate, limit in zip(rates, limits, strict=True))
    return [
        plain(f"{name}: committed before their 202", median(rates), "1/s"),
        plain(f"{name}: p99 at {CONNECTIONS} connections", median(waits) * 1000, "ms"),
        plain(f"{name}: raw PostgreSQL, one row a commit", median(limits), "1/s"),
        at_least(f"{name}: ratio to raw", ratio, "", aim),
        plain(f"{name}: processor time of web and database", median(costs) * 1000, "ms"),
        plain(f"{name}: processor time of raw PostgreSQL", median(theirs) * 1000, "ms"),
    ]


def load(
    desk: Desk, token: str, seconds: float, connections: int, kind: str, a_second: int = 0
) -> Load:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench.alert_client", desk.address, token),
            *(str(seconds), str(connections), kind, str(a_second)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert not found["refused"], found["refused"][:10]
    assert found["waits"]
    return Load(found["took"], found["waits"])


def _settle(desk: Desk) -> None:
    """Wait until all that was taken has been opened or put together: no round pays for another."""
    waiting = "select count(*) from alert where became = 'waiting'"
    desk.wait(lambda: desk.sql(waiting) == [(0,)], "all alerts are settled", within=120)


def _script(desk: Desk, kind: str) -> Path:
    """The same row as the desk writes for one alert of this kind."""
    ((copied,),) = desk.sql(
        "select id from alert where incident_id is not null and raw <> '' order by id desc limit 1"
    )
    is_new = kind == "new"
    file = desk.folder / f"alert-{kind}.sql"
    file.write_text(
        RAW.format(
            said="'{}'::jsonb" if is_new else "null",
            # What waits would be opened meanwhile, by those who run.
            became="test" if is_new else "repeat",
            incident="null" if is_new else "incident_id",
            copied=copied,
        ).replace("\n", " ")
    )
    return file
