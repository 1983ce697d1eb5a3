"""What a format is: how its requests are read, and how they are proven to be the sender's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from redphone.channels.alerts.alert import Alert

Headers = Mapping[str, str]
"""A request's headers, their names in lower case."""

Receive = Callable[[bytes, Headers], tuple[Alert, ...]]


class Proof(StrEnum):
    """How a format's requests are authenticated besides the door's token."""

    TOKEN = "token"  # By nothing else.
    SECRET = "secret"  # By a signature with a secret that door and sender share.
    CERTIFICATE = "certificate"  # By a signature with the provider's certificate.


class IsGenuine(Protocol):
    """Whether a request is signed with one of the secrets. Never raises."""

    def __call__(
        self, body: bytes, headers: Headers, *, secrets: Sequence[str], at: datetime
    ) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One provider's way to say that something is wrong.

    `name` is for people. `example` is the body of a firing alert, for the console and for trying a
    door. `is_genuine` is there where `proves` is `Proof.SECRET`.
    """

    name: str
    receive: Receive
    example: bytes
    content_type: str = "application/json"
    proves: Proof = Proof.TOKEN
    is_genuine: IsGenuine | None = None
