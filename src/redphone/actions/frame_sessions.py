"""What a frame on a vendor's page holds once its token was believed: a session of ours.

It is signed, names whom the token named, is good for one purpose, and travels in the body of a
request or its Authorization header: browsers keep no cookies for frames of other sites, and an
address would leak it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

from redphone.actions.identity import Identity, TokenExpired, TokenRefused, UsedAlready, identify
from redphone.records.models import IdentityKey, Person

LASTS = timedelta(hours=12)


class SessionOver(TokenRefused):
    """This page was open for too long to know who you are. Open it again from your dashboard."""


NOTHING_CAME = "nothing came with it that says who reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Whom a frame's page has in front of it; `identity` None is somebody unknown.

    `session` is what the page goes on with. `why_not` says why nobody was recognised, and
    `ask_again` that another token may do better.
    """

    identity: Identity | None = None
    session: str = ""
    why_not: str = ""
    ask_again: bool = False

    @property
    def notes(self) -> dict[str, str]:
        """What responders are told of it."""
        if self.identity is not None:
            return dict(self.identity.notes)
        return {"identity": f"unknown: {self.why_not}"}


def recognise(
    *, session: str, token: str, purpose: str, at: datetime, once: bool = True
) -> Recognised:
    """Who is there, by the session that a page has, or else by a token. Never raises.

    A token that opens a session is good once; one that comes along with a report need not be,
    since the report itself is (`once=False`).

    Source: FAQ-2, clauses.md row 8: nobody is refused for what can't be believed.
    """
    why = NOTHING_CAME
    if session:
        try:
            found = read_session(session, purpose=purpose, at=at)
            return Recognised(identity=found, session=session)
        except SessionOver as error:
            why = str(error)
    if not token:
        return Recognised(why_not=why)
    try:
        found = identify(token, at, once=once)
    except TokenRefused as error:
        again = isinstance(error, TokenExpired | UsedAlready)
        return Recognised(why_not=str(error), ask_again=again)
    return Recognised(identity=found, session=open_session(found, purpose=purpose, at=at))


def draft_key(scope: str) -> str:
    """The name under which a browser keeps one person's draft: it tells nothing of them."""
    return Signer(salt="redphone.draft").signature(scope)[:24]


def draft_seal(scope: str) -> str:
    """The key (32 bytes, base64) with which one person's draft is sealed where a page of another
    site has to keep it for us: that site gets the sealed draft, and never the key."""
    signed = salted_hmac("redphone.draft-seal", scope, algorithm="sha256")
    return base64.b64encode(signed.digest()).decode("ascii")


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
