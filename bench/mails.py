"""Mails a second through the SMTP door, each committed before its 250, against raw PostgreSQL.

The raw figure is pgbench: one row of the same size a commit, on the same number of connections.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from smtplib import SMTP
from statistics import median
from typing import Any

from tests.crash.desk import Desk, a_desk, free_port

from bench import raw
from bench.figures import Figure, at_least, percentile, plain
from bench.intake import processor_time

ROUNDS = 3
SECONDS = 5
CONNECTIONS = 32
ROOT = Path(__file__).parents[1]
TABLE = "create table if not exists bench_mail (id bigserial primary key, raw bytea not null)"
INSERT = "insert into bench_mail (raw) values (decode(repeat('5a', 3000), 'hex'));\n"


def measure() -> list[Figure]:
    """Mails of 3 KB that each open a case with an incident of its own."""
    with a_desk(smtp_port=free_port(), shared_buffers="512MB", max_wal_size="4GB") as desk:
        port = free_port()
        desk.environment["REDPHONE_MAIL_IN"] = f"smtp://127.0.0.1:{port}"
        desk.add("mail", "mail")
        desk.wait(lambda: is_open(port), "the mail door answers")
        script = desk.folder / "raw-mail.sql"
        script.write_text(INSERT)
        desk.sql(TABLE)
        _load(port, 2)  # Warm up.
        rates, waits, limits, costs = [], [], [], []
        for _ in range(ROUNDS):
            before = processor_time(desk, "mail")
            found = _load(port, SECONDS)
            costs.append((processor_time(desk, "mail") - before) / len(found["waits"]))
            rates.append(len(found["waits"]) / found["took"])
            waits.append(percentile(found["waits"], 0.99))
            limits.append(raw.pgbench(desk, script, seconds=SECONDS, connections=CONNECTIONS))
        _every_mail_is_a_case(desk)
    ratio = median(rate / limit for rate, limit in zip(rates, limits, strict=True))
    return [
        at_least("mail: mails committed before their 250", median(rates), "1/s", 100),
        plain(f"mail: p99 at {CONNECTIONS} connections", median(waits) * 1000, "ms"),
        plain("mail: processor time of door and database", median(costs) * 1000, "ms"),
        plain("mail: raw PostgreSQL, one row of 3 KB a commit", median(limits), "1/s"),
        plain("mail: ratio to raw", ratio, ""),
    ]


def is_open(port: int) -> bool:
    try:
        with SMTP("127.0.0.1", port, timeout=2) as line:
            line.ehlo()
            line.mail("a@b.example")
            return line.rcpt("urgent@ourcompany.com")[0] == 250
    except OSError:
        time.sleep(0.1)
        return False


def _load(port: int, seconds: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.mail_client", str(port), str(seconds), str(CONNECTIONS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert not found["refused"], found["refused"][:5]
    assert found["waits"]
    return found


def _every_mail_is_a_case(desk: Desk) -> None:
    ((mails, cases),) = desk.sql(
        "select (select count(*) from received_mail), "
        "(select count(*) from report where case_ref is not null)"
    )
    assert mails == cases, (mails, cases)
