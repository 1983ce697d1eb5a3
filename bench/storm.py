"""A storm: 20,000 alerts and 2,000 mails in a minute, while pages still go out.

One monitor repeats itself, another reports a new trouble each time, and in between reports come by
the API, each of which pages somebody. How long those pages take is what counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.crash.desk import Desk, a_desk, free_port, post
from tests.crash.sink import Sink, a_sink

from bench.alerts import ROOT, door, load
from bench.figures import Figure, at_least, below, percentile, plain
from bench.intake import Load
from bench.mails import is_open
from redphone import clock

SECONDS = int(os.environ.get("REDPHONE_STORM_SECONDS", "60"))
ALERTS = 20_000 * SECONDS // 60
MAILS = 2_000 * SECONDS // 60
NEW_SHARE = 0.5
EVERY = 1.0


@dataclass
class Storm:
    """What the threads of the load bring back."""

    desk: Desk
    loads: dict[str, Load] = field(default_factory=dict)
    mail: dict[str, Any] = field(default_factory=dict)

    def alerts(self, token: str, kind: str, a_second: int) -> threading.Thread:
        def run() -> None:
            self.loads[kind] = load(self.desk, token, SECONDS, 16, kind, a_second)

        return _started(run)

    def mails(self, port: int) -> threading.Thread:
        def run() -> None:
            command = [sys.executable, "-m", "bench.storm_mails", str(port)]
            done = subprocess.run(
                [*command, str(MAILS), str(SECONDS)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
            self.mail = json.loads(done.stdout)

        return _started(run)


def _started(run: object) -> threading.Thread:
    assert callable(run)
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def measure() -> list[Figure]:
    """The storm, and the pages in it."""
    with a_sink() as sink, a_desk(smtp_port=sink.port, shared_buffers="512MB") as desk:
        port = free_port()
        desk.environment["REDPHONE_MAIL_IN"] = f"smtp://127.0.0.1:{port}"
        for name in ("web", "clock", "worker", "mail"):
            desk.add(name, name)
        desk.await_web()
        desk.wait(lambda: is_open(port), "the mail door answers")
        steady, new = door(desk, "Steady"), door(desk, "Falling apart")
        token = desk.token("ana@redphone.example")
        load(desk, steady, 1, 4, "repeat")
        _report(desk, token)
        time.sleep(2)
        storm = Storm(desk)
        a_second = ALERTS // SECONDS
        threads = [
            storm.alerts(steady, "repeat", round(a_second * (1 - NEW_SHARE)) + 1),
            storm.alerts(new, "new", round(a_second * NEW_SHARE) + 1),
            storm.mails(port),
        ]
        sent = _reports(desk, token)
        for thread in threads:
            thread.join()
        desk.wait(lambda: sent.keys() <= _paged(sink).keys(), "every report has paged", 120)
        paged = _paged(sink)
        waiting = "select count(*) from alert where became = 'waiting'"
        desk.wait(lambda: desk.sql(waiting) == [(0,)], "all alerts are settled", 120)
        ((stored, mails),) = desk.sql(
            "select (select count(*) from alert), (select count(*) from received_mail)"
        )
        fired = _fired(desk)
        desk.wait(lambda: fired.keys() <= _paged(sink).keys(), "every alert has paged", 120)
        paged = _paged(sink)
    waits = [(paged[ref] - began) * 1000 for ref, began in sent.items()]
    alarms = [paged[ref] - at for ref, at in fired.items()]
    answers = [wait * 1000 for each in storm.loads.values() for wait in each.waits]
    taken = sum(len(each.waits) for each in storm.loads.values())
    assert stored >= taken
    assert storm.mail, "the load of mails has failed"
    assert not storm.mail["refused"], storm.mail["refused"][:5]
    assert mails >= len(storm.mail["waits"]) == MAILS
    mailed = [wait * 1000 for wait in storm.mail["waits"]]
    return [
        at_least("storm: alerts taken, each committed", taken, "alerts", ALERTS),
        plain("storm: in so many seconds", max(e.took for e in storm.loads.values()), "s"),
        plain("storm: p99 of the alerts' answers", percentile(answers, 0.99), "ms"),
        at_least("storm: mails taken, each committed", len(mailed), "mails", MAILS),
        plain("storm: in so many seconds", storm.mail["took"], "s"),
        plain("storm: mails told to come later", storm.mail["put_off"], "mails"),
        plain("storm: p99 from a mail's turn to its 250", percentile(mailed, 0.99), "ms"),
        plain("storm: alert to page at SMTP, the slowest", max(alarms) * 1000, "ms"),
        plain("storm: report to page at SMTP, p50", percentile(waits, 0.5), "ms"),
        below("storm: report to page at SMTP, p99", percentile(waits, 0.99), "ms", 2000),
    ]


def _fired(desk: Desk) -> dict[str, float]:
    """When the alert of each incident that an alert opened came in, by the monotonic clock."""
    rows = desk.sql(
        "select i.ref, min(a.received_at) from incident i "
        "join alert a on a.incident_id = i.number "
        "where a.became = 'opened' or a.case_ref is not null group by i.ref"
    )
    ahead = clock.now().timestamp() - time.monotonic()
    return {ref: at.timestamp() - ahead for ref, at in rows}


def _reports(desk: Desk, token: str) -> dict[str, float]:
    """Reports one after the other through the storm: when each incident was reported."""
    sent: dict[str, float] = {}
    until = time.monotonic() + SECONDS
    while (began := time.monotonic()) < until:
        sent[_report(desk, token)] = began
        time.sleep(max(0.0, began + EVERY - time.monotonic()))
    return sent


def _report(desk: Desk, token: str) -> str:
    body = {"description": "The dashboard is down for everyone here, nobody can sign in."}
    answer = post(f"{desk.address}/api/v1/reports", token, body)
    assert answer is not None
    assert answer[0] == 201, answer
    return str(answer[1]["incident"])


def _paged(sink: Sink) -> dict[str, float]:
    """When the first mail about each incident was taken: that is its page."""
    first: dict[str, float] = {}
    for mail in list(sink.mails):
        if mail.ref.startswith("INC-"):
            first.setdefault(mail.ref, mail.at)
    return first
