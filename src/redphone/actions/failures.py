"""What follows when a message cannot be delivered for good.

The person's next device comes at once; a page of which every try has failed moves its ladder at
once. An address that is dead is switched off, and someone who can act is told: all in one
transaction with the row, by the ledger's door.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Least

from redphone.actions import bundles
from redphone.core import updates
from redphone.core.incident import Incident
from redphone.core.stream import Entry
from redphone.core.updates import URGENT, Purpose
from redphone.records import ledger, wake
from redphone.records.ledger import Book
from redphone.records.models import Contact, Delivery, Device
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.rings import still_wanted
from redphone.records.streams import AnyStream

MOST_WORDS = 500

REFUSED = "refused"
GIVEN_UP = "given_up"
NO_LINE = "no_line"
NO_RECEIPT = "no_receipt"

OVER = (State.FAILED, State.CANCELLED, State.STALE)
"""The states of a try by which nothing can arrive any more."""


def mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, while this try of it still holds the lease; empty once somebody else took it."""
    return Delivery.objects.filter(
        pk=delivery.pk,
        state=State.SENDING,
        tries=delivery.tries,
        sending_since=delivery.sending_since,
    )


def fail(delivery: Delivery, *, error: str, why: str, at: datetime) -> None:
    """Give a claimed row up.

    Only a refused address is switched off: when every try failed, it may be our own mail server.
    """
    said = error[:MOST_WORDS]
    with ledger.writing(at=at) as book:
        stream = _stream(book, delivery)
        # The stream's lock comes first everywhere, and the row only after it.
        if mine(delivery).update(state=State.FAILED, sending_since=None, error=said):
            _follow(book, stream, delivery, why, said, at)


def come_back(
    book: Book, delivery: Delivery, *, said: str, at: datetime, why: str = REFUSED
) -> None:
    """A message that was sent has not arrived, as its bounce or its provider says, or as nobody
    says who should have.

    The same once more changes nothing, and neither does what is said of a message that is known to
    have arrived. That the address is dead may still follow a failing that was none for good.
    """
    said = said[:MOST_WORDS]
    stream = _stream(book, delivery)
    row = Delivery.objects.filter(pk=delivery.pk)
    went = row.filter(state__in=[State.SENDING, State.SENT])
    if went.update(state=State.FAILED, sending_since=None, error=said):
        _follow(book, stream, delivery, why, said, at)
        return
    again = row.filter(state=State.FAILED).first() if why == REFUSED else None
    if again is not None and _switch_off(again, said, at):
        row.update(error=said)
        book.append(stream, _off(again, is_alone=False, at=at))


def switch_off(book: Book, delivery: Delivery, *, said: str, at: datetime) -> None:
    """The owner of a device wants nothing more on it: they and the managers are told.

    `delivery` is the last message that went there.
    """
    stream = _stream(book, delivery)
    if _switch_off(delivery, said, at):
        book.append(stream, _off(delivery, is_alone=False, at=at))


def _stream(book: Book, delivery: Delivery) -> AnyStream:
    is_incident = delivery.stream.startswith("INC-")
    return book.incident(delivery.stream) if is_incident else book.case(delivery.stream)


def _follow(
    book: Book, stream: AnyStream, delivery: Delivery, why: str, said: str, at: datetime
) -> None:
    bundles.release(delivery, at=at)
    is_off = why == REFUSED and _switch_off(delivery, said, at)
    goes_on = _is_tried_on(delivery, at)
    if is_off:
        book.append(stream, _off(delivery, is_alone=not goes_on, at=at))
    if not goes_on and (why == REFUSED or _is_wanted(stream, delivery)):
        book.append(stream, _entry(delivery, why, at))


def _is_tried_on(delivery: Delivery, at: datetime) -> bool:
    """Whether another try of this person's rule may reach them; the next one then comes now."""
    if delivery.person_id is None:
        return False
    others = Delivery.objects.filter(
        stream=delivery.stream,
        seq=delivery.seq,
        purpose=delivery.purpose,
        person=delivery.person_id,
    ).exclude(pk=delivery.pk)
    untried = others.filter(state=State.PENDING, tries=0, bundled_into=None)
    coming = untried.order_by("next_try_at", "id").values_list("pk", flat=True).first()
    if coming is not None:
        others.filter(pk=coming, state=State.PENDING).update(next_try_at=Least("next_try_at", at))
        wake.worker(delivery.priority)
        return True
    return others.exclude(state__in=OVER).exists()


def _is_wanted(stream: AnyStream, delivery: Delivery) -> bool:
    """Whether it still asks something of its person: after an answer its failing is nobody's
    worry."""
    state = stream.state
    if delivery.purpose not in URGENT or not isinstance(state, Incident):
        return True
    return still_wanted(delivery, state)


def _switch_off(delivery: Delivery, said: str, at: datetime) -> bool:
    """Nothing more is sent there. Whether a device went off by this, and not before."""
    if delivery.contact_id:
        Contact.objects.filter(pk=delivery.contact_id, unreachable_at=None).update(
            unreachable_at=at, unreachable_why=said
        )
    if delivery.device_id is None:
        return False
    device = Device.objects.filter(pk=delivery.device_id, off_at=None)
    return bool(device.update(off_at=at, off_why=said))


def _off(delivery: Delivery, *, is_alone: bool, at: datetime) -> Entry:
    return updates.device_off(
        person=_receiver(delivery),
        device=delivery.device_id or 0,
        channel=delivery.channel,
        alone=is_alone,
        at=at,
    )


def _entry(delivery: Delivery, why: str, at: datetime) -> Entry:
    return updates.delivery_failed(
        key=delivery.key,
        purpose=Purpose(delivery.purpose),
        to=_receiver(delivery),
        lane=str(delivery.payload.get("lane", "")),
        why=why,
        at=at,
    )


def _receiver(delivery: Delivery) -> str:
    """The receiver without an address: entries hold no personal data."""
    if delivery.person_id:
        return f"person:{delivery.person_id}"
    return f"contact:{delivery.contact_id}" if delivery.contact_id else "address"
