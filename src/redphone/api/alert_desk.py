"""What one process shares for its alerts: the writer, and the opener that follows it."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence

from django.db import connections

from redphone import clock
from redphone.actions import alerts
from redphone.actions.alert_writer import Told, Writer
from redphone.records.alerts import Line

log = logging.getLogger(__name__)

PAUSE = 0.02
"""Seconds between two rounds of the opener: what comes meanwhile shares a commit."""

BREATH = 0.03
"""Seconds between two commits of a round. The first page is in the first of them."""


SWITCH = 0.0005
"""Seconds for which one thread keeps the interpreter while another wants it."""


class _Wait:
    """A request that waits for its commit, in the loop where it was made."""

    __slots__ = ("future", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.future: asyncio.Future[None] = loop.create_future()

    def __call__(self, error: Exception | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(error)


class AlertDesk:
    """Commits alerts, and opens what they report at once, in a thread of its own.

    What this process can't open, because it is killed or the database is away, the clock loop's
    sweep does.
    """

    def __init__(self) -> None:
        # The writer must not wait Python's own five milliseconds each time that it has to have the
        # interpreter from the loop.
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH))
        self._writer = Writer(on_waiting=self.wake, flush=_flush)
        self._wake = threading.Event()
        self._opener: threading.Thread | None = None
        self._start = threading.Lock()

    async def commit(self, lines: Sequence[Line]) -> None:
        """Return when these rows are committed.

        Raises:
            Away: they are not, and should be sent again.
        """
        wait = _Wait(asyncio.get_running_loop())
        self._writer.put(lines, wait)
        await wait.future

    def wake(self) -> None:
        """Let the opener look."""
        if self._opener is None:
            with self._start:
                if self._opener is None:
                    self._opener = threading.Thread(
                        target=self._open, name="alert opener", daemon=True
                    )
                    self._opener.start()
        self._wake.set()

    def end(self) -> None:
        """End the writer and its connection, after what waits."""
        self._writer.end()

    def _open(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            try:
                alerts.open_waiting(at=clock.now(), breathe=_breathe)
            except Exception:  # The thread must live: the sweep does what it could not.
                log.exception("alerts could not be opened at once")
            finally:
                connections.close_all()
            time.sleep(PAUSE)


def _breathe() -> None:
    """Let those who wait for their answers have the processor between two commits."""
    time.sleep(BREATH)


def _flush(told: list[tuple[Told, Exception | None]]) -> None:
    """Wake the requests of a commit, with one call a loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Wait, Exception | None]]]
    by_loop = defaultdict(list)
    for wait, error in told:
        assert isinstance(wait, _Wait)
        by_loop[wait.loop].append((wait, error))
    for loop, waits in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, waits)
        except RuntimeError:
            # The loop has ended, and with it those who waited.
            log.info("%s senders have gone", len(waits))


def _settle(waits: list[tuple[_Wait, Exception | None]]) -> None:
    for wait, error in waits:
        wait(error)


desk = AlertDesk()
"""The one of this process."""
