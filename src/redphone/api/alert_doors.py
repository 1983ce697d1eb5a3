"""The hot doors for alerts: a bare application beside Django, as the live streams are.

An alert is answered when it is committed, and not before. A broken token, a broken proof or an
absurd size is turned away; everything else with a good token is taken, however much there is.
Tokens stand in addresses and bodies here, so nothing of a request is ever logged.

Source: POL-6, FAQ-2.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from redphone.actions.alert_writer import Away
from redphone.api import alert_bodies as bodies
from redphone.api import alert_keys as keys
from redphone.api.alert_answers import Answer, Dialect, dialect_of
from redphone.api.alert_desk import desk

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger(__name__)

PATHS = ("/v2/", "/alerts/", "/generic/2010-04-15/")
"""How the paths begin that this application answers."""

SLOWEST = 20.0
"""Seconds that a sender may take for its body."""


class _TooLarge(Exception):
    """The body is longer than any alert is."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Take what one request brings, and answer in the words of its API."""
    dialect, token = dialect_of(scope["path"])
    if dialect is None:
        await _send(send, Answer(404, {"status": "not found", "message": _NOTHING_HERE}))
        return
    try:
        answer = await _answer(scope, receive, dialect, token)
    except _TooLarge:
        answer = dialect.too_large()
    except TimeoutError:
        answer = dialect.too_slow()
    except Away:
        answer = dialect.away()
    except _Gone:
        return
    except Exception:
        # Whatever it was, the sender must try again: this alert is not stored.
        log.exception("an alert could not be taken")
        answer = dialect.away()
    await _send(send, answer)


_NOTHING_HERE = "There is no such door. Take the address from the page of doors."


class _Gone(Exception):
    """The sender has gone before it was heard."""


async def _answer(scope: Scope, receive: Receive, dialect: Dialect, token: str) -> Answer:
    method = scope["method"]
    if method not in ("POST", "PUT") and not (method == "GET" and dialect.takes_queries):
        return dialect.wrong_method()
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = await _read(receive, headers, dialect.most)
    if not body and scope["query_string"] and dialect.takes_queries:
        body = scope["query_string"]
        headers["content-type"] = "application/x-www-form-urlencoded"
    token = token or dialect.token(headers, body)
    if not token:
        return dialect.unknown_token()
    door = await keys.door(token)
    if door is None:
        return dialect.unknown_token()
    taken = await bodies.take(door, dialect, body, headers, token)
    if taken.refused is not None:
        return taken.refused
    if taken.lines:
        await desk.commit(taken.lines)
    return dialect.answer(taken)


async def _read(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    """The whole body.

    Raises:
        _TooLarge, TimeoutError, _Gone: see each.
    """
    said = headers.get("content-length", "")
    length = int(said) if said.isdigit() else None
    if length is not None and length > most:
        raise _TooLarge
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    late: list[bool] = []

    def give_up() -> None:
        late.append(True)
        task.cancel()

    # Half the price of `asyncio.timeout`, which thousands of requests a second feel.
    alarm = loop.call_later(SLOWEST, give_up)
    try:
        return await _gather(receive, most, length)
    except asyncio.CancelledError:
        if late:
            task.uncancel()
            raise TimeoutError from None
        raise
    finally:
        alarm.cancel()


async def _gather(receive: Receive, most: int, length: int | None) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        piece = bytes(message.get("body", b""))
        size += len(piece)
        if size > most:
            raise _TooLarge
        # The server says that a body has ended in a message of its own: not to wait for it is a
        # hop between tasks for each request.
        if size == length or not message.get("more_body"):
            return b"".join((*pieces, piece)) if pieces else piece
        pieces.append(piece)


async def _send(send: Send, answer: Answer) -> None:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
