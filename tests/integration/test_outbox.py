"""The mailbox of a desk on trial: mail comes in by real SMTP, and is there to look at."""

from __future__ import annotations

import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from redphone.actions import deliveries
from redphone.channels.mail.fake import FakeMail
from redphone.channels.mail.send import SmtpMail
from redphone.clock import now
from redphone.config import urls
from redphone.core.message import Message, Sent
from redphone.jobs import mailbox

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "127.0.0.1"
FAR = "203.0.113.9"


@pytest.fixture
def outbox(settings: Settings, tmp_path: Path) -> Path:
    """The folder of a desk whose mailbox is on."""
    settings.OUTBOX_DIR = tmp_path
    routes = ModuleType("routes")
    routes.urlpatterns = [  # type: ignore[attr-defined]
        path("outbox/", include("redphone.jobs.outbox_urls")),
        *urls.urlpatterns,
    ]
    settings.ROOT_URLCONF = routes
    return tmp_path


def filled(cast: Cast, folder: Path) -> None:
    """Put a page and a receipt into the folder, as the mailbox would."""
    mail = FakeMail()
    cast.report(cast.mira, "<script>alert(1)</script> Nobody can sign in.", at=now())
    deliveries.send_waiting(channel=lambda: mail, now=now)
    for each in mail.mails:
        mailbox.keep(each.as_bytes(), folder)


def names(folder: Path) -> list[str]:
    return sorted(each.stem for each in folder.glob("*.eml"))


def test_all_that_was_sent_is_listed_newest_first(
    cast: Cast, outbox: Path, client: Client
) -> None:
    filled(cast, outbox)

    page = client.get("/outbox/").content.decode()

    assert page.index("we have your report") < page.index("Page INC-")
    assert cast.ana.email in page


def test_a_mail_is_shown_as_text_look_and_headers(
    cast: Cast, outbox: Path, client: Client
) -> None:
    filled(cast, outbox)
    name = names(outbox)[0]

    page = client.get(f"/outbox/{name}/").content.decode()

    assert "You are asked as" in page
    assert re.search(r'<a href="http://localhost:8000/a/[^"]+"', page)
    assert "X-Redphone-Ref" in page
    assert f'src="/outbox/{name}/html/"' in page
    assert "<script>alert" not in page


def test_the_look_of_a_mail_runs_nothing(cast: Cast, outbox: Path, client: Client) -> None:
    filled(cast, outbox)

    look = client.get(f"/outbox/{names(outbox)[0]}/html/")

    assert "default-src 'none'" in look["Content-Security-Policy"]
    assert "sandbox" in look["Content-Security-Policy"]
    assert "script-src" not in look["Content-Security-Policy"]
    assert look["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script>" not in look.content.decode()


def test_strangers_find_nothing_there(cast: Cast, outbox: Path, client: Client) -> None:
    """The mails hold links that answer pages, and new passwords."""
    filled(cast, outbox)
    addresses = ("/outbox/", f"/outbox/{names(outbox)[0]}/", f"/outbox/{names(outbox)[0]}/html/")

    strangers = {client.get(each, REMOTE_ADDR=FAR).status_code for each in addresses}
    through_a_proxy = {
        client.get(each, REMOTE_ADDR=HERE, headers={"x-forwarded-for": FAR}).status_code
        for each in addresses
    }
    client.force_login(cast.mira)
    customers = {client.get(each, REMOTE_ADDR=FAR).status_code for each in addresses}
    client.force_login(cast.ana)
    desk = {client.get(each, REMOTE_ADDR=FAR).status_code for each in addresses}

    assert (strangers, through_a_proxy, customers, desk) == ({404}, {404}, {404}, {200})


def test_only_mails_can_be_asked_for(cast: Cast, outbox: Path, client: Client) -> None:
    (outbox / "secret.eml").write_text("Subject: secret\n\nsecret")

    for name in ("secret", "..%2Fsecret", "%2e%2e", "20261123-120000-000000-abcdef"):
        assert client.get(f"/outbox/{name}/").status_code == 404


def test_an_empty_mailbox_says_what_to_do(cast: Cast, outbox: Path, client: Client) -> None:
    page = client.get("/outbox/").content.decode()

    assert "Nothing was sent yet" in page


def test_the_mailbox_keeps_what_comes_by_smtp_and_ends_in_order(
    tmp_path: Path, settings: Settings
) -> None:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port = probe.getsockname()[1]
    environment = {"REDPHONE_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "redphone.cli", "mailbox", "--port", str(port)]
    box = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = HERE, port
    message = Message(key="k", to="ana@redphone.example", subject="Hi", lines=("·",), thread="T-1")

    wait_for_smtp(port)
    with SmtpMail() as line:
        outcomes = [line.send(replace(message, key=str(n))) for n in range(3)]
    box.send_signal(signal.SIGTERM)
    _, told = box.communicate(timeout=10)

    assert {outcome.sent for outcome in outcomes} == {Sent.TAKEN}
    assert len(names(tmp_path / "outbox")) == 3
    assert not list((tmp_path / "outbox").glob(".*"))
    assert box.returncode == 0, told.decode()


def wait_for_smtp(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            smtplib.SMTP(HERE, port).quit()
        except OSError:
            time.sleep(0.05)
        else:
            return


def test_old_mails_make_room(tmp_path: Path) -> None:
    kept = [mailbox.keep(b"Subject: x\n\nx", tmp_path) for _ in range(5)]
    started = now() - timedelta(minutes=1)

    mailbox.trim(tmp_path, keep=2)

    assert names(tmp_path) == kept[-2:]
    assert kept[0] > f"{started:%Y%m%d}"
