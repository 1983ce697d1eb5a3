"""Standard Webhooks: who signed it is the standard's affair, what it says is the sender's own.

`webhook-id`, `webhook-timestamp` and the body are signed: by HMAC (`v1`, a secret `whsec_…`) or by
Ed25519 (`v1a`, the sender's public key `whpk_…`). Several signatures in the header and several
secrets of the door let both sides change theirs without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from redphone.channels.alerts import generic
from redphone.channels.alerts.alert import Alert
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers

TOLERANCE = timedelta(minutes=5)
"""How far a request's time may lie from ours, either way: an older one is a replay."""

MOST_SIGNATURES = 20

SECRET, PUBLIC_KEY = "whsec_", "whpk_"


def message_id(headers: Headers) -> str:
    """The sender's number of a request, the same when it is sent again: for an idempotent door."""
    return _header(headers, "id")[:255]


def is_genuine(
    body: bytes,
    headers: Headers,
    *,
    secrets: Sequence[str],
    at: datetime,
    tolerance: timedelta = TOLERANCE,
) -> bool:
    """Whether a request has a signature by one of the secrets or keys, and is of these minutes."""
    number, sent = _header(headers, "id"), _header(headers, "timestamp")
    if not number or not _is_recent(sent, at, tolerance):
        return False
    signed = f"{number}.{sent}.".encode("utf-8", "surrogatepass") + body
    given = _header(headers, "signature").split(" ")[:MOST_SIGNATURES]
    matches = [_matches(each, secret, signed) for each in given for secret in secrets]
    return any(matches)


def sign(secret: str, *, message_id: str, at: datetime, body: bytes) -> str:
    """The signature `v1` of a request with an HMAC secret."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    return "v1," + _hmac(_key(secret.removeprefix(SECRET)) or b"", signed)


def _header(headers: Headers, name: str) -> str:
    """The standard's name, or the older one of the service that it came from."""
    return (headers.get(f"webhook-{name}") or headers.get(f"svix-{name}") or "").strip()


def _is_recent(sent: str, at: datetime, tolerance: timedelta) -> bool:
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 12):
        return False
    try:
        return abs(at - datetime.fromtimestamp(int(sent), tz=UTC)) <= tolerance
    except (ValueError, OverflowError, OSError):
        return False


def _matches(signature: str, secret: str, signed: bytes) -> bool:
    version, _, value = signature.partition(",")
    if version == "v1" and not secret.startswith(PUBLIC_KEY):
        key = _key(secret.removeprefix(SECRET))
        wanted = _hmac(key, signed) if key else ""
        given = value.encode("utf-8", "surrogatepass")
        return bool(key) and hmac.compare_digest(given, wanted.encode())
    if version == "v1a" and secret.startswith(PUBLIC_KEY):
        return _is_signed(_key(secret.removeprefix(PUBLIC_KEY)), _key(value), signed)
    return False


def _hmac(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(value: str) -> bytes:
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_signed(key: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alerts of a body: of its `data`, with its `type` beside it.

    Raises:
        NotReadable: it can't be parsed, or nothing in it says what is wrong.
    """
    return generic.read(_inner(read_any(body, headers)))


def _inner(told: Any) -> Any:
    if isinstance(told, dict) and isinstance(told.get("data"), Mapping):
        around = {name: value for name, value in told.items() if name != "data"}
        return {**told["data"], **{f"event_{name}": value for name, value in around.items()}}
    return told
