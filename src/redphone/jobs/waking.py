"""Waking a worker from outside a verb: once, however often it is asked for."""

from __future__ import annotations

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from redphone.records import wake


def worker() -> None:
    """Have a worker look at the deliveries, unless such a call waits in the queue already."""
    job = app.configure_task(
        wake.DELIVER, priority=wake.FOREMOST, queueing_lock="deliver-sweep", allow_unknown=True
    )
    try:
        job.defer()
    except AlreadyEnqueued:
        return
