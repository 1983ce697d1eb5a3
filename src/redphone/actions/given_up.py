"""Addresses that nobody of ours is behind any more, looked at just before each sending.

Its owner may have taken a device away, or left the desk, while a page waited for its turn. The
number may be a stranger's by now.
"""

from __future__ import annotations

from redphone.core.message import Outcome, Sent
from redphone.core.updates import Purpose
from redphone.records.models import Delivery


def nobody_there(delivery: Delivery) -> Outcome | None:
    """What ends a try before anything leaves; None when somebody is there.

    Whoever can't be reached at all is passed at once, as with any page that fails for good.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    device, person = delivery.device, delivery.person
    if device is not None and device.off_at is not None:
        return Outcome(sent=Sent.REFUSED, detail=f"switched off: {device.off_why}")
    if device is None and delivery.is_to_a_device:
        return Outcome(sent=Sent.NO_LINE, detail="its owner has taken this device away")
    if person is not None and not person.is_active and delivery.purpose == Purpose.PAGE:
        return Outcome(sent=Sent.NO_LINE, detail="they have left the desk")
    return None
