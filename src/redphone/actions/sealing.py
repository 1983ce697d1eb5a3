"""Secrets that the desk has to read again: encrypted under a key that comes from SECRET_KEY.

A copy of the database alone gives none of them away; docs/decisions/0065 has the reasons.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from redphone.core.stream import DeskError


class CannotBeRead(DeskError):
    """This was sealed under another secret key. Make a new one in its place."""


def seal(secret: str, *, purpose: str) -> str:
    """The secret, encrypted and signed. It opens only for the same purpose."""
    return _box(purpose).encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: str) -> str:
    """The secret as it was.

    Raises:
        CannotBeRead: SECRET_KEY has changed since, or it was sealed for something else.
    """
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        raise CannotBeRead from None


def _box(purpose: str) -> Fernet:
    derived = HKDF(
        algorithm=SHA256(), length=32, salt=None, info=f"redphone.{purpose}".encode()
    ).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
