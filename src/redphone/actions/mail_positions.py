"""How far each mailbox elsewhere was read."""

from __future__ import annotations

from datetime import datetime

from redphone.records.models import MailboxPosition


def last_uid(name: str, validity: int) -> int:
    """The number of the last mail that is safe with us; 0 when the server counts anew."""
    known = MailboxPosition.objects.filter(name=name, uid_validity=validity).first()
    return known.last_uid if known else 0


def remember(name: str, validity: int, uid: int, *, at: datetime) -> None:
    """Write down that everything up to this number is committed."""
    MailboxPosition.objects.update_or_create(
        name=name, defaults={"uid_validity": validity, "last_uid": uid, "at": at}
    )
