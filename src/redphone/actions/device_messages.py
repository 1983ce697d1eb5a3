"""Sending codes and tests: claim a row, hand it over, write down what the provider said.

As with deliveries, each try is bracketed by two commits and nothing is locked while a provider is
waited for. A worker that dies leaves a lease that runs out: the same code goes out again, under
the same key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from redphone.actions import device_words
from redphone.actions.deliveries import Backoff
from redphone.channels import Channel
from redphone.core.message import Outcome, Sent
from redphone.records.models import DeviceMessage
from redphone.records.models.device_message import DeviceMessageState as State
from redphone.records.sealed import SealBroken

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""After so long a row that says `sending` has lost its worker, and is taken again."""

AGAIN = Backoff(first=timedelta(seconds=2), most=timedelta(seconds=30))

KEPT_FOR = timedelta(days=2)
"""Longer than the longest time for which what was sent is counted."""

Now = Callable[[], datetime]


def send_waiting(*, channel: Callable[[], Channel], now: Now) -> int:
    """Send until nothing is due any more; how many tries were made."""
    done = 0
    take_back(at=now())
    with channel() as line:
        while (message := claim(at=now())) is not None:
            send(message, line, now=now)
            done += 1
    return done


def claim(*, at: datetime) -> DeviceMessage | None:
    """Take the next row that is due; from here on it says `sending`."""
    due = DeviceMessage.objects.filter(
        state=State.PENDING, next_try_at__lte=at, tries__lt=F("most_tries")
    )
    with transaction.atomic():
        row = due.select_for_update(skip_locked=True).order_by("next_try_at", "id").first()
        if row is None:
            return None
        row.state, row.sending_since, row.tries = State.SENDING, at, row.tries + 1
        row.save(update_fields=["state", "sending_since", "tries"])
    return DeviceMessage.objects.select_related("device", "person").get(pk=row.pk)


def take_back(*, at: datetime) -> None:
    """Take rows from workers that have died; end those whose time or tries are over."""
    lost = DeviceMessage.objects.filter(state=State.SENDING, sending_since__lt=at - LEASE)
    lost.update(state=State.PENDING, sending_since=None, next_try_at=at, said="its worker died")
    over = Q(deadline_at__lte=at) | Q(tries__gte=F("most_tries"))
    DeviceMessage.objects.filter(over, state=State.PENDING).update(
        state=State.FAILED, sealed="", ended_at=at
    )


def send(message: DeviceMessage, line: Channel, *, now: Now) -> None:
    """One try of a claimed row, and what came of it."""
    try:
        outcome = _hand_over(message, line, at=now())
    except SealBroken as error:
        outcome = Outcome(sent=Sent.REFUSED, detail=str(error))
    except Exception as error:  # One bad row must not hold up the others; its row says why.
        log.exception("device message %s could not be sent", message.pk)
        outcome = Outcome(sent=Sent.TRY_AGAIN, detail=type(error).__name__)
    _record(message, outcome, at=now())


def _hand_over(message: DeviceMessage, line: Channel, *, at: datetime) -> Outcome:
    if message.device is None or not message.person.is_active:
        return Outcome(sent=Sent.REFUSED, detail="the device was removed")
    if at >= message.deadline_at:
        return Outcome(sent=Sent.REFUSED, detail="its time was over")
    return line.send(device_words.compose(message))


def _record(message: DeviceMessage, outcome: Outcome, *, at: datetime) -> None:
    """Write down how a try ended. One that was overtaken meanwhile stays as it is."""
    if outcome.sent is Sent.TAKEN:
        _end(message, State.TAKEN, outcome, at)
    elif outcome.sent is Sent.TRY_AGAIN and message.tries < message.most_tries:
        _mine(message).update(
            state=State.PENDING,
            sending_since=None,
            next_try_at=at + AGAIN.after(message.tries),
            said=outcome.detail[:500],
        )
    else:
        log.warning("device message %s: %s %s", message.pk, outcome.sent, outcome.detail)
        _end(message, State.FAILED, outcome, at)


def _end(message: DeviceMessage, state: State, outcome: Outcome, at: datetime) -> None:
    _mine(message).update(
        state=state,
        sealed="",
        sending_since=None,
        ended_at=at,
        provider=outcome.provider,
        said=outcome.detail[:500],
    )


def _mine(message: DeviceMessage) -> QuerySet[DeviceMessage]:
    """The row, while this try of it still holds the lease."""
    return DeviceMessage.objects.filter(pk=message.pk, state=State.SENDING, tries=message.tries)


def is_waiting(*, at: datetime) -> bool:
    """Whether a worker is wanted: something is due, or a lease has run out."""
    due = Q(state=State.PENDING, next_try_at__lte=at)
    lost = Q(state=State.SENDING, sending_since__lt=at - LEASE)
    return DeviceMessage.objects.filter(due | lost).exists()


def forget_old(*, at: datetime) -> None:
    """Remove the rows that no limit counts any more."""
    DeviceMessage.objects.filter(created_at__lt=at - KEPT_FOR).delete()
