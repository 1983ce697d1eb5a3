"""The tasks of the queue. Each looks at the rows and does what they say; none carries anything."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from django.conf import settings
from procrastinate import JobContext, RetryStrategy, builtin_tasks
from procrastinate.contrib.django import app

from redphone import clock
from redphone.actions import (
    alerts,
    canaries,
    deliveries,
    device_messages,
    doors,
    hangups,
    recordings,
    swaps,
    texts,
    webhook_posts,
)
from redphone.channels import amazon
from redphone.channels.hotline.fetch import Fetched, NotFetched, fetch
from redphone.channels.webhook.address import Allowed
from redphone.channels.webhook.send import Line
from redphone.jobs import heartbeats, lines, waking
from redphone.records import wake

log = logging.getLogger(__name__)

BULK_AT_ONCE = 3
"""So many threads of a worker send what is not urgent; the others are kept free for pages."""

POST_AT_ONCE = 2
"""So many threads of a worker tell programs elsewhere: one that drips holds up no page."""

CODES_AT_ONCE = 2
"""So many threads of a worker send codes and tests."""

HANG_UP_AT_ONCE = 5
"""So many threads of a worker end calls: a provider that is slow at it holds up no page."""

_hanging_up = threading.BoundedSemaphore(HANG_UP_AT_ONCE)
_coding = threading.BoundedSemaphore(CODES_AT_ONCE)
_posting = threading.BoundedSemaphore(POST_AT_ONCE)
_bulk = threading.BoundedSemaphore(BULK_AT_ONCE)

_fetching = threading.BoundedSemaphore(1)

SILENT_AFTER = 15.0
"""Seconds without a sign of life (one each 10 s) after which a job's worker is taken for dead."""

KEEP_JOBS = timedelta(hours=24)


@app.task(name=wake.DELIVER)
def deliver() -> None:
    """Send what waits."""
    with_bulk = _bulk.acquire(blocking=False)
    try:
        if deliveries.is_crowded(at=clock.now()):
            waking.worker()
        deliveries.send_waiting(channel=lines.switchboard, now=clock.now, with_bulk=with_bulk)
    finally:
        if with_bulk:
            _bulk.release()


@app.task(name=wake.HANG_UP)
def hang_up() -> None:
    """End the calls that ring for nothing. What it has no thread for is found by the sweep."""
    if not _hanging_up.acquire(blocking=False):
        return
    try:
        hangups.hang_up_waiting(channel=lines.switchboard, now=clock.now)
    finally:
        _hanging_up.release()


@app.task(name=wake.POST)
def post_webhooks() -> None:
    """Tell programs elsewhere what they have not been told yet."""
    if not _posting.acquire(blocking=False):
        return
    try:
        line = Line(Allowed.read(settings.WEBHOOK_ALLOW))
        webhook_posts.send_waiting(line=line, now=clock.now)
    finally:
        _posting.release()


@app.task(name=wake.DEVICES)
def send_to_devices() -> None:
    """Send the codes and tests that wait."""
    if not _coding.acquire(blocking=False):
        return
    try:
        device_messages.send_waiting(channel=lines.switchboard, now=clock.now)
    finally:
        _coding.release()


@app.periodic(cron="* * * * * */5")
@app.task(name="redphone.jobs.tasks.sweep", queueing_lock="sweep", priority=wake.FOREMOST)
def sweep(timestamp: int) -> None:
    """Find the rows whose job was lost; and show that the queue is worked on."""
    at = clock.now()
    heartbeats.beat("worker", at=at, lines=sorted(lines.lines()))
    if deliveries.is_waiting(at=at):
        waking.worker()
    if device_messages.is_waiting(at=at):
        waking.devices()


@app.periodic(cron="* * * * *")
@app.task(name="redphone.jobs.tasks.canaries", queueing_lock="canaries")
def send_canaries(timestamp: int) -> None:
    """Send the test messages whose turn it is."""
    canaries.send_due(channel=lines.switchboard, now=clock.now)


@app.periodic(cron="* * * * * */5")
@app.task(name="redphone.jobs.tasks.fetch_recordings", queueing_lock="fetch_recordings")
def fetch_recordings(timestamp: int) -> None:
    """Fetch the recordings of calls that the hotline's provider has."""
    if not _fetching.acquire(blocking=False):
        # A slow provider holds up one thread of a worker, and never those that send pages.
        return
    try:
        recordings.fetch_waiting(at=clock.now(), fetch=_fetch)
    finally:
        _fetching.release()


def _fetch(url: str, account: str) -> Fetched | NotFetched:
    password = next(iter(settings.HOTLINE_TOKENS), "")
    return fetch(url, origins=settings.HOTLINE_MEDIA, user=account, password=password)


@app.periodic(cron="* * * * * */5")
@app.task(name="redphone.jobs.tasks.retry_stalled", queueing_lock="retry_stalled")
async def retry_stalled(timestamp: int) -> None:
    """Run the jobs of killed workers again; Procrastinate leaves that to us."""
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_AFTER):
        log.warning("the worker of job %s (%s) has died: it runs again", job.id, job.task_name)
        await manager.retry_job(job)


@app.task(name=doors.CONFIRM, retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def confirm_subscription(url: str) -> None:
    """Confirm to Amazon that alarms may come here. It tries again while Amazon is away."""
    try:
        amazon.confirm(url)
    except amazon.NotTheirs:
        log.warning("a subscription was not confirmed: its address is not Amazon's")


@app.periodic(cron="27 * * * *")
@app.task(name="redphone.jobs.tasks.forget_alerts", queueing_lock="forget_alerts")
def forget_alerts(timestamp: int) -> None:
    """Delete the alerts that are older than is wanted."""
    alerts.forget_old(before=clock.now() - timedelta(days=settings.ALERTS_KEPT_DAYS))


@app.periodic(cron="*/5 * * * *")
@app.task(name="redphone.jobs.tasks.expire_swaps", queueing_lock="expire_swaps")
def expire_swaps(timestamp: int) -> None:
    """Mark the swaps that nobody answered before their time came. They are refused in any case."""
    swaps.expire_swaps(at=clock.now())


@app.periodic(cron="37 * * * *")
@app.task(
    name="redphone.jobs.tasks.forget_device_messages", queueing_lock="forget_device_messages"
)
def forget_device_messages(timestamp: int) -> None:
    """Delete what was sent to devices so long ago that no limit counts it."""
    device_messages.forget_old(at=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="redphone.jobs.tasks.look_at_texts", queueing_lock="look_at_texts")
def look_at_texts(timestamp: int) -> None:
    """Look at the SMS whose process died between keeping them and looking at them."""
    texts.look_again(at=clock.now())


@app.periodic(cron="37 3 * * *")
@app.task(name="redphone.jobs.tasks.forget_texts", queueing_lock="forget_texts")
def forget_texts(timestamp: int) -> None:
    """Delete what came in by SMS and is in no case, once nobody asks for it any more."""
    texts.forget_old(at=clock.now())


@app.periodic(cron="17 * * * *")
@app.task(name="redphone.jobs.tasks.forget", queueing_lock="forget", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    """Remove the queue's jobs that ended a day ago: the deliveries are the receipts."""
    await builtin_tasks.remove_old_jobs(
        context,
        max_hours=int(KEEP_JOBS.total_seconds() // 3600),
        remove_failed=True,
        remove_cancelled=True,
        remove_aborted=True,
    )
