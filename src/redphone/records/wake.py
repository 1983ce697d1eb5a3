"""Waking a worker: a job in the caller's own transaction, so that a rollback takes it along.

The job carries nothing. Rows say what is to be sent; a job that is lost or doubled costs nothing.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

DELIVER = "redphone.jobs.tasks.deliver"
"""The name of the task that sends what waits."""

POST = "redphone.jobs.tasks.post_webhooks"
"""The name of the task that tells programs elsewhere."""

DEVICES = "redphone.jobs.tasks.send_to_devices"
"""The name of the task that sends codes and tests."""

HANG_UP = "redphone.jobs.tasks.hang_up"
"""The name of the task that ends the calls that ring for nothing."""

FOREMOST = 100

MOST_HANGING_UP = 4
"""So many calls of one answer are ended at the same time."""

AWAITED = 50
"""Somebody sits before a page and waits for it; pages still go ahead."""


def worker(priority: int) -> None:
    """Have a worker look at the deliveries; the first page of an incident goes ahead of all."""
    job = app.configure_task(DELIVER, priority=FOREMOST - priority, allow_unknown=True)
    job.defer()


def devices() -> None:
    """Have a worker look at the codes and tests."""
    app.configure_task(DEVICES, priority=AWAITED, allow_unknown=True).defer()


def hang_up(calls: int) -> None:
    """Have calls ended that ring for nothing, before anything else: several at a time.

    A provider takes a moment for each, and the last of ten people should not wait for nine.
    """
    job = app.configure_task(HANG_UP, priority=FOREMOST, allow_unknown=True)
    job.batch_defer(*({} for _ in range(min(calls, MOST_HANGING_UP))))
