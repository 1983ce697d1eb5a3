"""From a report over HTTP to its page handed to an SMTP server, with all processes at work."""

from __future__ import annotations

import time

from tests.crash.desk import Desk, a_desk, post
from tests.crash.sink import Sink, a_sink

from bench.figures import Figure, below, percentile, plain

REPORTS = 120
EVERY = 0.25


def measure() -> list[Figure]:
    """One report after the other, each a trouble of its own, until each has paged somebody."""
    with a_sink() as sink, a_desk(smtp_port=sink.port) as desk:
        desk.add("web", "web")
        desk.add("clock", "clock")
        desk.add("worker", "worker")
        desk.await_web()
        token = desk.token("ana@redphone.example")
        for _ in range(5):
            _report(desk, token)  # Warm up.
        time.sleep(3)
        sent = {}
        for _ in range(REPORTS):
            began = time.monotonic()
            sent[_report(desk, token)] = began
            time.sleep(max(0.0, began + EVERY - time.monotonic()))
        desk.wait(lambda: sent.keys() <= _paged(sink).keys(), "every report has paged")
        paged = _paged(sink)
    waits = [(paged[ref] - began) * 1000 for ref, began in sent.items()]
    return [
        plain("report to page at SMTP: p50", percentile(waits, 0.5), "ms"),
        below("report to page at SMTP: p99", percentile(waits, 0.99), "ms", 1000),
    ]


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
