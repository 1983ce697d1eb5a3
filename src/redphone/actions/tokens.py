"""Keys for programs that speak for a person: make one, take one back, know whose one is.

Whoever does something with a token is the person whose token it is; the token itself only
remembers when it was last used.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from redphone.core.stream import DeskError
from redphone.records.models import ApiToken, Person

START = "rp_"
"""How every token begins, so that one that has leaked can be searched for."""

SHOWN = 10
"""How many signs of a token are kept to tell it from others."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept: a storm of reports must not wait for one row."""


class TokenError(DeskError):
    """The token can't be made or changed like that."""


class NobodyThere(TokenError):
    """Nobody who may sign in has that e-mail address. Check it, or make the person first."""


class NameMissing(TokenError):
    """A token needs a name that says what uses it."""


class NoSuchToken(TokenError):
    """No usable token begins like that. List them to see which there are."""


class SeveralTokens(TokenError):
    """More than one token begins like that. Give more of its signs."""


def create(
    *, person: str, name: str, at: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token for the person of that e-mail address, and its text: it is never shown again.

    Raises:
        NobodyThere, NameMissing: see each.
    """
    if not name.strip():
        raise NameMissing
    owner = Person.objects.filter(email=person.strip().lower(), is_active=True).first()
    if owner is None:
        raise NobodyThere
    text = START + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        name=name.strip(),
        person=owner,
        digest=_digest(text),
        prefix=text[:SHOWN],
        created_at=at,
        expires_at=expires_at,
    )
    return token, text


def revoke(*, prefix: str, at: datetime) -> ApiToken:
    """Take back the token that begins like that.

    Raises:
        NoSuchToken, SeveralTokens: see each.
    """
    found = list(ApiToken.objects.filter(prefix__startswith=prefix, revoked_at=None)[:2])
    if not found or not prefix.startswith(START):
        raise NoSuchToken
    if len(found) > 1:
        raise SeveralTokens
    found[0].revoked_at = at
    found[0].save(update_fields=["revoked_at"])
    return found[0]


def holder(*, text: str, at: datetime) -> Person | None:
    """Whose token this is; None when it is nobody's, was taken back, or has expired."""
    digest = _digest(text)
    token = ApiToken.objects.select_related("person").filter(digest=digest).first()
    # The digest was looked up in an index; comparing it again takes the same time for any text.
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    is_over = token.expires_at is not None and token.expires_at <= at
    if token.revoked_at is not None or is_over or not token.person.is_active:
        return None
    _note_use(token, at)
    return token.person


def _note_use(token: ApiToken, at: datetime) -> None:
    if token.last_used_at is None or at - token.last_used_at >= NOTED_EVERY:
        long_ago = Q(last_used_at=None) | Q(last_used_at__lte=at - NOTED_EVERY)
        ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=at)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
