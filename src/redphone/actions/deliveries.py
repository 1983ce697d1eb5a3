"""Sending what is owed: claim rows, look at their streams again, hand over, write down the end.

Each try is bracketed by two commits: the row says `sending` before anything leaves, and what came
of it afterwards. A worker that dies between them leaves a lease that runs out, and the message
goes out again under the same key: at least once, and receivers can drop the double.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from redphone.actions import bundles, compose, failures, given_up, threads
from redphone.actions.claims import (
    LEASE,
    URGENT,
    Pace,
    claim,
    give_back,
    is_too_late,
    take_back,
)
from redphone.actions.scene import Scene, Shared, scene
from redphone.channels import Channel
from redphone.core import clocks, ladder
from redphone.core.chat import CHANNEL
from redphone.core.incident import Incident
from redphone.core.message import Message, Outcome, Sent
from redphone.core.stream import moment
from redphone.core.updates import Purpose
from redphone.records.models import ChatSight, Delivery
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.rings import still_wanted

log = logging.getLogger(__name__)

BATCH = 10
CROWD = 5
"""From so many waiting messages on another thread is called to help."""

MOST_ASKED_FOR = timedelta(minutes=10)
"""A provider that asks to be left alone for longer is asked again all the same."""

Now = Callable[[], datetime]

LEFT = """
    update delivery
    set state = 'sent', sent_at = %(at)s, sending_since = null, error = '',
        provider = %(provider)s, receipt_due_at = %(receipt)s, message_id = %(message)s
    where id = %(id)s and state not in ('failed', 'delivered')
"""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waiting between tries: doubled each time up to `most`, and up to a quarter longer by chance.

    The chance keeps many messages that failed together from coming back together.
    """

    first: timedelta
    most: timedelta

    def after(self, tries: int) -> timedelta:
        doubled: timedelta = self.first * 2 ** min(tries - 1, 20)
        return min(doubled, self.most) * random.uniform(1, 1.25)


PRESSING = Backoff(first=timedelta(seconds=2), most=timedelta(seconds=20))
PATIENT = Backoff(first=timedelta(seconds=15), most=timedelta(minutes=30))


def send_waiting(*, channel: Callable[[], Channel], now: Now, with_bulk: bool = True) -> int:
    """Send until nothing waits any more; how many tries were made.

    Pages are claimed a few at a time and asked for again between batches, so that the first page
    of an incident overtakes what was written before it. Without `with_bulk` only what is urgent
    is sent: other threads have the rest in hand.
    """
    done = 0
    take_back(at=now())
    shared, pace = Shared(), Pace()
    with channel() as line:
        while claimed := _claim_next(pace, with_bulk, at=now()):
            began = now()
            done += _send_all(claimed, line, now, shared)
            pace.took(now() - began)
    return done


def _claim_next(pace: Pace, with_bulk: bool, *, at: datetime) -> list[Delivery]:
    urgent = claim(at=at, limit=pace.size, most=URGENT)
    if urgent or not with_bulk:
        return urgent
    return claim(at=at, limit=BATCH, least=URGENT + 1)


def _send_all(claimed: list[Delivery], line: Channel, now: Now, shared: Shared) -> int:
    """Send a batch over one connection; what would begin too late is given back."""
    shared.threads = threads.first_keys(claimed)
    for done, delivery in enumerate(claimed):
        if is_too_late(delivery, at=now(), is_first=done == 0):
            give_back(claimed[done:])
            return done
        send(delivery, line, now=now, shared=shared)
    return len(claimed)


def send(delivery: Delivery, line: Channel, *, now: Now, shared: Shared | None = None) -> State:
    """One try of a claimed row, and what came of it.

    A message that cannot be written or handed over by a mistake of ours is tried again like any
    other, is in the log each time, and is failed in the end.
    """
    try:
        if _has_to_wait(delivery, at=now()):
            return State.PENDING
        outcome = _hand_over(delivery, line, shared or Shared(), at=now())
    except Exception as error:  # One bad row must not hold up the others; its row says why.
        log.exception("delivery %s could not be sent", delivery.key)
        outcome = Outcome(sent=Sent.TRY_AGAIN, detail=repr(error))
    if outcome is None:
        with transaction.atomic():
            failures.mine(delivery).update(state=State.STALE, sending_since=None)
            bundles.release(delivery, at=now())
        return State.STALE
    try:
        return _record(delivery, outcome, at=now())
    except Exception:  # The others go on. The lease of this one runs out: then it is tried again.
        log.exception("what became of delivery %s could not be kept", delivery.key)
        return State.SENDING


def _has_to_wait(delivery: Delivery, *, at: datetime) -> bool:
    try:
        return bundles.has_to_wait(delivery, at=at)
    except Exception:  # Another page of the device can't be read: this one rings by itself.
        log.exception("what delivery %s could carry along can't be read", delivery.key)
        return False


