"""What a browser gives us so that we can reach it: where to post, and what to encrypt with."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from redphone.channels.webhook.address import AddressRefused, read

LONGEST = 2000
POINT, AUTH = 65, 16
"""Bytes of a point on P-256, and of the secret that is mixed in (RFC 8291)."""


class BadSubscription(ValueError):
    """What came is no subscription of a browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One browser's mailbox at its push service. All of it is secret: whoever has it can post."""

    endpoint: str
    p256dh: str
    auth: str

    def as_text(self) -> str:
        """As it is kept, sealed; `parse` reads it again."""
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return json.dumps({"endpoint": self.endpoint, "keys": keys}, sort_keys=True)

    @property
    def host(self) -> str:
        """Whose push service it is."""
        return read(self.endpoint)[1]


def parse(text: str | bytes) -> Subscription:
    """A subscription, as a browser's `toJSON` gives it.

    Raises:
        BadSubscription: something is missing, or can't be encrypted with.
    """
    if len(text) > 2 * LONGEST:
        raise BadSubscription("it is too long")
    try:
        return of(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise BadSubscription(f"it can't be read: {type(error).__name__}") from error


def of(found: Any) -> Subscription:
    """The same of what JSON gave.

    Raises:
        BadSubscription: something is missing, or can't be encrypted with.
    """
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, dict):
        raise BadSubscription("it has no keys")
    endpoint, p256dh, auth = found.get("endpoint"), keys.get("p256dh"), keys.get("auth")
    if not (isinstance(endpoint, str) and isinstance(p256dh, str) and isinstance(auth, str)):
        raise BadSubscription("its parts are no words")
    _check_address(endpoint)
    if len(decoded(auth)) != AUTH:
        raise BadSubscription("its secret has the wrong length")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(p256dh))
    except ValueError as error:
        raise BadSubscription("its key is no point on the curve") from error
    return Subscription(
        endpoint=endpoint, p256dh=encoded(decoded(p256dh)), auth=encoded(decoded(auth))
    )


def _check_address(endpoint: str) -> None:
    """Its form only: where the name leads is looked at again at every push."""
    try:
        read(endpoint)
    except AddressRefused as error:
        raise BadSubscription(str(error)) from error
    if len(endpoint) > LONGEST:
        raise BadSubscription("its address is too long")


def decoded(text: str) -> bytes:
    """Bytes of base64url, with or without its padding.

    Raises:
        BadSubscription: it is none.
    """
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadSubscription("it is no base64") from error


def encoded(raw: bytes) -> str:
    """Base64url without padding, as the Push API writes it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
