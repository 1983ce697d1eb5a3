"""The IMAP door against Debian's own Dovecot: IDLE, moved mails, and a mail fetched twice."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connections
from imapclient import SEEN, IMAPClient
from pytest_django import Settings
from tests.conftest import Cast
from tests.integration.mails import letter

from redphone.channels.mail.doors import Mailbox, mailbox
from redphone.jobs.mail_imap import Folder
from redphone.records.models import CaseRow, Heartbeat, MailboxPosition, ReceivedMail

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_login_user = {user}
first_valid_uid = 1
mail_uid = {user}
mail_gid = {group}
default_internal_group = {group}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A real IMAP server with one user."""

    port: int

    def box(self, folders: str = "INBOX", done: str = "") -> Mailbox:
        return mailbox(f"imap://desk:secret@127.0.0.1:{self.port}/{folders}?done={done}")

    def put(self, raw: bytes, folder: str = "INBOX") -> None:
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.append(folder, raw)

    def client(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10)
        client.login("desk", "secret")
        return client


@pytest.fixture(scope="module")
def dovecot(data_folder: Path) -> Iterator[Dovecot]:
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        pytest.skip("No Dovecot here: 'apt-get install dovecot-imapd' brings these tests back.")
    folder = data_folder / "dovecot"
    for name in ("run", "state", "mail", "home"):
        (folder / name).mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user, group = _owner(folder)
    config = folder / "dovecot.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, user=user, group=group))
    log = (folder / "started").open("wb")
    process = subprocess.Popen([program, "-F", "-c", str(config)], stdout=log, stderr=log)
    try:
        _await(port, process, folder)
        yield Dovecot(port)
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _owner(folder: Path) -> tuple[str, str]:
    """Who the server runs as: it refuses to serve mail as root."""
    import grp
    import pwd

    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return me.pw_name, grp.getgrgid(me.pw_gid).gr_name
    for name in ("mail", "home"):
        shutil.chown(folder / name, "nobody", "nogroup")
    return "nobody", "nogroup"


def _await(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
                if sock.recv(100).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.05)
    said = (folder / "started").read_text() + (
        (folder / "log").read_text() if (folder / "log").exists() else ""
    )
    pytest.skip(f"Dovecot does not start here: {said[-800:]}")


@pytest.fixture
def watch(cast: Cast) -> Iterator[Callable[[Mailbox], None]]:
    """Runs the door's own thread for each folder of a mailbox."""
    stop, threads = threading.Event(), []

    def start(box: Mailbox) -> None:
        for name in box.folders:
            thread = threading.Thread(target=Folder(box, name, stop, idle_for=2.0).run)
            thread.start()
            threads.append(thread)

    yield start
    stop.set()
    for thread in threads:
        thread.join(10)
    connections.close_all()


def wait(done: Callable[[], bool], within: float = 15) -> None:
    until = time.monotonic() + within
    while not done():
        assert time.monotonic() < until, "it has not happened"
        time.sleep(0.05)


def test_a_mail_is_a_case_at_once_by_idle_and_is_moved_after_its_commit(
    cast: Cast, dovecot: Dovecot, watch: Callable[[Mailbox], None]
) -> None:
    dovecot.put(letter(cast.mira.email, "before we looked").as_bytes())
    watch(dovecot.box(done="Taken"))
    wait(lambda: CaseRow.objects.count() == 1)
    wait(lambda: Heartbeat.objects.filter(kind="imap/INBOX").exists())
    time.sleep(0.3)

    began = time.monotonic()
    dovecot.put(letter(cast.jon.email, "while we idle").as_bytes())
    wait(lambda: CaseRow.objects.count() == 2)

    assert time.monotonic() - began < 10
    with dovecot.client() as client:
        wait(lambda: client.folder_status("Taken", ["MESSAGES"])[b"MESSAGES"] == 2)
    assert {mail.door for mail in ReceivedMail.objects.all()} == {"imap"}


def test_several_folders_are_read(
    cast: Cast, dovecot: Dovecot, watch: Callable[[Mailbox], None]
) -> None:
    dovecot.put(letter(cast.mira.email).as_bytes(), "Urgent")
    dovecot.put(letter(cast.jon.email).as_bytes(), "Late")

    watch(dovecot.box("Urgent,Late"))

    wait(lambda: CaseRow.objects.count() == 2)
    wait(lambda: MailboxPosition.objects.count() == 2)


def test_a_folder_read_anew_gives_no_second_case(cast: Cast, dovecot: Dovecot) -> None:
    dovecot.put(letter(cast.mira.email).as_bytes(), "Twice")
    box = dovecot.box("Twice")
    folder = Folder(box, "Twice", threading.Event())

    with dovecot.client() as server:
        first = folder.read(server)
        MailboxPosition.objects.update(uid_validity=1, last_uid=0)
        again = folder.read(server)
        last = folder.read(server)

    assert (first, again, last) == (1, 1, 0)
    assert CaseRow.objects.count() == 1


def test_old_mail_of_a_new_mailbox_rings_nobody(cast: Cast, dovecot: Dovecot) -> None:
    dovecot.put(letter(cast.mira.email, "years ago").as_bytes(), "Old")
    folder = Folder(dovecot.box("Old"), "Old", threading.Event())

    with dovecot.client() as server:
        server.select_folder("Old")
        server.add_flags(server.search(), [SEEN])
        first = folder.read(server)
        server.append("Old", letter(cast.jon.email, "now").as_bytes(), flags=[SEEN])
        second = folder.read(server)

    assert (first, second) == (0, 1)
    assert CaseRow.objects.get().reporter == cast.jon


def test_a_mail_that_was_not_committed_is_neither_marked_nor_passed_over(
    cast: Cast, dovecot: Dovecot
) -> None:
    dovecot.put(letter(cast.mira.email).as_bytes(), "Crash")

    def dies(mails: object) -> list[object]:
        raise KeyboardInterrupt

    with dovecot.client() as server:
        with pytest.raises(KeyboardInterrupt):
            Folder(dovecot.box("Crash"), "Crash", threading.Event(), take=dies).read(server)
        unseen = server.search(["UNSEEN"])
        taken = Folder(dovecot.box("Crash"), "Crash", threading.Event()).read(server)

    assert len(unseen) == taken == 1
    assert CaseRow.objects.count() == 1


def test_a_mailbox_that_nobody_can_read_shows_on_the_health_page(
    cast: Cast, settings: Settings
) -> None:
    from datetime import timedelta

    from tests.conftest import NOON

    from redphone.actions import alarms
    from redphone.jobs import heartbeats

    settings.MAIL_BOX = mailbox("imap://desk:secret@127.0.0.1:9/INBOX")
    heartbeats.beat("imap/INBOX", at=NOON)

    def found(after: int) -> set[str]:
        return {trouble.key for trouble in alarms.troubles(at=NOON + timedelta(minutes=after))}

    assert "no-imap/INBOX" not in found(1)
    assert "no-imap/INBOX" in found(10)
