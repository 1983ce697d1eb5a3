"""The clock loop: it does what is due, sleeps until the next moment, and is hard to kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from redphone.actions import duty
from redphone.clock import now
from redphone.jobs.clock_loop import LONGEST_SLEEP, SHORTEST_SLEEP, Loop
from redphone.records.models import DeadlineRow, EntryRow, Heartbeat, Report

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def kinds(ref: str | None) -> list[str]:
    return list(EntryRow.objects.filter(stream=ref).order_by("seq").values_list("kind", flat=True))


def running_in_a_thread(loop: Loop) -> threading.Thread:
    def run() -> None:
        loop.run()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for(what: Any, within: float = 10.0) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return False


def test_a_pass_does_what_is_due_and_asks_for_the_next_moment(cast: Cast) -> None:
    at = now()
    taken = cast.report(cast.mira, at=at - 5 * MINUTE)
    loop = Loop()

    loop.turn(at)

    assert kinds(taken.incident).count("asked") == 2
    assert not DeadlineRow.objects.filter(outcome="running", next_at__lte=at).exists()


def test_it_sleeps_until_the_next_moment_and_a_second_at_most(cast: Cast) -> None:
    at = now()
    idle = Loop().turn(at)
    cast.report(cast.mira, at=at - 5 * MINUTE + timedelta(seconds=0.4))
    DeadlineRow.objects.filter(next_at__lte=now()).update(next_at=at + MINUTE)

    soon = Loop().turn(now())

    assert idle == LONGEST_SLEEP
    assert SHORTEST_SLEEP <= soon <= 0.4


def test_a_moment_is_kept_to_within_a_fraction_of_a_second(cast: Cast) -> None:
    """The ladder climbs at five minutes: watched by a loop in real time."""
    taken = cast.report(cast.mira, at=now() - 5 * MINUTE + timedelta(seconds=1.2))
    loop = Loop()
    thread = running_in_a_thread(loop)

    came = wait_for(lambda: kinds(taken.incident).count("asked") == 2)
    loop.stop.set()
    thread.join()

    assert came
    ask = EntryRow.objects.filter(stream=taken.incident, kind="asked").order_by("seq").last()
    first = EntryRow.objects.filter(stream=taken.incident, kind="asked").order_by("seq").first()
    assert ask is not None
    assert first is not None
    assert timedelta() <= ask.recorded_at - first.at - 5 * MINUTE < timedelta(seconds=0.7)


def test_loops_side_by_side_do_each_thing_once(cast: Cast) -> None:
    at = now()
    refs = [cast.report(cast.mira, at=at - 40 * MINUTE).incident for _ in range(4)]
    loops = [Loop() for _ in range(3)]
    threads = [running_in_a_thread(loop) for loop in loops]

    done = wait_for(lambda: not DeadlineRow.objects.filter(next_at__lte=now()).exists())
    for loop, thread in zip(loops, threads, strict=True):
        loop.stop.set()
        thread.join()

    assert done
    alone = [kind for kind in kinds(refs[0]) if kind != "delivery_failed"]
    for ref in refs:
        rows = EntryRow.objects.filter(stream=ref, kind__in=("missed", "warned"))
        marks = [(row.kind, row.data["clock"], tuple(row.data["clauses"])) for row in rows]
        assert len(marks) == len(set(marks))
        assert kinds(ref) == alone


def test_a_stream_that_fails_neither_spins_nor_holds_up_the_rest(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now()
    bad, good = (cast.report(cast.mira, at=at - 6 * MINUTE) for _ in range(2))
    handle = duty.handle_streams

    def broken(refs: list[str], *, at: datetime) -> int:
        if bad.incident in refs:
            raise RuntimeError("a mistake in one stream")
        return handle(refs, at=at)

    monkeypatch.setattr(duty, "handle_streams", broken)
    loop = Loop()

    sleeps = [loop.turn(at) for _ in range(12)]

    assert kinds(good.incident).count("asked") == 2
    assert sleeps[-1] > 10 * SHORTEST_SLEEP
    assert max(sleeps) <= LONGEST_SLEEP


def test_it_goes_on_when_the_database_was_away(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends every connection when it restarts."""
    taken = cast.report(cast.mira, at=now() - 5 * MINUTE + timedelta(seconds=1.5))
    loop = Loop()
    thread = running_in_a_thread(loop)
    wait_for(lambda: Heartbeat.objects.filter(kind="clock").exists())

    with connection.cursor() as cursor:
        cursor.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity "
            "where pid <> pg_backend_pid() and datname = current_database()"
        )
    came = wait_for(lambda: kinds(taken.incident).count("asked") == 2)
    loop.stop.set()
    thread.join()

    assert came


def test_it_pauses_ever_longer_while_the_database_stays_away(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = Loop()

    def away(at: datetime) -> float:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(loop, "turn", away)

    pauses = [loop._turn() for _ in range(9)]

    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert max(pauses) == 5.0


def test_it_opens_the_case_of_a_report_that_has_none(cast: Cast) -> None:
    report = Report.objects.create(
        channel="button",
        received_at=now() - MINUTE,
        raw=b"down",
        content_type="text/plain",
        description="The dashboard is down for everyone.",
        contact="",
    )

    Loop().turn(now())

    report.refresh_from_db()
    assert report.case_ref is not None


def test_it_wakes_a_worker_for_rows_whose_job_was_lost(cast: Cast) -> None:
    cast.report(cast.mira, at=now())
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")

    Loop().turn(now())
    Loop().turn(now())

    with connection.cursor() as cursor:
        cursor.execute("select task_name from procrastinate_jobs where status = 'todo'")
        assert cursor.fetchall() == [("redphone.jobs.tasks.deliver",)]


def test_a_quiet_pass_asks_little(cast: Cast) -> None:
    cast.report(cast.mira, at=now())
    loop = Loop()
    loop.turn(now())

    with CaptureQueriesContext(
        connection,
    ) as asked:
        loop.turn(now())

    assert len(asked) == 2


def test_sigterm_ends_it_in_order(cast: Cast, tmp_path: Path) -> None:
    environment = child_environment(tmp_path)
    loop = subprocess.Popen(
        [sys.executable, "-m", "redphone.cli", "clock"], env=environment, stderr=subprocess.PIPE
    )
    lives = wait_for(lambda: Heartbeat.objects.filter(kind="clock").exists(), within=30)

    loop.send_signal(signal.SIGTERM)
    _, told = loop.communicate(timeout=10)

    assert lives
    assert loop.returncode == 0, told.decode()
    assert not Heartbeat.objects.filter(kind="clock").exists()


def child_environment(folder: Path) -> dict[str, str]:
    there = settings.DATABASES["default"]
    return {
        **os.environ,
        "REDPHONE_DATABASE_URL": f"postgresql://{there['USER']}@/{there['NAME']}?host={there['HOST']}",
        "REDPHONE_SECRET_KEY": "only for this test, and long enough for it",
        "REDPHONE_DATA": str(folder),
    }
