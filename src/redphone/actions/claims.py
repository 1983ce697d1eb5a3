"""Taking waiting rows in hand: which are next, how many at once, and until when they are held.

A claim is a lease: its row says `sending`, and since when. What is held too long is anybody's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from redphone.actions import bundles, failures
from redphone.records.models import Delivery
from redphone.records.models.delivery import DeliveryState as State

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""After so long a row that says `sending` has lost its worker, and is taken again."""

START_BEFORE = timedelta(seconds=10)
"""No sending of a batch begins later than this after its claim, so that the lease covers it."""

QUICK = timedelta(milliseconds=250)
"""A batch of pages that took longer holds up the next first page of an incident."""

MOST_PAGES = 16

URGENT = 1
"""Up to this priority a message is a page or as pressing: sent ahead of all."""

LOUD = sorted(kind.value for kind in bundles.LOUD)

CLAIM = """
    with waiting as (
        select id, priority, next_try_at,
               case when channel = any(%(loud)s) then device_id end as device
        from delivery
        where state = 'pending' and next_try_at <= %(at)s
          and bundled_into_id is null
          and priority between %(least)s and %(most)s
        order by priority, next_try_at, id
        limit %(limit)s
        for update skip locked
    ), chosen as (
        select distinct on (coalesce(device, -id)) id from waiting
        order by coalesce(device, -id), priority, next_try_at, id
    )
    update delivery d
    set state = 'sending', sending_since = %(at)s, tries = tries + 1
    from chosen where d.id = chosen.id
    returning d.id
"""
"""Of what rings at one device only the first: it carries the others, which must wait for that."""


@dataclass(slots=True)
class Pace:
    """How many pages one thread takes at once: one by one as long as the lines are slow.

    What is taken can be sent by no other thread, and is not overtaken by a first page. So the
    batches grow only while they are over in a moment.
    """

    size: int = 1

    def took(self, length: timedelta) -> None:
        self.size = min(2 * self.size, MOST_PAGES) if length < QUICK else 1


def is_too_late(delivery: Delivery, *, at: datetime, is_first: bool) -> bool:
    """Whether a claimed row should be given back: its lease may not last, or it waits too long."""
    since = delivery.sending_since
    assert since is not None
    held = at - since
    return held > START_BEFORE or (
        not is_first and held > 2 * QUICK and delivery.priority <= URGENT
    )


def claim(*, at: datetime, limit: int, least: int = 0, most: int = 32_767) -> list[Delivery]:
    """Take the next waiting rows in their order; from here on they say `sending`."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM, {"at": at, "limit": limit, "least": least, "most": most, "loud": LOUD}
        )
        ids = [number for (number,) in cursor.fetchall()]
    if not ids:
        return []
    rows = Delivery.objects.filter(pk__in=ids).select_related("person", "contact", "device")
    return list(rows.order_by("priority", "next_try_at", "id"))


def give_back(claimed: Iterable[Delivery]) -> None:
    """Rows that were claimed and not tried."""
    for delivery in claimed:
        failures.mine(delivery).update(
            state=State.PENDING, sending_since=None, tries=F("tries") - 1
        )


def take_back(*, at: datetime) -> int:
    """Take rows from workers that have died: to be tried again, or failed when tries are out."""
    lost = Delivery.objects.filter(state=State.SENDING, sending_since__lt=at - LEASE)
    again = lost.filter(tries__lt=F("most_tries")).update(
        state=State.PENDING, sending_since=None, next_try_at=at, error="its worker was lost"
    )
    for delivery in lost.select_related("person", "contact", "device"):
        try:
            failures.fail(delivery, error="its worker was lost", why=failures.GIVEN_UP, at=at)
        except Exception:  # One stream that can't be written must not end all paging.
            log.exception("delivery %s could not be given up", delivery.key)
            bundles.release(delivery, at=at)
    bundles.release_lost(at=at)
    return again
