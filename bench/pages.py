"""Ten thousand pages that fall due in the same second, to ten thousand people.

All is written before: the rows of a personal rule are there from the page on. What counts is how
long the first and the last of them take to the server that they are handed to, and how far that is
from handing over as many mails that nobody had to look up or write.
"""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP

from tests.crash.desk import Desk, a_desk
from tests.crash.sink import Sink, a_sink

from bench.alerts import ROOT
from bench.figures import Figure, below, plain

PEOPLE = int(os.environ.get("REDPHONE_BENCH_PAGES", "10000"))
INCIDENTS = max(1, PEOPLE // 100)
LEAD = 4.0
"""Seconds between writing down when they fall due and that moment."""


def measure() -> list[Figure]:
    """The pages, handed to a sink of this machine; then the sink alone."""
    with a_sink() as sink:
        raw = _raw(sink, min(PEOPLE, 2000))
        sink.mails.clear()
        with a_desk(smtp_port=sink.port, shared_buffers="512MB") as desk:
            fill(desk, "pages", str(PEOPLE), str(INCIDENTS))
            for number in "12":
                desk.add(f"worker{number}", "worker")
            desk.add("clock", "clock")
            due = _fall_due(desk)
            desk.wait(lambda: len(_pages(sink)) >= PEOPLE, "all pages are handed over", 240)
            times = sorted(_pages(sink).values())
    took = times[-1] - due
    return [
        below("pages due at once: first handed over", (times[0] - due) * 1000, "ms", 1000),
        below(f"pages due at once: last of {PEOPLE}", took, "s", 60),
        plain("pages due at once: a second", PEOPLE / took, "/s"),
        plain("pages due at once: mails a second past the desk", raw, "/s"),
        plain("pages due at once: share of that", PEOPLE / took / raw, ""),
    ]


def fill(desk: Desk, *what: str) -> None:
    """Fill a desk: see `bench.fill`."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.fill", *what],
        env=desk.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def _fall_due(desk: Desk) -> float:
    """Have all fall due in the same second; that moment by the clock of the sink."""
    time.sleep(3)  # The workers are up.
    began = time.monotonic()  # To write it down for ten thousand takes a while itself.
    desk.sql(
        "update delivery set next_try_at = now() + make_interval(secs => %s) "
        "where purpose = 'page' and address like 'page-%%' returning 1",
        LEAD,
    )
    return began + LEAD


def _pages(sink: Sink) -> dict[str, float]:
    first: dict[str, float] = {}
    for mail in list(sink.mails):
        if mail.to.startswith("page-"):
            first.setdefault(mail.to, mail.at)
    return first


def _raw(sink: Sink, count: int) -> float:
    """Mails a second that the sink takes from two processes, as many as there are workers."""
    script = f"from bench.pages import send_raw; send_raw({sink.port}, {count // 2})"
    running = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=os.environ)
        for _ in range(2)
    ]
    assert [each.wait(120) for each in running] == [0, 0]
    taken = [mail.at for mail in sink.mails]
    return len(taken) / (max(taken) - min(taken))


def send_raw(port: int, count: int) -> None:
    """So many mails from four connections, written once for all."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Raw", "a@desk.example", "raw@desk.example"
    mail.set_content("A page that nobody had to write.\n" * 120)
    threads = [
        threading.Thread(target=_send, args=(port, count // 4, mail.as_bytes(policy=SMTP)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(port: int, count: int, mail: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for _ in range(count):
            server.sendmail("a@desk.example", "raw@desk.example", mail)
