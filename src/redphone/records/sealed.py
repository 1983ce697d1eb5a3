"""Secrets that have to be read again, kept so that the database alone does not give them away.

They are encrypted under a key that is derived from the desk's secret key. Whoever has only the
database, or a backup of it, has nothing; whoever changes the secret key keeps the old one among
`SECRET_KEY_FALLBACKS` for as long as something sealed with it is still in use.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from redphone.core.stream import DeskError


class SealBroken(DeskError):
    """This was sealed under another secret key. Make a new one in its place."""


def seal(secret: str, *, purpose: str) -> str:
    """The secret as it may lie in the database. It opens only for the same purpose."""
    return _box(purpose).encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: str) -> str:
    """The secret again.

    Raises:
        SealBroken: the desk's secret key is another one by now, or it was for something else.
    """
    try:
        return _box(purpose).decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError) as error:
        raise SealBroken from error


def _box(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(str(key), purpose)) for key in keys])


def _key(secret: str, purpose: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"redphone.{purpose}".encode())
    return base64.urlsafe_b64encode(derived.derive(secret.encode()))
