"""A person who is asked twice by one incident is rung once: by two steps, or by two ladders.

The second page goes along with the first one while their device rings for it, or has within the
minute. It is a row of its own, so that it rings after all once the first is wanted no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from redphone.records import states
from redphone.records.models import Delivery, IncidentRow
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.rings import still_wanted

RINGS_FOR = timedelta(seconds=60)
"""How long a device is taken to ring, or to be looked at, after something has come to it."""

SOON = timedelta(seconds=5)
RUNG = (State.SENT, State.DELIVERED)


def goes_along(delivery: Delivery, *, at: datetime) -> bool:
    """Whether a claimed row is not rung, since its device rings for the same incident already.

    The caller holds the lock of the person's row.
    """
    first = _ringing(delivery, at)
    if first is None:
        return False
    mine = Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, sending_since=delivery.sending_since
    )
    if first.state in RUNG:
        mine.update(
            state=first.state,
            sending_since=None,
            sent_at=first.sent_at,
            delivered_at=first.delivered_at,
            receipt_due_at=first.receipt_due_at,
            provider=first.provider,
            bundled_into=first.pk,
        )
    else:
        # It is on its way, or will be tried again: what becomes of it is known in a moment.
        mine.update(
            state=State.PENDING, sending_since=None, tries=F("tries") - 1, next_try_at=at + SOON
        )
    return True


def _ringing(delivery: Delivery, at: datetime) -> Delivery | None:
    """What rings there for the same incident and purpose, and is still wanted."""
    rung = Delivery.objects.filter(
        person=delivery.person_id,
        device=delivery.device_id,
        stream=delivery.stream,
        purpose=delivery.purpose,
        loud_at__gt=at - RINGS_FOR,
        state__in=[*RUNG, State.SENDING, State.PENDING],
    ).exclude(pk=delivery.pk)
    first = rung.exclude(seq=delivery.seq).order_by("-loud_at").first()
    if first is None or not delivery.stream.startswith("INC-"):
        return None
    row = IncidentRow.objects.get(ref=delivery.stream)
    return first if still_wanted(first, states.load_incident(row.state)) else None
