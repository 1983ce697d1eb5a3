"""A desk with 10,000 open cases: its board; then with 100,000 entries: `redphone verify`."""

from __future__ import annotations

import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.crash.desk import Desk, a_desk, free_port

from bench.figures import Figure, below, percentile, plain

CASES = 10_000
INCIDENTS = 100
LIVES = 4
PAGES = 100
ROOT = Path(__file__).parents[1]

SESSION = """
import django; django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from redphone.records.models import Person
who = Person.objects.get(email="ines@redphone.example")
store = SessionStore()
store[SESSION_KEY] = str(who.pk)
store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
store[HASH_SESSION_KEY] = who.get_session_auth_hash()
store.create()
print(settings.SESSION_COOKIE_NAME + "=" + store.session_key)
"""


def measure() -> list[Figure]:
    """The board first, while everything is open; then each incident lives on for the ledger."""
    with a_desk(smtp_port=free_port(), shared_buffers="512MB", max_wal_size="4GB") as desk:
        fill(desk, "open", CASES, INCIDENTS)
        desk.sql("analyze")
        desk.add("web", "web")
        desk.await_web()
        found = _pages(desk)
        desk.processes.pop("web").kill()
        fill(desk, "lives", LIVES)
        desk.sql("analyze")
        return [*found, *_verify(desk)]


def fill(desk: Desk, what: str, *numbers: float) -> None:
    """See `bench.fill`."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.fill", what, *map(str, numbers)],
        cwd=ROOT,
        env=desk.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _pages(desk: Desk) -> list[Figure]:
    """The board, and the pages of the latest incident and case, which look for others alike."""
    cookie = _sign_in(desk)
    [[room]] = desk.sql("select ref from incident order by number desc limit 1")
    [[case]] = desk.sql("""select ref from "case" order by number desc limit 1""")
    return [
        *_page(desk, cookie, "board", "/now/"),
        *_page(desk, cookie, "room", f"/incidents/{room}/"),
        *_page(desk, cookie, "case", f"/cases/{case}/"),
    ]


def _page(desk: Desk, cookie: str, name: str, path: str) -> list[Figure]:
    connection = HTTPConnection("127.0.0.1", desk.port)
    waits: list[float] = []
    size = 0
    for number in range(PAGES + 10):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        size = len(answer.read())
        assert answer.status == 200, answer.status
        if number >= 10:
            waits.append((time.perf_counter() - began) * 1000)
    connection.close()
    open_cases = desk.sql("""select count(*) from "case" where status = 'open'""")[0][0]
    return [
        plain(f"{name}: open cases", open_cases, "cases"),
        plain(f"{name}: size", size / 1024, "KiB"),
        plain(f"{name}: p50", percentile(waits, 0.5), "ms"),
        below(f"{name}: p99", percentile(waits, 0.99), "ms", 100),
    ]


def _sign_in(desk: Desk) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        env={**desk.environment, "DJANGO_SETTINGS_MODULE": "redphone.config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


def _verify(desk: Desk) -> list[Figure]:
    entries = desk.sql("select count(*) from entry")[0][0]
    began = time.perf_counter()
    done = desk.run("verify")
    took = time.perf_counter() - began
    assert done.returncode == 0, done.stdout[:2000] + done.stderr[-2000:]
    return [
        plain("verify: entries", entries, "entries"),
        plain("verify: whole command", took, "s"),
        plain("verify: per 100,000 entries", took / entries * 100_000, "s"),
    ]
