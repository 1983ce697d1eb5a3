"""The clock loop: an actor that sleeps until something is due and calls an action.

Any number of loops run side by side: streams are taken with SKIP LOCKED, and what one has in hand
the others pass over. It survives the loss of its database, and ends in order on SIGTERM.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType

from django.db import Error, connections
from django.db.models import Min

from redphone import clock
from redphone.actions import (
    alerts,
    chat,
    deliveries,
    duty,
    hangups,
    hotline_deeds,
    mail,
    receipts,
    reports,
    webhook_posts,
)
from redphone.jobs import heartbeats, waking
from redphone.records.models import DeadlineRow
from redphone.records.models.clocks import Outcome

log = logging.getLogger(__name__)

LONGEST_SLEEP = 1.0
SHORTEST_SLEEP = 0.005
"""Seconds. Two loops that want the same row must not spin for it."""

AT_ONCE = 25
"""So many clocks are handled in a pass: after an outage of our own there may be thousands, and
the loop goes on to show life, to sweep, and to write the true time meanwhile."""

SWEEP_EVERY = 1.0
BEAT_EVERY = 5.0
LONGEST_PAUSE = 5.0
"""Seconds between attempts while the database does not answer."""

KEEP_LATENESS = 1000


@dataclass
class Loop:
    """One loop: what it does in a pass, and how long it sleeps after it."""

    stop: threading.Event = field(default_factory=threading.Event)
    lateness: deque[float] = field(default_factory=lambda: deque(maxlen=KEEP_LATENESS))
    """By how many seconds the last passes came after what they found was due."""
    _swept: float = float("-inf")
    _beaten: float = float("-inf")
    _stuck: float = SHORTEST_SLEEP
    _pause: float = 0.1

    def run(self) -> None:
        """Go round until it is told to stop."""
        log.info("the clock loop runs")
        while not self.stop.is_set():
            self.stop.wait(self._turn())
        self._end()
        log.info("the clock loop has ended, as it was told to")

    def _turn(self) -> float:
        """One pass, or a pause when that failed. How long to sleep, in seconds.

        The loop is the last to give up: whatever is wrong with the database or with one row, it
        says so and goes on, and the auditor raises the alarm.
        """
        try:
            sleep = self.turn(clock.now())
        except Exception:
            log.exception("a pass of the clock loop failed; the next in %.1f s", self._pause)
            connections.close_all()
            sleep, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
            return sleep
        self._pause = 0.1
        return sleep

    def turn(self, at: datetime) -> float:
        """Do what is due at `at`. How long to sleep after it, in seconds."""
        due = _soonest(at, before=True)
        if due is not None:
            self.lateness.append((at - due).total_seconds())
            did = duty.handle_due(at=at, limit=AT_ONCE)
            self._stuck = SHORTEST_SLEEP if did else min(self._stuck * 2, LONGEST_SLEEP)
        else:
            self._stuck = SHORTEST_SLEEP
        self._sweep(at)
        return self._sleep(at, has_due=due is not None)

    def _sleep(self, at: datetime, *, has_due: bool) -> float:
        """Until the next moment that is due, but no longer than a second.

        What stays due because another loop has it, or because it fails, is asked for again ever
        more slowly, and holds up nothing that is still to come.
        """
        coming = _soonest(at, before=False)
        gap = (coming - clock.now()).total_seconds() if coming else LONGEST_SLEEP
        return max(SHORTEST_SLEEP, min(gap, LONGEST_SLEEP, self._stuck if has_due else gap))

    def _sweep(self, at: datetime) -> None:
        """What jobs and requests have left: reports without a case, chat messages that came in a
        flood, deliveries without a job."""
        now = time.monotonic()
        if now - self._swept >= SWEEP_EVERY:
            self._swept = now
            reports.open_waiting(at=at)
            alerts.sweep(at=at)
            chat.write_held(at=at)
            hotline_deeds.sweep(at=at)
            mail.work_waiting(at=at)
            receipts.sweep(at=at)
            if deliveries.is_waiting(at=at):
                waking.worker()
            if hangups.is_waiting():
                waking.hang_up()
            if webhook_posts.is_waiting(at=at):
                waking.poster()
        if now - self._beaten >= BEAT_EVERY:
            self._beaten = now
            heartbeats.beat("clock", at=at, late_s=round(max(self.lateness, default=0.0), 3))
            heartbeats.forget_old(at=at)

    def _end(self) -> None:
        try:
            heartbeats.end("clock")
        except Error:
            log.warning("the database was gone at the end; the auditor may take us for dead")
        connections.close_all()


def _soonest(at: datetime, *, before: bool) -> datetime | None:
    """The first moment that a running clock has until `at`, or after it."""
    running = DeadlineRow.objects.filter(outcome=Outcome.RUNNING)
    asked = running.filter(next_at__lte=at) if before else running.filter(next_at__gt=at)
    found = asked.aggregate(soonest=Min("next_at"))["soonest"]
    return found if isinstance(found, datetime) else None


def run(stop: threading.Event | None = None) -> None:
    """Run a loop in this thread. Without `stop`, SIGTERM and SIGINT end it."""
    if stop is None:
        stop = threading.Event()
        _end_on_signals(stop)
    Loop(stop).run()


def _end_on_signals(stop: threading.Event) -> None:
    def ask(signum: int, frame: FrameType | None) -> None:
        # Set from a thread: this handler may have interrupted the loop inside the event's lock.
        threading.Thread(target=stop.set).start()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask)
