"""Group commit for alerts: one thread with a connection of its own writes for all who wait.

Whoever hands something over is told when it is committed, and not before. While one commit is
under way the others gather, so that a thousand a second share a few hundred commits.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection as django_connection

from redphone.records import alerts
from redphone.records.alerts import Line

log = logging.getLogger(__name__)

MOST = 512
"""Requests in one commit."""

MOST_WAITING = 20_000
"""Requests that may wait. A database that stands still must not fill the memory."""

PAUSE = 0.001
"""Seconds that the writer waits for more, as long as more come."""

PAUSES = 4
"""So often at most: what comes is never held up longer than a slow disk would."""

Told = Callable[[Exception | None], None]
"""Is called, from the writer's thread, when a request is committed or what kept it from that."""


class Away(Exception):
    """The database does not answer now. Send it again in a few seconds."""


@dataclass(slots=True, eq=False)
class Ticket:
    """The rows of one request, and who waits for them."""

    lines: Sequence[Line]
    told: Told


@dataclass(eq=False)
class Writer:
    """One a process. `on_waiting` is called after a commit that left something to be opened."""

    on_waiting: Callable[[], None]
    flush: Callable[[list[tuple[Told, Exception | None]]], None] | None = None
    _queue: queue.SimpleQueue[Ticket | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _start: threading.Lock = field(default_factory=threading.Lock)
    _connection: psycopg.Connection[Any] | None = None
    commits: int = 0
    _is_busy: bool = False

    def put(self, lines: Sequence[Line], told: Told) -> None:
        """Hand rows over. `told` hears how it ended.

        Raises:
            Away: too much is waiting already.
        """
        if self._queue.qsize() > MOST_WAITING:
            raise Away
        self._queue.put(Ticket(lines, told))
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, name="alert writer", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        while batch := self._gather():
            try:
                self._write(batch)
            except BaseException as error:  # The thread must live, whatever the batch was.
                log.exception("a batch of alerts was not written")
                self._tell(batch, Away(str(error)))
        self._close()

    def _gather(self) -> list[Ticket]:
        """Whoever waits now, or the next to come; nobody when the writer is to end."""
        first = self._queue.get()
        batch = [first] if first is not None else []
        if self._is_busy:
            self._let_gather()
        while batch and len(batch) < MOST and not self._queue.empty():
            if (ticket := self._queue.get()) is None:
                self._queue.put(None)
                break
            batch.append(ticket)
        self._is_busy = len(batch) > 1
        return batch

    def _let_gather(self) -> None:
        """Those who were answered together send again together: let them share the next commit.

        One alone is never made to wait.
        """
        waiting = -1
        for _ in range(PAUSES):
            if (now := self._queue.qsize()) == waiting or now >= MOST:
                return
            waiting = now
            time.sleep(PAUSE)

    def _write(self, batch: list[Ticket]) -> None:
        lines = [line for ticket in batch for line in ticket.lines]
        try:
            waiting = self._commit(lines)
        except psycopg.OperationalError as error:
            log.warning("alerts could not be written: %s", error)
            self._tell(batch, Away())
            return
        except psycopg.Error as error:
            if len(batch) == 1:
                self._tell(batch, error)
                return
            # One that can't be stored must not take the others with it.
            for ticket in batch:
                self._write([ticket])
            return
        self.commits += 1
        self._tell(batch, None)
        if waiting:
            self.on_waiting()

    def _commit(self, lines: list[Line]) -> int:
        """Write the rows, on a new connection if the one that we had is gone.

        A second try after a broken commit could write twice what the first did write; a repeat
        is counted once more then, and nothing is opened twice.
        """
        fresh = self._connection is None
        try:
            return alerts.write(self._open(), lines)
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise
            self._close()
            if fresh:
                raise
        try:
            return alerts.write(self._open(), lines)
        except psycopg.OperationalError:
            self._close()
            raise

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = alerts.connect(dict(django_connection.get_connection_params()))
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tell(self, batch: list[Ticket], error: Exception | None) -> None:
        if self.flush is not None:
            self.flush([(ticket.told, error) for ticket in batch])
            return
        for ticket in batch:
            ticket.told(error)

    def end(self) -> None:
        """Write what waits, and end the thread and its connection. It may be used again."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(10)
            self._thread = None
