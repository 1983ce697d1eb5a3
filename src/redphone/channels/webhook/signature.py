"""Signatures as Standard Webhooks has them: HMAC-SHA-256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
"""How every secret begins, so that one that has leaked can be searched for."""


def new_secret() -> str:
    """A secret of 32 random bytes, in the form that receivers' libraries read."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def headers(
    message_id: str, body: bytes, *, secrets: Iterable[str], at: datetime
) -> dict[str, str]:
    """The three headers of a post. While a secret is being changed, both sign."""
    moment = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), moment.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(_signature(signed, secret) for secret in secrets),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")
