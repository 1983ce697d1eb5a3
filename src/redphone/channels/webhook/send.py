"""Posting a body to a program elsewhere, and what its answer means."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from redphone.channels.deadline import no_longer_than
from redphone.channels.webhook.address import (
    AddressRefused,
    Allowed,
    LookUp,
    NotFound,
    Target,
    look_up,
    target,
)

WITHIN = 15.0
"""Seconds for the whole exchange, however slowly the other end drips."""

READ_AT_MOST = 2048
"""Bytes of an answer that are kept to look at."""

GONE = 410
BUSY = (408, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. `status` None is no answer at all; `detail` says why, or how it begins.

    `is_down` says that the other end as a whole is not there, and not only that it dislikes this
    one; `retry_after` is what it asks for, in seconds.
    """

    status: int | None = None
    detail: str = ""
    retry_after: int | None = None
    is_refused: bool = False

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more of it, ever (Standard Webhooks)."""
        return self.status == GONE

    @property
    def is_down(self) -> bool:
        return self.status is None or self.status >= 500 or self.status in BUSY


class Line:
    """Posts to programs elsewhere. It follows no redirect and never raises for the other end."""

    def __init__(
        self,
        allowed: Allowed,
        *,
        look_up: LookUp = look_up,
        trust: ssl.SSLContext | None = None,
        within: float = WITHIN,
    ) -> None:
        self._allowed = allowed
        self._look_up = look_up
        self._trust = trust
        self._within = within

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Hand a body over. A redirect is an answer like any other, and no success."""
        try:
            to = target(url, self._allowed, self._look_up)
        except AddressRefused as error:
            return Answer(detail=str(error), is_refused=True)
        except NotFound as error:
            return Answer(detail=str(error))
        connection = self._connection(to)
        try:
            with no_longer_than(self._within, connection) as is_cut:
                answer = _exchange(connection, to, body, headers)
            # Half an answer can look like a whole one.
            if is_cut.is_set():
                return Answer(detail=f"It took longer than {self._within:g} seconds.")
            return answer
        except (HTTPError, OSError, ValueError) as error:
            return Answer(detail=_said(error))
        finally:
            with suppress(OSError):
                connection.close()

    def _connection(self, to: Target) -> HTTPConnection:
        if not to.is_https:
            return HTTPConnection(to.address, to.port, timeout=self._within)
        context = self._trust or ssl.create_default_context()
        # Connected to the address that was looked at, and believed only under the name.
        return HTTPSConnection(
            to.address,
            to.port,
            timeout=self._within,
            ssl_context=context,
            server_hostname=to.host,
            assert_hostname=to.host,
        )


def _exchange(
    connection: HTTPConnection, to: Target, body: bytes, headers: Mapping[str, str]
) -> Answer:
    connection.request(
        "POST",
        to.path,
        body=body,
        headers={"Host": to.host_header, "Accept-Encoding": "identity", **headers},
        preload_content=False,
        decode_content=False,
    )
    response = connection.getresponse()
    said = response.read(READ_AT_MOST, decode_content=False)
    asked = response.headers.get("Retry-After", "")
    return Answer(
        status=response.status,
        detail=said.decode("utf-8", "replace").replace("\x00", ""),
        retry_after=int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None,
    )


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:500]
