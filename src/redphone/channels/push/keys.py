"""The desk's own key, by which push services and browsers know that it is us (VAPID, RFC 8292)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from redphone.channels.push.subscription import encoded

SIGNED_FOR = timedelta(hours=12)
"""More than a day is refused."""


@dataclass(frozen=True)
class PushKey:
    """A private key as PEM. Every subscription is bound to it: another one ends them all."""

    pem: str

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self.pem.encode(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key

    @cached_property
    def public(self) -> str:
        """What a browser is told when it subscribes: the point, in base64url."""
        point = self._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return encoded(point)

    def authorization(self, endpoint: str, *, contact: str, at: datetime) -> str:
        """The header that says who posts. `contact` is whom a push service writes to."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((at + SIGNED_FOR).timestamp()),
            "sub": contact,
        }
        return f"vapid t={jwt.encode(claims, self._key, algorithm='ES256')}, k={self.public}"


def new_key() -> PushKey:
    """A key that nobody has had before."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return PushKey(pem.decode("ascii"))
