"""What comes back of a message after it was handed over: that it arrived, or that it did not.

Providers tell late, twice and out of order, so that no order may matter: once a message is known
to have arrived it has arrived, whatever is said of it before or after. What nobody has confirmed
in time has not arrived: the next device comes at once.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from redphone.actions import failures
from redphone.records import ledger, live
from redphone.records.models import Delivery, Device
from redphone.records.models.delivery import DeliveryState as State

log = logging.getLogger(__name__)

TOGETHER = 25
"""Streams in one commit; what a passing sweep leaves is found again a second later."""

AT_ONCE = 500


def delivered(delivery: int, *, at: datetime, provider_id: str = "") -> None:
    """The provider says that a message has arrived, rang, or was answered.

    What it carried along has arrived with it. Nothing when there is no such delivery, or it is
    known already.
    """
    with transaction.atomic():
        row = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery).first()
        if row is None or row.delivered_at is not None:
            return
        Delivery.objects.filter(pk=row.pk).update(
            delivered_at=at, message_id=row.message_id or provider_id
        )
        it = Delivery.objects.filter(pk=row.pk) | Delivery.objects.filter(bundled_into=row.pk)
        it.exclude(state__in=[State.CANCELLED, State.STALE]).update(
            state=State.DELIVERED,
            sending_since=None,
            sent_at=Coalesce(F("sent_at"), at),
            delivered_at=at,
        )
        _heard(row, at)


def _heard(row: Delivery, at: datetime) -> None:
    """A device that took something works, even if this very message was said to have failed."""
    if row.device_id is None:
        return
    device = Device.objects.filter(pk=row.device_id)
    device.update(heard_at=at)
    if row.state == State.FAILED and row.error:
        device.filter(off_why=row.error).update(off_at=None, off_why="")


def failed(delivery: int, *, said: str, for_good: bool, at: datetime) -> None:
    """The provider says that a message did not arrive. `said` are its words.

    `for_good`: the number or the subscription itself is dead. What it carried along has failed
    with it. Nothing when there is no such delivery, it has arrived all the same, or its failing is
    known.
    """
    why = failures.REFUSED if for_good else failures.GIVEN_UP
    row = Delivery.objects.filter(pk=delivery).first()
    if row is None or row.state == State.DELIVERED:
        return
    for each in (row, *Delivery.objects.filter(bundled_into=row.pk).exclude(state=State.PENDING)):
        with ledger.writing(at=at) as book:
            failures.come_back(book, each, said=said, at=at, why=why)


def sweep(*, at: datetime) -> int:
    """Give up what should have been confirmed by now and was not. How many messages.

    Costs what is due, by an index. A stream that somebody else has in hand waits a second.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    due = Delivery.objects.filter(state=State.SENT, receipt_due_at__lte=at)
    by_stream: dict[str, list[Delivery]] = {}
    for row in due.order_by("receipt_due_at")[:AT_ONCE]:
        by_stream.setdefault(row.stream, []).append(row)
    refs = list(by_stream)
    parts = [refs[start : start + TOGETHER] for start in range(0, len(refs), TOGETHER)]
    return sum(_give_up([(ref, by_stream[ref]) for ref in part], at) for part in parts)


def _give_up(overdue: list[tuple[str, list[Delivery]]], at: datetime) -> int:
    try:
        return _unconfirmed(dict(overdue), at)
    except Exception:  # The sweep must survive one bad stream; the auditor raises the alarm.
        if len(overdue) > 1:
            return sum(_give_up([each], at) for each in overdue)
        log.exception("what was not confirmed on %s could not be given up", overdue[0][0])
        return 0


def _unconfirmed(overdue: dict[str, list[Delivery]], at: datetime) -> int:
    done = 0
    with transaction.atomic(durable=True):
        book = ledger.Book(at)
        for stream in book.try_streams(list(overdue)):
            for row in overdue[stream.ref]:
                said = f"nobody confirmed that it arrived ({row.provider or row.channel})"
                failures.come_back(book, row, said=said, at=at, why=failures.NO_RECEIPT)
                done += 1
        changed = book.write()
    live.tell(changed)
    return done
