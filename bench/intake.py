"""Intake: reports committed a second over HTTP, against raw PostgreSQL writing the same rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.crash.desk import Desk, a_desk, free_port, post

from bench import raw
from bench.figures import Figure, at_least, percentile, plain

ROUNDS = 3
SECONDS = 5
CONNECTIONS = 32
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Load:
    """What the client saw: seconds in all, and each accepted report's wait in seconds."""

    took: float
    waits: list[float]


def measure() -> list[Figure]:
    """Two shapes: each report is a trouble of its own, and all reports are of one trouble."""
    with a_desk(smtp_port=free_port(), shared_buffers="512MB", max_wal_size="4GB") as desk:
        desk.add("web", "web")
        desk.await_web()
        token = desk.token("mira@nordwind.example")
        return [*_shape(desk, token, joins=False), *_shape(desk, token, joins=True)]


def _shape(desk: Desk, token: str, *, joins: bool) -> list[Figure]:
    key = "one-trouble" if joins else ""
    name = "intake, one outage" if joins else "intake, own incidents"
    file, rows = _script(desk, token, key)
    _load(desk, token, key, 2)  # Warm up.
    rates, waits, limits, ours, theirs = [], [], [], [], []
    for _ in range(ROUNDS):
        before = processor_time(desk)
        found = _load(desk, token, key, SECONDS)
        ours.append((processor_time(desk) - before) / len(found.waits))
        rates.append(len(found.waits) / found.took)
        waits.append(percentile(found.waits, 0.99))
        before = processor_time(desk)
        limits.append(raw.pgbench(desk, file, seconds=SECONDS, connections=CONNECTIONS))
        theirs.append((processor_time(desk) - before) / (limits[-1] * SECONDS))
    ratio = median(rate / limit for rate, limit in zip(rates, limits, strict=True))
    return [
        plain(f"{name}: reports committed", median(rates), "1/s"),
        plain(f"{name}: p99 at {CONNECTIONS} connections", median(waits) * 1000, "ms"),
        plain(f"{name}: raw PostgreSQL, {rows} rows a report", median(limits), "1/s"),
        at_least(f"{name}: ratio to raw", ratio, "", 0.25),
        plain(f"{name}: processor time of web and database", median(ours) * 1000, "ms"),
        plain(f"{name}: processor time of raw PostgreSQL", median(theirs) * 1000, "ms"),
    ]


def _script(desk: Desk, token: str, key: str) -> tuple[Path, int]:
    """The rows of one report of this shape; of one that joins, the second one's."""
    body = {
        "description": "The dashboard is down for everyone here, nobody can sign in since noon."
    }
    if key:
        body["join_key"] = key
        post(f"{desk.address}/api/v1/reports", token, body)
    answer = post(f"{desk.address}/api/v1/reports", token, body, "the one that is copied" + key)
    assert answer is not None
    assert answer[0] == 201, answer
    file = desk.folder / f"raw{key}.sql"
    told = answer[1]
    rows = raw.script(
        desk, case=told["case"], incident=told["incident"], joins=bool(key), file=file
    )
    return file, rows


def _load(desk: Desk, token: str, key: str, seconds: int) -> Load:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench.client", desk.address, token),
            *(str(seconds), str(CONNECTIONS), key),
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


def processor_time(desk: Desk, name: str = "web") -> float:
    """Seconds of processor that a process of the desk and its database have used so far.

    Of a process with whatever it started, also what has ended: pgbench's connections do.
    """
    running = desk.processes[name].running
    roots = [pid for pid in (running and running.pid, desk.cluster.pid) if pid]
    return sum(_used(root) for root in roots)


def _used(root: int) -> float:
    ticks, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
        # User and system time, of itself and of the children that it has seen end.
        ticks += sum(map(int, stat[11:15]))
        waiting += map(int, below)
    return ticks / os.sysconf("SC_CLK_TCK")
