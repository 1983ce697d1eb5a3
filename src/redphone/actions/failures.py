"""What follows when a message cannot be delivered for good.

The address is switched off, someone who can act is told, and a page that reached nobody moves its
ladder at once: all in one transaction with the row, by the ledger's door.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from redphone.core import updates
from redphone.core.stream import Entry
from redphone.core.updates import Purpose
from redphone.records import ledger
from redphone.records.ledger import Book
from redphone.records.models import Contact, Delivery
from redphone.records.models.delivery import DeliveryState as State

MOST_WORDS = 500


def mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, while this try of it still holds the lease; empty once somebody else took it."""
    return Delivery.objects.filter(
        pk=delivery.pk,
        state=State.SENDING,
        tries=delivery.tries,
        sending_since=delivery.sending_since,
    )


def fail(delivery: Delivery, *, error: str, refused: bool, at: datetime) -> None:
    """Give a claimed row up. `refused`: the address itself takes no mail.

    Only a refused address is switched off: when every try failed, it may be our own mail server.
    """
    said = error[:MOST_WORDS]
    with ledger.writing(at=at) as book:
        is_incident = delivery.stream.startswith("INC-")
        stream = book.incident(delivery.stream) if is_incident else book.case(delivery.stream)
        # The stream's lock comes first everywhere, and the row only after it.
        if not mine(delivery).update(state=State.FAILED, sending_since=None, error=said):
            return
        if refused:
            _switch_off(delivery, said, at)
        book.append(stream, _entry(delivery, "refused" if refused else "given_up", at))


def come_back(
    book: Book, delivery: Delivery, *, said: str, at: datetime, for_good: bool = True
) -> None:
    """A message that was sent has not arrived, as its bounce or its provider says.

    `for_good` is the same as refused. A second bounce of the same message changes nothing, and so
    does one of a message that is known to have arrived.
    """
    is_incident = delivery.stream.startswith("INC-")
    stream = book.incident(delivery.stream) if is_incident else book.case(delivery.stream)
    said = said[:MOST_WORDS]
    back = Delivery.objects.filter(pk=delivery.pk, state__in=[State.SENDING, State.SENT])
    if not back.update(state=State.FAILED, sending_since=None, error=said):
        return
    if for_good:
        _switch_off(delivery, said, at)
    book.append(stream, _entry(delivery, "refused" if for_good else "given_up", at))


def _switch_off(delivery: Delivery, said: str, at: datetime) -> None:
    if delivery.contact_id:
        Contact.objects.filter(pk=delivery.contact_id, unreachable_at=None).update(
            unreachable_at=at, unreachable_why=said
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