def _hand_over(
    delivery: Delivery, line: Channel, shared: Shared, *, at: datetime
) -> Outcome | None:
    """What the channel says; None for a message that is not true any more."""
    message = _message(delivery, shared, at=at)
    if message is None:
        return None
    return given_up.nobody_there(delivery) or line.send(message)


def _message(delivery: Delivery, shared: Shared, *, at: datetime) -> Message | None:
    """The message, as the stream stands at this moment; None when it is not true any more."""
    if delivery.deadline_at is not None and at >= delivery.deadline_at:
        return None
    view = scene(delivery, at=at, shared=shared)
    return compose.compose(view) if still_true(view) else None


def still_true(view: Scene) -> bool:
    """Whether a message still says what is: looked at just before each sending.

    An acknowledged page rings no more, and an ended incident is silent.

    Source: POL-4, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    state, data = view.state, view.entry.data
    purpose = Purpose(view.delivery.purpose)
    if purpose is Purpose.WARNING:
        running = clocks.running(state, view.policy, view.pinned.hours)
        return any(clock.key == data["clock"] for clock in running)
    if purpose is Purpose.MISSED:
        due = moment(data["due_at"])
        return any((mark.clock, mark.due_at) == (data["clock"], due) for mark in state.missed)
    if purpose is Purpose.REPLY and data["through"] == CHANNEL:
        return not _was_seen(view)
    if not isinstance(state, Incident):
        return True
    match purpose:
        case Purpose.TAKEN:
            who = view.person.actor if view.person else ""
            return not ladder.still_rings(state, who, view.delivery.payload["lane"])
        case Purpose.RESOLVED:
            return state.resolved_at is not None
        case Purpose.REOPENED:
            return state.is_open
    return still_wanted(view.delivery, state)


def _was_seen(view: Scene) -> bool:
    """Whether the customer's open page has shown this answer: then no mail is needed."""
    seq = view.delivery.seq
    return ChatSight.objects.filter(case=view.ref, by_desk=False, seq__gte=seq).exists()


def _record(delivery: Delivery, outcome: Outcome, *, at: datetime) -> State:
    """Write down how a try ended, in a transaction of its own."""
    if outcome.sent is Sent.TAKEN:
        return _sent(delivery, outcome, at)
    log.warning(
        "delivery %s, try %d: %s %s", delivery.key, delivery.tries, outcome.sent, outcome.detail
    )
    if why := _gives_up(delivery, outcome):
        failures.fail(delivery, error=outcome.detail, why=why, at=at)
        return State.FAILED
    backoff = PRESSING if delivery.priority <= URGENT else PATIENT
    failures.mine(delivery).update(
        state=State.PENDING,
        sending_since=None,
        next_try_at=at + max(backoff.after(delivery.tries), _asked_for(outcome)),
        error=outcome.detail[:500],
    )
    return State.PENDING


def _asked_for(outcome: Outcome) -> timedelta:
    """How long the provider wants to be left alone, as far as a page can wait for it."""
    return min(outcome.retry_after or timedelta(), MOST_ASKED_FOR)


def _gives_up(delivery: Delivery, outcome: Outcome) -> str:
    """Why this try was the last; "" when there is another."""
    if outcome.sent is Sent.REFUSED:
        return failures.REFUSED
    if outcome.sent is Sent.NO_LINE:
        return failures.NO_LINE
    return failures.GIVEN_UP if delivery.tries >= delivery.most_tries else ""


def _sent(delivery: Delivery, outcome: Outcome, at: datetime) -> State:
    """It has left, whoever holds the row by now: that is true, and spares the double.

    What the provider has told of it meanwhile is truer still. What it carried along has left too.
    """
    within = outcome.receipt_within
    receipt_due_at = at + within if within else None
    is_alone = "says" not in delivery.payload
    with nullcontext() if is_alone else transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            LEFT,
            {
                "id": delivery.pk,
                "at": at,
                "provider": outcome.provider,
                "receipt": receipt_due_at,
                "message": outcome.provider_id,
            },
        )
        if not cursor.rowcount:
            Delivery.objects.filter(pk=delivery.pk).update(
                message_id=outcome.provider_id, provider=outcome.provider
            )
        if not is_alone:
            bundles.carried(delivery).update(
                state=State.SENT,
                sent_at=at,
                sending_since=None,
                provider=outcome.provider,
                receipt_due_at=receipt_due_at,
                error="",
            )
    return State.SENT


def is_crowded(*, at: datetime) -> bool:
    """Whether more waits than one thread should have to itself."""
    due = Delivery.objects.filter(state=State.PENDING, next_try_at__lte=at, bundled_into=None)
    return due.values_list("pk", flat=True)[:CROWD].count() == CROWD


def is_waiting(*, at: datetime) -> bool:
    """Whether a worker is wanted: something is due, or a lease has run out."""
    due = Q(state=State.PENDING, next_try_at__lte=at, bundled_into=None)
    lost = Q(state=State.SENDING, sending_since__lt=at - LEASE)
    return Delivery.objects.filter(due).exists() or Delivery.objects.filter(lost).exists()
