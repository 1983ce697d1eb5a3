"""Waking a worker from outside a verb: once, however often it is asked for."""

from __future__ import annotations

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from redphone.records import wake


def worker() -> None:
    """Have a worker look at the deliveries, unless such a call waits in the queue already."""
    _wake(wake.DELIVER, wake.FOREMOST, "deliver-sweep")


def hang_up() -> None:
    """Have a worker end the calls that ring for nothing."""
    _wake(wake.HANG_UP, wake.FOREMOST, "hang-up-sweep")


def poster() -> None:
    """Have a worker tell the webhooks, after everything that people wait for."""
    _wake(wake.POST, 0, "post-sweep")


def devices() -> None:
    """Have a worker send the codes and tests, after what pages people."""
    _wake(wake.DEVICES, wake.AWAITED, "devices-sweep")


def _wake(task: str, priority: int, lock: str) -> None:
    job = app.configure_task(task, priority=priority, queueing_lock=lock, allow_unknown=True)
    try:
        job.defer()
    except AlreadyEnqueued:
        return
