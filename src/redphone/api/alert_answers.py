"""What a sender of alerts is told, in the words of the API that it believes it speaks to."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from redphone.channels import alerts as formats
from redphone.channels.alerts import pagerduty
from redphone.channels.alerts.alert import NotReadable
from redphone.records.alerts import Line

RETRY_AFTER = 5
"""Seconds after which a sender that was told 503 should try again."""

MOST = 1024 * 1024
"""Bytes of a body. PagerDuty's own limit, which its answers name, is half of it."""

_HEADERS = ("x-redphone-token", "x-api-key", "x-auth-token", "x-routing-key", "x-gitlab-token")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a body that is JSON or will be."""

    status: int
    body: dict[str, Any] | bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was read of a request: the rows to store, or why it was turned away.

    `errors` says what was not understood; what was not understood is stored all the same.
    """

    lines: tuple[Line, ...] = ()
    errors: tuple[str, ...] = ()
    key: str = ""
    fault: NotReadable | None = None
    refused: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to speak: where the token is, and how each answer is said."""

    format: str
    path: str = ""
    most: int = MOST
    takes_queries: bool = True

    def token(self, headers: Mapping[str, str], body: bytes) -> str:
        """The token that a request carries, "" when it carries none."""
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme.lower() in ("bearer", "token", "geniekey"):
            return rest.strip()
        if scheme.lower() == "basic":
            return _password(rest)
        return next((headers[name].strip() for name in _HEADERS if headers.get(name)), "")

    def answer(self, taken: Taken) -> Answer:
        told: dict[str, Any] = {"status": "accepted", "alerts": len(taken.lines)}
        if taken.errors:
            told |= {"status": "unreadable", "message": _KEPT, "errors": list(taken.errors)}
        return Answer(202, told)

    def unknown_token(self) -> Answer:
        says = "This token opens no door: it is missing, mistyped, or was taken back."
        return self._no(401, "unauthorized", says, ((b"www-authenticate", b"Bearer"),))

    def wrong_proof(self, why: str) -> Answer:
        return self._no(403, "forbidden", why)

    def wrong_method(self) -> Answer:
        return self._no(405, "method not allowed", "Send it by POST.", ((b"allow", b"POST"),))

    def too_large(self) -> Answer:
        says = f"No alert is longer than {self.most // 1024} KB."
        return self._no(413, "too large", says, ((b"connection", b"close"),))

    def too_slow(self) -> Answer:
        says = "The body did not come in time."
        return self._no(408, "too slow", says, ((b"connection", b"close"),))

    def away(self) -> Answer:
        says = "The desk can't store it now. Send it again."
        after = (b"retry-after", str(RETRY_AFTER).encode())
        return self._no(503, "unavailable", says, (after,))

    def _no(
        self, status: int, name: str, says: str, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> Answer:
        return Answer(status, {"status": name, "message": says, "errors": [says]}, headers)


_KEPT = "It could not be read. It was kept as it came, and somebody looks at it."


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty(Dialect):
    """The Events API, as its published schema says. It has no 401: a key is part of the event."""

    key: str = "routing_key"
    dedup: str = "dedup_key"
    taken_as: int = 202
    says: str = "Event processed"
    format: str = "pagerduty"
    most: int = 512 * 1024
    takes_queries: bool = False

    def token(self, headers: Mapping[str, str], body: bytes) -> str:
        try:
            said = _KEYS.decode(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            said = _Keys()
        found = said.routing_key if self.key == "routing_key" else said.service_key
        # Not by `super()`: in a dataclass with slots that is another class.
        return found.strip() if isinstance(found, str) else Dialect.token(self, headers, body)

    def answer(self, taken: Taken) -> Answer:
        if taken.fault is not None:
            return Answer(400, pagerduty.refused(taken.fault))
        key = f',"{self.dedup}":{json.dumps(taken.key)}' if self.dedup else ""
        body = f'{{"status":"success","message":"{self.says}"{key}}}'
        return Answer(self.taken_as, body.encode())

    def unknown_token(self) -> Answer:
        return self._invalid((f"'{self.key}' is missing, unknown, or was taken back",))

    def wrong_proof(self, why: str) -> Answer:
        return self._invalid((why,))

    def _invalid(self, errors: tuple[str, ...]) -> Answer:
        told = {"status": "invalid event", "message": "Event object is invalid"}
        return Answer(400, {**told, "errors": list(errors)})


class _Keys(msgspec.Struct):
    routing_key: Any = None
    service_key: Any = None


_KEYS = msgspec.json.Decoder(_Keys)

V2 = PagerDuty(path="/v2/enqueue")
CHANGES = PagerDuty(path="/v2/change/enqueue", dedup="", says="Change event processed")
V1 = PagerDuty(
    path="/generic/2010-04-15/create_event.json",
    key="service_key",
    dedup="incident_key",
    taken_as=200,
)
_FIXED: dict[str, Dialect] = {each.path: each for each in (V2, CHANGES, V1)}
_BY_FORMAT = {slug: Dialect(format=slug) for slug in (*formats.FORMATS, "any")}


def dialect_of(path: str) -> tuple[Dialect | None, str]:
    """Who speaks at a path, and the token that stands in it, "" when none does."""
    if found := _FIXED.get(path) or _FIXED.get(path.rstrip("/")):
        return found, ""
    start, _, rest = path.lstrip("/").partition("/")
    if start != "alerts":
        return None, ""
    slug, _, token = rest.strip("/").partition("/")
    return (_BY_FORMAT.get(slug), token) if "/" not in token else (None, "")


def _password(text: str) -> str:
    try:
        pair = base64.b64decode(text.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    user, _, password = pair.partition(":")
    return password or user
