"""What a frame on a vendor's page holds once its token was believed: a session of ours.

It is signed, names whom the token named, is good for one purpose, and travels in the body of a
request or its Authorization header: browsers keep no cookies for frames of other sites, and an
address would leak it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer

from redphone.actions.identity import Identity, TokenRefused
from redphone.records.models import IdentityKey, Person

LASTS = timedelta(hours=12)


class SessionOver(TokenRefused):
    """This page was open for too long to know who you are. Open it again from your dashboard."""


def open_session(identity: Identity, *, purpose: str, at: datetime) -> str:
    """The text that the frame keeps. `purpose` is what it opens: `report`, `chat`."""
    held = {
        "person": identity.person,
        "customer": identity.customer,
        "email": identity.email,
        "name": identity.name,
        "subject": identity.subject,
        "key": identity.key,
        "notes": dict(identity.notes),
        "until": (at + LASTS).timestamp(),
    }
    return _signer(purpose).sign_object(held, compress=True)


def read_session(text: str, *, purpose: str, at: datetime) -> Identity:
    """Whose session this is.

    Raises:
        SessionOver: it is none of ours, is for something else, is over, its key was revoked, or
            its person has left.
    """
    try:
        held: dict[str, Any] = _signer(purpose).unsign_object(text)
    except (BadSignature, ValueError):
        raise SessionOver from None
    if held.pop("until") <= at.timestamp() or not _still_stands(held):
        raise SessionOver
    return Identity(**held)


def _still_stands(held: dict[str, Any]) -> bool:
    """Whether the key still vouches and the person is still with the customer they were with."""
    if not IdentityKey.objects.filter(pk=held["key"], revoked_at=None).exists():
        return False
    if held["person"] is None:
        return True
    same = {"pk": held["person"], "customer": held["customer"], "is_active": True}
    return Person.objects.filter(**same).exists()


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"redphone.frame.{purpose}")
