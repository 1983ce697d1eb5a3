"""Reaching the operator when the desk itself is in trouble: past the queue and its rows.

Mail goes straight to the mail server. When mail may be what is dead, or a channel has fallen
silent, the telephones of who administers the desk ring too, by what still works.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable

from django.conf import settings

from redphone.core.message import Message, Sent
from redphone.jobs import lines
from redphone.records.models import Device
from redphone.records.models.device import DeviceKind
from redphone.records.models.person import Role
from redphone.records.sealed import unseal

log = logging.getLogger(__name__)


def ring(says: list[str], *, dead: Collection[str]) -> bool:
    """Tell everyone who administers the desk on their devices, but by no channel in `dead`.

    Whether something was taken. Mail is not tried: whoever calls has done that.
    """
    passed_over = {*dead, DeviceKind.MAIL.value}
    devices = Device.objects.filter(
        person__role=Role.ADMIN, person__is_active=True, verified_at__isnull=False, off_at=None
    ).exclude(kind__in=passed_over)
    return _ring(list(devices.order_by("person", "id")), says)


def _ring(devices: Iterable[Device], says: list[str]) -> bool:
    taken = False
    with lines.switchboard() as board:
        for device in devices:
            try:
                outcome = board.send(_message(device, says))
            except Exception:  # One dead way must not keep the operator from hearing by another.
                log.exception("the operator could not be told by %s", device.kind)
                continue
            taken = taken or outcome.sent is Sent.TAKEN
            if outcome.sent is not Sent.TAKEN:
                log.error("no alarm by %s: %s", device.kind, outcome.detail)
    return taken


def _message(device: Device, says: list[str]) -> Message:
    more = f" (and {len(says) - 1} more)" if len(says) > 1 else ""
    return Message(
        key=f"alarm/{device.pk}/{secrets.token_hex(8)}",
        to=device.address,
        subject=f"Redphone alarm: {says[0]}",
        lines=tuple(says),
        thread="alarm",
        link=("What is late, and why", f"{settings.PUBLIC_URL}/health"),
        is_urgent=True,
        is_automatic=True,
        channel=device.kind,
        short=f"Redphone alarm: {says[0]}{more}. {settings.PUBLIC_URL}/health",
        spoken=("This is an alarm of the urgent-support desk about itself.", *says[:3]),
        secret=unseal(device.sealed, purpose="device") if device.sealed else "",
    )
