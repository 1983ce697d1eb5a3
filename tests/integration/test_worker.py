"""Real worker processes: a report becomes a page in somebody's mailbox, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection

from redphone.actions import claims
from redphone.clock import now
from redphone.records.models import Delivery, Heartbeat
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import MailRoom

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@contextmanager
def worker(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    there = settings.DATABASES["default"]
    where = f"postgresql://{there['USER']}@/{there['NAME']}?host={there['HOST']}"
    environment = {
        **os.environ,
        "REDPHONE_DATABASE_URL": where,
        "REDPHONE_SECRET_KEY": "only for this test, and long enough for it",
        "REDPHONE_DATA": str(folder),
        "REDPHONE_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "redphone.cli", "worker"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(what: Callable[[], bool], within: float = 40.0) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return False


def is_at_work() -> bool:
    return Heartbeat.objects.filter(kind="worker").exists()


def all_sent() -> bool:
    return not Delivery.objects.exclude(state=State.SENT).exists()


def test_a_report_is_a_page_in_a_mailbox_soon(
    cast: Cast, mail_room: MailRoom, tmp_path: Path
) -> None:
    with worker(tmp_path, mail_room.port):
        assert wait_for(is_at_work)
        began = time.monotonic()
        cast.report(cast.mira, at=now())

        came = wait_for(lambda: bool(mail_room.to(cast.ana.email)))
        took = time.monotonic() - began

    assert came
    # A second on a quiet machine (the bench measures it); here others may be at work too.
    assert took < 5


def test_two_workers_send_nothing_twice(cast: Cast, mail_room: MailRoom, tmp_path: Path) -> None:
    with worker(tmp_path, mail_room.port), worker(tmp_path, mail_room.port):
        assert wait_for(is_at_work)
        for _ in range(15):
            cast.report(cast.mira, at=now())

        assert wait_for(all_sent)

    assert len(mail_room.mails) == Delivery.objects.count() == 30
    assert len({str(mail["Message-ID"]) for mail in mail_room.mails}) == 30


def test_a_worker_finds_by_itself_what_has_no_job(
    cast: Cast, mail_room: MailRoom, tmp_path: Path
) -> None:
    cast.report(cast.mira, at=now())
    with connection.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")

    with worker(tmp_path, mail_room.port):
        assert wait_for(all_sent)


def test_another_worker_takes_over_from_a_killed_one(
    cast: Cast, mail_room: MailRoom, tmp_path: Path
) -> None:
    """The killed one held the row and the job; its lease has run out."""
    cast.report(cast.mira, at=now() - 2 * claims.LEASE)
    held = claims.claim(at=now() - 2 * claims.LEASE, limit=10)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing'")

    with worker(tmp_path, mail_room.port):
        assert wait_for(all_sent)

    assert len(held) == 2
    assert set(Delivery.objects.values_list("tries", flat=True)) == {2}
    assert len(mail_room.mails) == 2


def test_sigterm_ends_a_worker_soon(cast: Cast, mail_room: MailRoom, tmp_path: Path) -> None:
    with worker(tmp_path, mail_room.port) as process:
        assert wait_for(is_at_work)

        process.send_signal(signal.SIGTERM)

        assert wait_for(lambda: process.poll() is not None, within=5)
