"""The process that lets mail in: an SMTP or LMTP server of ours, and mailboxes read by IMAP."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.db import Error, connections

from redphone import clock
from redphone.channels.mail.doors import Place
from redphone.jobs import heartbeats, mail_imap
from redphone.jobs.mail_gather import Gather
from redphone.jobs.mail_smtp import Door, Gate, line, plain, tls_context
from redphone.records import policies

log = logging.getLogger(__name__)

BEAT_EVERY = 5.0


@dataclass(slots=True)
class Addresses:
    """Which addresses are ours: the policy's two, the sender of our own mail, and the settings'.

    Read from the database now and then, so that the server answers at once and without it.
    """

    _found: frozenset[str] | None = None

    def __call__(self) -> frozenset[str] | None:
        return self._found

    def refresh(self) -> None:
        """Read them again. What is known stays when the database can't be asked."""
        policy = policies.current().policy
        sender = parseaddr(str(settings.DEFAULT_FROM_EMAIL))[1]
        own = (policy.email, policy.escalations, sender, *settings.MAIL_ADDRESSES)
        self._found = frozenset(plain(each) for each in own if each)


@dataclass(slots=True)
class Room:
    """The doors of one process, and what they share."""

    places: Sequence[Place]
    gate: Gate = field(default_factory=Gate)
    addresses: Addresses = field(default_factory=Addresses)
    doors: list[Door] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    async def serve(self, ended: asyncio.Event, ready: Callable[[], None]) -> None:
        """Take mail until told to end; what is in hand is finished."""
        gather = Gather()
        writing = asyncio.create_task(gather.run())
        # Without it nothing is taken: the process ends, and is started again.
        writing.add_done_callback(lambda _: ended.set())
        servers = [await self._open(place, gather) for place in self.places]
        ready()
        await ended.wait()
        for server in servers:
            server.close()
        writing.cancel()
        gather.close()

    async def _open(self, place: Place, gather: Gather) -> asyncio.AbstractServer:
        door = Door(
            gather=gather,
            addresses=self.addresses,
            kind=place.kind,
            checks_dns=settings.MAIL_CHECKS_DNS,
            gate=self.gate,
        )
        self.doors.append(door)
        tls = tls_context(settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY)
        connect = line(door, largest=settings.MAIL_LARGEST, tls=None if place.socket else tls)
        loop = asyncio.get_running_loop()
        if place.socket:
            Path(place.socket).unlink(missing_ok=True)
            server = await loop.create_unix_server(connect, place.socket)
            # Only the mail server's user, by its group, and ours may speak to it.
            os.chmod(place.socket, 0o660)
        else:
            server = await loop.create_server(connect, place.host, place.port, reuse_port=True)
            self.ports += [each.getsockname()[1] for each in server.sockets]
        log.info("mail is taken at %s", place)
        return server

    def live(self) -> None:
        """Show signs of life, and look which addresses are ours, in a thread of its own."""
        while not self.stop.is_set():
            try:
                self.addresses.refresh()
                taken = sum(door.taken for door in self.doors)
                heartbeats.beat("mail", at=clock.now(), taken=taken)
            except (Error, policies.NoPolicy) as error:
                log.warning("the database can't be asked: %s", error)
            except Exception:  # The doors stay open whatever this thread meets.
                log.exception("the mail process could not show signs of life")
            finally:
                connections.close_all()
            known = self.addresses() is not None
            self.stop.wait(BEAT_EVERY if known else 0.5)
        self._end()

    def _end(self) -> None:
        try:
            heartbeats.end("mail")
        except Error:
            log.warning("the database was gone at the end; the auditor may take us for dead")
        finally:
            connections.close_all()


def run(*, ready: Callable[[], None] = lambda: None) -> None:
    """Open the doors of the settings, until SIGTERM or SIGINT."""
    # The server would log each line that is said to it.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    # As in the web's processes: a batch makes many values that live shortly, among which it is not
    # worth looking for garbage all the time.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    room = Room(settings.MAIL_IN)
    threads = mail_imap.start(room.stop)
    living = threading.Thread(target=room.live, name="mail-life", daemon=True)
    living.start()
    try:
        asyncio.run(_until_told(room, ready))
    finally:
        room.stop.set()
        until = time.monotonic() + 2
        for thread in (*threads, living):
            thread.join(max(0.0, until - time.monotonic()))


async def _until_told(room: Room, ready: Callable[[], None]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, ended.set)
    await room.serve(ended, ready)
