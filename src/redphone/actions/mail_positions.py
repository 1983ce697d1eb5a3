"""How far each mailbox elsewhere was read."""

from __future__ import annotations

from datetime import datetime

from redphone.records.models import MailboxPosition


def position(name: str) -> MailboxPosition | None:
    """How far a folder was read; None for one that we have never looked at."""
    return MailboxPosition.objects.filter(name=name).first()


def remember(name: str, validity: int, uid: int, *, at: datetime) -> None:
    """Write down that everything up to this number is committed."""
    MailboxPosition.objects.update_or_create(
        name=name, defaults={"uid_validity": validity, "last_uid": uid, "at": at}
    )
