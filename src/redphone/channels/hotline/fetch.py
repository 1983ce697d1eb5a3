"""Fetching a recording from the provider: only from the addresses that the operator has named."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout, make_headers

LARGEST = 25 * 1024 * 1024
"""Bytes of a recording: with the usual 16 kB a second, 26 minutes."""

LONGEST = 60.0
"""Seconds for all of it."""

MOST_REDIRECTS = 2
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A recording's bytes, and what the provider says they are."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFetched:
    """Why there is nothing. `for_good` says that trying again is no use."""

    why: str
    for_good: bool = False


def fetch(url: str, *, origins: Sequence[str], user: str, password: str) -> Fetched | NotFetched:
    """The recording at an address. Never raises for what the provider does.

    `origins` are where it may come from, as `https://host`: whoever could have any address
    fetched could have our own network looked at. The password goes to the first of them only.
    """
    asked = _origin(url)
    until = time.monotonic() + LONGEST
    with urllib3.PoolManager(retries=False) as pool:
        for _ in range(MOST_REDIRECTS + 1):
            if _origin(url) not in origins:
                return NotFetched(
                    why=f"It is not at an address of {_named(origins)}", for_good=True
                )
            secret = f"{user}:{password}" if _origin(url) == asked else None
            found = _get(pool, url, secret, until)
            if not isinstance(found, str):
                return found
            url = urljoin(url, found)
    return NotFetched(why="It was sent on too often")


def _named(origins: Sequence[str]) -> str:
    return " or ".join(origins) or "anybody: none is named in the settings"


def _origin(url: str) -> str:
    """Scheme, host and port of an address; "" for one that hides something, or is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.username or parts.password or not parts.hostname or "\\" in url:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _get(
    pool: urllib3.PoolManager, url: str, secret: str | None, until: float
) -> Fetched | NotFetched | str:
    """One request: what it gave, or the address that it was sent on to."""
    try:
        answer = pool.request(
            "GET",
            url,
            headers=make_headers(basic_auth=secret) if secret else {},
            preload_content=False,
            redirect=False,
            timeout=Timeout(connect=5, read=10),
        )
        with answer:
            if answer.status in (301, 302, 303, 307, 308):
                return str(answer.headers.get("Location", ""))
            if answer.status != 200:
                return NotFetched(why=f"The provider says {answer.status}")
            kind = answer.headers.get("Content-Type", "audio/wav")
            return _read(answer, str(kind), until)
    except (HTTPError, OSError) as error:
        return NotFetched(why=f"The provider does not answer: {type(error).__name__}")


def _read(
    answer: urllib3.BaseHTTPResponse, content_type: str, until: float
) -> Fetched | NotFetched:
    found = bytearray()
    for piece in answer.stream(_CHUNK, decode_content=False):
        found += piece
        if len(found) > LARGEST:
            return NotFetched(why=f"It is larger than {LARGEST // 1024**2} MB", for_good=True)
        if time.monotonic() > until:
            return NotFetched(why="It came too slowly")
    if not found:
        return NotFetched(why="It is empty so far")
    return Fetched(content=bytes(found), content_type=content_type)
