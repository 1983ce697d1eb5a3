"""One request to a provider, and whether it can have left when no answer came.

That is the question of this room: what never left may be sent by somebody else at once; what may
have left is asked after first, so that nobody's telephone rings twice for one page.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from redphone.channels.deadline import no_longer_than
from redphone.channels.telephone.provider import Provider
from redphone.channels.webhook.address import (
    AddressRefused,
    Allowed,
    LookUp,
    NotFound,
    Target,
    look_up,
    target,
)

CONNECT = 3.0
READ = 5.0
"""Seconds for one request."""

CONNECT_TO_ASK = 2.0
READ_TO_ASK = 3.0
"""The same for a question, which is worth less of a try's time."""

LARGEST = 512 * 1024


class NotReached(Exception):
    """The request has not left: nobody has taken it."""


class NoAnswer(Exception):
    """The request may have left, and nothing is known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: `said` is its JSON, {} for anything else; `date` its own clock's moment."""

    status: int
    said: Mapping[str, Any] = field(default_factory=dict)
    date: str = ""
    retry_after: int | None = None

    @property
    def is_fine(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> int:
        """The provider's own number for what is wrong; 0 without one."""
        code = self.said.get("code")
        return code if isinstance(code, int) else 0

    def __str__(self) -> str:
        words = " ".join(str(self.said.get("message", "")).split())[:200]
        return " ".join(filter(None, (str(self.status), str(self.code or ""), words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How providers are reached. `trust` is for tests: a certificate of their own."""

    allowed: Allowed = field(default_factory=Allowed)
    look_up: LookUp = look_up
    trust: ssl.SSLContext | None = None
    connect: float = CONNECT
    read: float = READ

    @property
    def to_ask(self) -> Wire:
        """The same with less patience."""
        connect, read = min(self.connect, CONNECT_TO_ASK), min(self.read, READ_TO_ASK)
        return replace(self, connect=connect, read=read)

    def post(self, provider: Provider, resource: str, form: list[tuple[str, str]]) -> Reply:
        """Post a form. A redirect is an answer like any other, and nothing is sent on to it.

        Raises:
            NotReached, NoAnswer: see each.
        """
        body = urlencode(form)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask(provider, "POST", provider.url(resource), body.encode(), kind)

    def get(self, provider: Provider, resource: str, query: list[tuple[str, str]]) -> Reply:
        """Read a list.

        Raises:
            NotReached, NoAnswer: see each.
        """
        return self._ask(provider, "GET", f"{provider.url(resource)}?{urlencode(query)}", b"", {})

    def _ask(
        self, provider: Provider, method: str, url: str, body: bytes, headers: dict[str, str]
    ) -> Reply:
        to = self._target(url)
        signed = make_headers(basic_auth=f"{provider.user}:{provider.token}")
        with (
            self._connected(to) as connection,
            no_longer_than(self.read, connection) as is_cut,
        ):
            try:
                connection.request(
                    method,
                    to.path,
                    body=body or None,
                    headers={"Host": to.host_header, "Accept": "application/json"}
                    | signed
                    | headers,
                    preload_content=False,
                )
                response = connection.getresponse()
                raw = response.read(LARGEST)
            except (HTTPError, OSError, ValueError) as error:
                raise NoAnswer(_said(error)) from error
            if is_cut.is_set():
                # Half an answer can look like a whole one.
                raise NoAnswer(f"it took longer than {self.read:g} seconds")
            asked = response.headers.get("Retry-After", "")
            return Reply(
                status=response.status,
                said=_json(raw),
                date=response.headers.get("Date", ""),
                retry_after=int(asked) if asked.isascii() and asked.isdigit() else None,
            )

    def _target(self, url: str) -> Target:
        try:
            return target(url, self.allowed, self.look_up)
        except (AddressRefused, NotFound) as error:
            raise NotReached(str(error)) from error

    @contextmanager
    def _connected(self, to: Target) -> Iterator[HTTPConnection]:
        connection = self._connection(to)
        try:
            try:
                connection.connect()
            except (HTTPError, OSError) as error:
                raise NotReached(_said(error)) from error
            connection.timeout = self.read
            yield connection
        finally:
            with suppress(OSError):
                connection.close()

    def _connection(self, to: Target) -> HTTPConnection:
        if not to.is_https:
            return HTTPConnection(to.address, to.port, timeout=self.connect)
        # Connected to the address that was looked at, and believed only under the name.
        return HTTPSConnection(
            to.address,
            to.port,
            timeout=self.connect,
            ssl_context=self.trust or ssl.create_default_context(),
            server_hostname=to.host,
            assert_hostname=to.host,
        )


def _json(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
