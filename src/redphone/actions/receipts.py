"""What comes back of a message after it was handed over: that it arrived, or that it did not.

Providers tell late, twice and out of order, so that no order may matter: once a message is known
to have arrived it has arrived, whatever is said of it before or after.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from redphone.actions import failures
from redphone.records import ledger
from redphone.records.models import Delivery, Device
from redphone.records.models.delivery import DeliveryState as State


def delivered(delivery: int, *, at: datetime, provider_id: str = "") -> None:
    """The provider says that a message has arrived, rang, or was answered.

    Nothing when there is no such delivery, or it is known already.
    """
    with transaction.atomic():
        row = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery).first()
        if row is None or row.state in {State.DELIVERED, State.CANCELLED, State.STALE}:
            return
        Delivery.objects.filter(pk=row.pk).update(
            state=State.DELIVERED,
            sending_since=None,
            sent_at=Coalesce(F("sent_at"), at),
            delivered_at=at,
            message_id=row.message_id or provider_id,
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

    `for_good`: the number or the subscription itself is dead. Nothing when there is no such
    delivery, it has arrived all the same, or its failing is known.
    """
    row = Delivery.objects.filter(pk=delivery).first()
    if row is None:
        return
    with ledger.writing(at=at) as book:
        failures.come_back(book, row, said=said, at=at, for_good=for_good)
