"""Making, changing and revoking the keys that vouch for people on a vendor's own pages."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from redphone.actions.identity import SEALED_FOR
from redphone.core.stream import DeskError
from redphone.records.chain import storable
from redphone.records.models import IdentityKey
from redphone.records.models.identity_key import Algorithm
from redphone.records.sealed import seal

SECRET_START = "rpk_"
"""How every shared secret begins, so that one that has leaked can be searched for."""

MOST_ORIGINS = 20


class KeyRefused(DeskError):
    """The key can't be made or changed like that."""


class NameMissing(KeyRefused):
    """A key needs a name that says whose pages use it."""


class NotAnOrigin(KeyRefused):
    """Write each site as its browser shows it, as https://app.example, one a line: no path, no
    star, and https unless it is this very machine."""


class TooManyOrigins(KeyRefused):
    """A key has at most 20 sites. Make a second key for the others."""


class NotAPublicKey(KeyRefused):
    """This is no Ed25519 public key. Paste the PEM text or the JWK of the public half."""


class ThisIsPrivate(KeyRefused):
    """That is a private key, and was not kept. It has left your machine: make a new pair, and
    paste only its public half."""


class NoSuchKey(KeyRefused):
    """There is no key of that name in use. Reload to see which there are."""


def create(
    *,
    name: str,
    algorithm: str,
    origins: Iterable[str],
    by: str,
    at: datetime,
    public_key: str = "",
) -> tuple[IdentityKey, str]:
    """A new key, and for HS256 the text of its secret: it is never shown again.

    Raises:
        KeyRefused: see the kinds of it above.
    """
    if not name.strip():
        raise NameMissing
    secret = ""
    key = IdentityKey(
        kid=f"rp-{secrets.token_hex(6)}",
        name=storable(name).strip(),
        algorithm=Algorithm(algorithm),
        origins=read_origins(origins),
        made_by=by,
        created_at=at,
    )
    if key.algorithm == Algorithm.EDDSA:
        key.public_key = read_public_key(public_key)
    else:
        secret = SECRET_START + secrets.token_urlsafe(32)
        key.sealed_secret = seal(secret, purpose=SEALED_FOR)
    key.save(force_insert=True)
    return key, secret


def set_origins(*, kid: str, origins: Iterable[str]) -> IdentityKey:
    """Change which sites may show our form in a frame.

    Raises:
        KeyRefused: see the kinds of it above.
    """
    key = _in_use(kid)
    key.origins = read_origins(origins)
    key.save(update_fields=["origins"])
    return key


def revoke(*, kid: str, at: datetime) -> IdentityKey:
    """Take a key back: its tokens, its sessions and its frames open nothing from now on.

    Raises:
        NoSuchKey: there is none of that name, or it was revoked already.
    """
    key = _in_use(kid)
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    return key


def _in_use(kid: str) -> IdentityKey:
    found = IdentityKey.objects.filter(kid=storable(kid), revoked_at=None).first()
    if found is None:
        raise NoSuchKey
    return found


_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")
_HERE = ("localhost", "127.0.0.1")


def read_origins(lines: Iterable[str]) -> list[str]:
    """Sites as browsers name them: each once, in small letters, without a usual port.

    Raises:
        NotAnOrigin, TooManyOrigins: see each.
    """
    found = dict.fromkeys(_origin(line.strip()) for line in lines if line.strip())
    if len(found) > MOST_ORIGINS:
        raise TooManyOrigins
    return list(found)


def _origin(text: str) -> str:
    """One site. It ends in a header of ours, so that nothing but a plain host may pass."""
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except (ValueError, UnicodeError):
        raise NotAnOrigin from None
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _HERE)
    if not (is_bare and is_safe and _HOST.fullmatch(host)):
        raise NotAnOrigin
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def read_public_key(text: str) -> str:
    """An Ed25519 public key as PEM, from PEM or a JWK.

    Raises:
        ThisIsPrivate, NotAPublicKey: see each.
    """
    text = text.strip()
    if "PRIVATE KEY" in text:
        raise ThisIsPrivate
    key = _from_jwk(text) if text.startswith("{") else _from_pem(text)
    if not isinstance(key, Ed25519PublicKey):
        raise NotAPublicKey
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _from_pem(text: str) -> object:
    try:
        return load_pem_public_key(text.encode())
    except Exception:  # The library has no one error for what is no key.
        return None


def _from_jwk(text: str) -> object:
    try:
        found = json.loads(text)
        if not isinstance(found, dict):
            raise NotAPublicKey
        if "d" in found:
            raise ThisIsPrivate
        return jwt.PyJWK(found, algorithm="EdDSA").key
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
