"""Ending calls that ring for nothing, after the answer is written down.

A row says which calls are to be ended, so that a worker that dies loses none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from redphone.channels.switchboard import Switchboard
from redphone.records.letting_go import A_CALL_LASTS
from redphone.records.models import Delivery
from redphone.records.models.delivery import DeliveryState as State

LEASE = timedelta(seconds=15)
"""A worker that ends a call for longer has died: another one does it."""


def is_waiting() -> bool:
    """Whether a call is to be ended."""
    return Delivery.objects.filter(hang_up_at__isnull=False).exists()


def hang_up_waiting(*, channel: Callable[[], Switchboard], now: Callable[[], datetime]) -> int:
    """End all calls that ring for nothing; how many were ended.

    Two workers end no call twice. One that cannot be ended now is tried again by the next sweep,
    as long as it may still ring; one that is just being made is ended once it rings.
    """
    done = 0
    with channel() as board:
        for number in _waiting(now()):
            done += _end(number, board, now())
    return done


def _waiting(at: datetime) -> list[int]:
    rows = Delivery.objects.filter(hang_up_at__lte=at).order_by("hang_up_at")
    return list(rows.values_list("pk", flat=True))


def _end(number: int, board: Switchboard, at: datetime) -> bool:
    call = _claim(number, at)
    if call is None or call.hang_up_at is None:
        return False
    is_made = bool(call.message_id)
    if is_made:
        is_over = board.hang_up(call.channel, provider=call.provider, provider_id=call.message_id)
    else:
        is_over = call.state not in {State.SENDING, State.SENT}
    is_done = is_over or at - call.hang_up_at > A_CALL_LASTS
    Delivery.objects.filter(pk=call.pk, hang_up_at=at + LEASE).update(
        hang_up_at=None if is_done else call.hang_up_at
    )
    return is_made and is_over


def _claim(number: int, at: datetime) -> Delivery | None:
    """Take a call for this worker; None when another one has it.

    Nothing is locked while a provider is waited for: whoever takes something else of the same
    incident would wait for it too.
    """
    call = Delivery.objects.filter(pk=number, hang_up_at__lte=at).first()
    if call is None:
        return None
    mine = Delivery.objects.filter(pk=number, hang_up_at=call.hang_up_at)
    return call if mine.update(hang_up_at=at + LEASE) else None
