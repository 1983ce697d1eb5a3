"""Live pages: `/live/…` says when to look again, by server-sent events.

A small ASGI application beside Django, since a stream that stays open must not hold one of its
threads. It sends no data, only that something changed; the page then asks Django for itself, and
Django decides what may be seen. Who may listen is decided here all the same, by the read doors.

A topic is `status`, `board`, `cases`, `case/RP-1001`, `incident/INC-101` or `reported/<token>`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from itertools import count
from time import monotonic
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import ObjectDoesNotExist
from django.db import connections
from django.http import HttpRequest

from redphone.core.stream import DeskError
from redphone.records.queries import customer
from redphone.records.queries.asker import Asker, NotYours, require_staff
from redphone.web import access
from redphone.web.customer import links
from redphone.web.listening import EVERY_STREAM, PUBLIC, Ear, Hub
from redphone.web.public.status import KEPT_FOR

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT = 15.0
"""Seconds of silence after which a comment shows that the line is still there."""

CHECK_AGAIN = 60.0
"""Seconds after which it is asked once more whether someone may still listen."""

PAUSE = 0.3
"""Seconds between two events of one stream, so that a storm of reports is a handful of events."""

PUBLIC_PAUSE = KEPT_FOR + 0.2
"""The same for the public pages: their answers are kept for a while, and one that was made before
the change must not be given after it."""

MOST_LISTENERS = 5000

log = logging.getLogger(__name__)
_hub = Hub()
_threads = ThreadPoolExecutor(4, thread_name_prefix="live")
_numbers = count(1)


class Refused(Exception):
    """There is nothing to listen to here, and the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """One stream, open until the browser leaves or may no longer listen."""
    if scope["type"] != "http":
        return
    topic = scope["path"].removeprefix("/live/").strip("/")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        if scope["method"] != "GET":
            raise Refused(405)
        if _hub.listeners >= MOST_LISTENERS:
            raise Refused(503)
        names = await _in_thread(lambda: listens_to(topic, headers.get("cookie", "")))
    except Refused as refusal:
        await _refuse(send, refusal.status)
        return
    with _hub.listen(names) as ear:
        if "last-event-id" in headers:
            ear.hear()
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        left = asyncio.ensure_future(_left(receive))
        try:
            await _stream(ear, left, send, topic, headers.get("cookie", ""))
        finally:
            left.cancel()


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    """Ends when the browser has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(
    ear: Ear, left: asyncio.Future[None], send: Send, topic: str, cookie: str
) -> None:
    await _say(send, f"retry: 1000\nid: {next(_numbers)}\n: listening\n\n")
    checked = monotonic()
    while not left.done():
        heard = asyncio.ensure_future(ear.wait())
        await asyncio.wait((heard, left), timeout=HEARTBEAT, return_when="FIRST_COMPLETED")
        if left.done():
            heard.cancel()
            return
        if not heard.done():
            heard.cancel()
            await _say(send, ": still here\n\n")
        else:
            await asyncio.sleep(PUBLIC_PAUSE if topic == "status" else PAUSE)
            ear.forget()
            await _say(send, f"id: {next(_numbers)}\nevent: changed\ndata: {topic}\n\n")
            # What changed may be whose case it is, or which incident it belongs to.
            checked -= CHECK_AGAIN if topic.startswith(("case/", "reported/")) else 0
        if monotonic() - checked > CHECK_AGAIN:
            checked = monotonic()
            try:
                names = await _in_thread(lambda: listens_to(topic, cookie))
            except Refused:
                return
            _hub.move(ear, names)


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _in_thread(ask: Callable[[], frozenset[str]]) -> frozenset[str]:
    return await asyncio.get_running_loop().run_in_executor(_threads, _asked, ask)


def _asked(ask: Callable[[], frozenset[str]]) -> frozenset[str]:
    try:
        return ask()
    except Refused:
        raise
    except (DeskError, ObjectDoesNotExist) as error:
        raise Refused(404) from error
    except Exception as error:
        # The database may be away: the browser tries again by itself.
        log.warning("a live stream could not be opened: %s", error)
        raise Refused(503) from error
    finally:
        connections.close_all()


def listens_to(topic: str, cookie: str) -> frozenset[str]:
    """The names whose changes someone with this cookie hears of under a topic.

    Raises:
        Refused, DeskError: they may not, or there is no such topic.
    """
    kind, _, name = topic.partition("/")
    if kind == "status" and not name:
        return frozenset({PUBLIC})
    if kind == "reported":
        return _of_case(customer.report_ref(links.report_of(name)))
    who = _asker(cookie)
    match kind:
        case "board" if not name:
            require_staff(who)
            return frozenset({EVERY_STREAM})
        case "incident":
            require_staff(who)
            return frozenset({name})
        case "cases" if not name and who.is_customer:
            return frozenset(line.ref for line in customer.own_cases(who))
        case "case" if customer.may_hear_of(who, name):
            return _of_case(name)
    raise NotYours


def _of_case(ref: str | None) -> frozenset[str]:
    """A case is shown with what was said of its incident."""
    return frozenset(filter(None, (ref, customer.incident_of(ref) if ref else None)))


def _asker(cookie: str) -> Asker:
    """Who is signed in by a browser's cookies, as Django's own middleware finds out."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request = HttpRequest()
    request.session = store(_session_key(cookie))
    request.user = get_user(request)
    return access.asker(request)


def _session_key(cookie: str) -> str | None:
    try:
        found = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return unquote(found.value) if found else None
