"""Mails that arrive together are read beside each other and committed together.

Whoever comes while a commit is under way waits for the next one, and that one takes all who wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db import Error, close_old_connections, connections

from redphone.actions import mail
from redphone.actions.mail import Outcome
from redphone.channels.mail.arrived import Arrived, Opened, findings, read
from redphone.channels.mail.proof import Resolver, prove

log = logging.getLogger(__name__)

MOST = 64
"""Mails in one commit: more would make the first of them wait for the last."""

MOST_BYTES = 64 * 1024 * 1024
"""And so many bytes of them."""

READERS = 2
PROVERS = 32
"""Threads that wait for DNS, which is most of what they do."""

Take = Callable[[Sequence[Opened]], list[Outcome]]


@dataclass(frozen=True, slots=True)
class Peer:
    """Who hands a mail over: its address, what it calls itself, and whether we ask DNS for it.

    `is_near` is a machine of the operator's own, whose findings about a mail can be believed.
    """

    ip: str = ""
    helo: str = ""
    is_near: bool = False
    is_proven_here: bool = False


def look(arrived: Arrived, peer: Peer) -> Opened:
    """Read a mail, and find out what can be proven of its sender."""
    opened = read(arrived)
    found: dict[str, str] = {}
    if peer.is_proven_here:
        found = prove(
            arrived.raw,
            ip=peer.ip,
            helo=peer.helo,
            mail_from=arrived.mail_from,
            sender=opened.mail.sender,
            lookup=Resolver(),
            again=Resolver(),
        )
    elif peer.is_near:
        found = findings(opened.mail, settings.MAIL_TRUSTED)
    if not found:
        return opened
    return replace(opened, arrived=replace(arrived, notes={**arrived.notes, **found}))


def take(mails: Sequence[Opened]) -> list[Outcome]:
    """Take mails in, over a connection that may have been lost meanwhile."""
    close_old_connections()
    try:
        return mail.take_mails(mails)
    except Error:
        # The next mail shall have a new connection, not this one's broken transaction.
        connections.close_all()
        raise


@dataclass(slots=True)
class Gather:
    """The way in of one process. Its coroutines belong to one event loop."""

    take: Take = take
    _waiting: deque[tuple[Opened, asyncio.Future[Outcome]]] = field(default_factory=deque)
    _come: asyncio.Event = field(default_factory=asyncio.Event)
    _readers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(READERS, "mail-reader")
    )
    _provers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(PROVERS, "mail-prover")
    )
    _writer: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "mail-writer")
    )

    async def bring(self, arrived: Arrived, peer: Peer) -> Outcome:
        """Take one mail in. It returns when the mail is committed.

        Raises:
            Exception: whatever kept this very mail from being stored.
        """
        loop = asyncio.get_running_loop()
        threads = self._provers if peer.is_proven_here else self._readers
        opened = await loop.run_in_executor(threads, look, arrived, peer)
        done: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((opened, done))
        self._come.set()
        return await done

    async def run(self) -> None:
        """Commit what waits, for as long as the process lives."""
        loop = asyncio.get_running_loop()
        while True:
            await self._come.wait()
            self._come.clear()
            while batch := self._next():
                mails = [opened for opened, _ in batch]
                told = await loop.run_in_executor(self._writer, self._write, mails)
                for (_, done), each in zip(batch, told, strict=True):
                    if done.cancelled():
                        continue
                    if isinstance(each, Exception):
                        done.set_exception(each)
                    else:
                        done.set_result(each)

    def _next(self) -> list[tuple[Opened, asyncio.Future[Outcome]]]:
        batch: list[tuple[Opened, asyncio.Future[Outcome]]] = []
        size = 0
        while self._waiting and len(batch) < MOST and size < MOST_BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0].arrived.raw)
        return batch

    def _write(self, mails: Sequence[Opened]) -> list[Outcome | Exception]:
        """Take a batch; when it fails, one by one, so that one mail takes no other with it."""
        try:
            return list(self.take(mails))
        except Error as error:
            log.error("the database did not take %s mails in: %s", len(mails), error)
            return [error] * len(mails)
        except Exception as error:  # Each sender has to hear whether their own mail is safe.
            if len(mails) == 1:
                log.exception("a mail could not be taken in")
                return [error]
        return [each for one in mails for each in self._write([one])]

    def close(self) -> None:
        """Let the threads go, once they have done what they have in hand."""
        self._writer.submit(connections.close_all)
        for threads in (self._readers, self._provers, self._writer):
            threads.shutdown(wait=threads is self._writer)
