"""A mail of ours that came back: its receiver is unreachable, and somebody has to know.

A page that came back moves its ladder, by the same entry as one that our mail server refused.

Source: POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
"""

from __future__ import annotations

from datetime import datetime

from redphone.actions import failures
from redphone.channels.mail.incoming import Bounce
from redphone.records.ledger import Book
from redphone.records.models import Delivery
from redphone.records.models.delivery import DeliveryState as State


def come_back(book: Book, delivery: Delivery, bounce: Bounce, *, at: datetime) -> None:
    """Note what a bounce says on its delivery; a hard and final one fails it for good.

    One that is only late, or whose mailbox is full, keeps its state: the words are noted, and
    nothing is switched off.
    """
    said = f"came back: {words(bounce)}"[: failures.MOST_WORDS]
    sent = Delivery.objects.filter(pk=delivery.pk, state__in=[State.SENT, State.DELIVERED])
    if not (bounce.is_hard and bounce.is_final):
        sent.update(error=said)
        return
    failures.come_back(book, delivery, said=said, at=at)


def words(bounce: Bounce) -> str:
    """A bounce in one line: reply code, status, reason, and the server's own words."""
    parts = (bounce.reply_code, bounce.status, bounce.reason, bounce.detail)
    return " ".join(" ".join(part.split()) for part in parts if part)
