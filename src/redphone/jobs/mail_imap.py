"""The IMAP door: mail out of a mailbox elsewhere, by IDLE where the server has it and by polling.

A mail is flagged or moved only after its commit, and how far a folder was read is a row: what is
fetched twice is one mail. Each folder has a thread and a connection of its own.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections
from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError

from redphone import clock
from redphone.actions import mail_positions
from redphone.channels.mail.arrived import Arrived, Opened
from redphone.channels.mail.doors import Mailbox
from redphone.jobs import heartbeats
from redphone.jobs.mail_gather import Peer, look, take
from redphone.records.models import MailboxPosition

log = logging.getLogger(__name__)

POLL_EVERY = 60.0
"""Seconds between two looks at a folder, whatever IDLE says: servers forget to."""

IDLE_FOR = 20.0
"""Seconds of one IDLE: also how often the heart of a quiet folder beats."""

AT_ONCE = 32
BYTES_AT_ONCE = 32 * 1024 * 1024
"""Mails are fetched into memory: so many at once, and no more of them than this together."""

TIMEOUT = 60.0
LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class Folder:
    """One folder, read for as long as the process lives."""

    box: Mailbox
    folder: str
    stop: threading.Event
    take: Callable[[Sequence[Opened]], Sequence[object]] = take
    idle_for: float = IDLE_FOR
    taken: int = 0
    _pause: float = 1.0

    def run(self) -> None:
        """Read it, and begin again whenever the connection or the database is lost."""
        while not self.stop.is_set():
            try:
                self._session()
            except Exception as error:  # The door must outlive whatever a server does.
                log.warning(
                    "the folder %s can't be read now, and is tried again in %.0f s: %s",
                    self.folder,
                    self._pause,
                    error,
                )
                self.stop.wait(self._pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
            finally:
                connections.close_all()

    def _session(self) -> None:
        with self._connect() as server:
            while not self.stop.is_set():
                self.read(server)
                self._pause = 1.0
                self._wait(server)

    def _connect(self) -> IMAPClient:
        box = self.box
        context = ssl.create_default_context() if box.tls != "none" else None
        server = IMAPClient(
            box.host, box.port, ssl=box.tls == "tls", ssl_context=context, timeout=TIMEOUT
        )
        if box.tls == "starttls":
            server.starttls(context)
        server.login(box.user, box.password)
        return server

    def _wait(self, server: IMAPClient) -> None:
        """Until something new is there, or it is time to look and to say that we live."""
        until = time.monotonic() + POLL_EVERY
        while not self.stop.is_set() and time.monotonic() < until:
            self._beat()
            if not server.has_capability("IDLE"):
                self.stop.wait(min(self.idle_for, POLL_EVERY))
                return
            server.idle()
            try:
                said = self._idle(server)
            finally:
                _, rest = _idle_done(server)
            if _is_news([*said, *rest]):
                return

    def _idle(self, server: IMAPClient) -> list[Any]:
        """Wait in short pieces, so that the end of the process is not held up."""
        until = time.monotonic() + self.idle_for
        while not self.stop.is_set() and time.monotonic() < until:
            if said := server.idle_check(timeout=min(1.0, self.idle_for)):
                return list(said)
        return []

    def _beat(self) -> None:
        heartbeats.beat(f"imap/{self.folder}", at=clock.now(), taken=self.taken)

    def read(self, server: IMAPClient) -> int:
        """Take what is new in the folder; how many mails that were."""
        chosen = server.select_folder(self.folder)
        validity = int(chosen[b"UIDVALIDITY"])
        name = self.box.name(self.folder)
        known = mail_positions.position(name)
        uids = sorted(_new(server, known, validity))
        for some in _batches(uids, _sizes(server, uids)):
            if self.stop.is_set():
                break
            self._take(server, name, validity, some)
        if known is None and not uids:
            # From now on what comes is new, whoever may have read it before we look again.
            newest = int(chosen.get(b"UIDNEXT", 1)) - 1
            mail_positions.remember(name, validity, newest, at=clock.now())
        return len(uids)

    def _take(self, server: IMAPClient, name: str, validity: int, uids: list[int]) -> None:
        found = server.fetch(uids, ["BODY.PEEK[]"])
        at = clock.now()
        mails = [
            look(self._arrived(bytes(parts[b"BODY[]"]), at), Peer(is_near=True))
            for uid in uids
            if (parts := found.get(uid)) and parts.get(b"BODY[]") is not None
        ]
        self.take(mails)
        self.taken += len(mails)
        # All of them are committed: only now the server may hear that we have them.
        mail_positions.remember(name, validity, uids[-1], at=at)
        self._dispose(server, uids)

    def _arrived(self, raw: bytes, at: datetime) -> Arrived:
        notes = {"folder": self.folder, "mailbox": f"{self.box.user} at {self.box.host}"}
        return Arrived(raw=raw, door="imap", at=at, notes=notes)

    def _dispose(self, server: IMAPClient, uids: list[int]) -> None:
        """Mark or move what was taken. That this fails is no loss: the position is kept."""
        try:
            server.add_flags(uids, [SEEN])
            if self.box.done:
                self._move(server, uids)
        except IMAPClientError as error:
            log.warning("taken mails of %s could not be marked or moved: %s", self.folder, error)

    def _move(self, server: IMAPClient, uids: list[int]) -> None:
        if not server.folder_exists(self.box.done):
            server.create_folder(self.box.done)
        if server.has_capability("MOVE"):
            server.move(uids, self.box.done)
            return
        server.copy(uids, self.box.done)
        server.delete_messages(uids)
        server.expunge(uids)


def _new(server: IMAPClient, known: MailboxPosition | None, validity: int) -> list[int]:
    """The numbers of the mails that we don't have.

    A folder that we see for the first time may hold years: only what nobody has read is new. One
    that was numbered anew is looked through back to a day before we last took from it.
    """
    if known is None:
        return list(server.search(["UNSEEN"]))
    if known.uid_validity != validity:
        since = (known.at - timedelta(days=1)).date()
        return list(server.search(["OR", "UNSEEN", "SINCE", since]))
    # "n:*" always gives the last mail, even when its number is lower.
    last = known.last_uid
    return [uid for uid in server.search(["UID", f"{last + 1}:*"]) if uid > last]


def _sizes(server: IMAPClient, uids: list[int]) -> dict[int, int]:
    """The bytes of each mail, as the server says; one that it passes over counts as the most."""
    told = server.fetch(uids, ["RFC822.SIZE"]) if uids else {}
    return {uid: int(told.get(uid, {}).get(b"RFC822.SIZE", BYTES_AT_ONCE)) for uid in uids}


def _batches(uids: list[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    """The mails in their order, as many at once as fit; one that is larger than that, alone."""
    batch: list[int] = []
    for uid in uids:
        together = sum(sizes[each] for each in batch) + sizes[uid]
        if batch and (len(batch) == AT_ONCE or together > BYTES_AT_ONCE):
            yield batch
            batch = []
        batch.append(uid)
    if batch:
        yield batch


def _idle_done(server: IMAPClient) -> tuple[Any, list[Any]]:
    text, said = server.idle_done()
    return text, list(said)


def _is_news(said: Sequence[Any]) -> bool:
    return any(isinstance(each, tuple) and b"EXISTS" in each for each in said)


def start(stop: threading.Event) -> list[threading.Thread]:
    """A thread for each folder of the settings' mailbox; none when none is set."""
    box: Mailbox | None = settings.MAIL_BOX
    if box is None:
        return []
    threads = [
        threading.Thread(target=Folder(box, folder, stop).run, name=f"imap-{folder}", daemon=True)
        for folder in box.folders
    ]
    for thread in threads:
        thread.start()
    return threads
