"""The provider's own door, over HTTP: what the desk posts to it, and asks of it."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from redphone.channels.telephone.fake import Exchange, Mood, Rung

RESOURCE = re.compile(r"/2010-04-01/Accounts/([^/]+)/(Calls|Messages)(?:/([^/]+))?\.json")
KINDS = {"Calls": "call", "Messages": "text"}

LOCAL = re.compile(r"/phones(?:/([A-Za-z0-9]+)/(pick_up|press|hang_up)|/write)?")


class Door(ThreadingHTTPServer):
    """The server of one exchange."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, exchange: Exchange, *, port: int = 0) -> None:
        self.exchange = exchange
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def setting(self, *, caller: str = "+15005550006") -> str:
        """What REDPHONE_PHONE_1 is to be for the desk to reach it."""
        who = f"{self.exchange.account}:{quote(self.exchange.token, safe='')}"
        return f"http://{who}@127.0.0.1:{self.port}/?from={caller}"


@contextmanager
def serving(exchange: Exchange, *, port: int = 0) -> Iterator[Door]:
    """The exchange behind a port of this machine, for as long as the context lasts."""
    door = Door(exchange, port=port)
    thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield door
    finally:
        door.shutdown()
        thread.join()
        door.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Door
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        return None

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/phones":
            self._answer(200, state(self.server.exchange))
            return
        found = self._resource()
        if found and not found[1]:
            self._list(found[0], dict(parse_qsl(parts.query)))

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = {name: each[-1] for name, each in parse_qs(raw.decode()).items()}
        if local := LOCAL.fullmatch(urlsplit(self.path).path):
            self._answer(200, act(self.server.exchange, local[1], local[2] or "write", form))
            return
        found = self._resource()
        if found is None:
            return
        kind, sid = found
        if sid:
            self._end(sid, form)
        else:
            self._make(kind, form)

    def _resource(self) -> tuple[str, str] | None:
        """The kind and the name that are asked for, by who may; answered otherwise."""
        exchange = self.server.exchange
        found = RESOURCE.fullmatch(urlsplit(self.path).path)
        exchange.requests.append(f"{self.command} {urlsplit(self.path).path}")
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        wanted = base64.b64encode(f"{exchange.account}:{exchange.token}".encode()).decode()
        if given != wanted or (found and found[1] != exchange.account):
            self._refuse(401, 20003, "Authenticate")
            return None
        if found is None:
            self._refuse(404, 20404, "There is no such resource")
            return None
        return KINDS[found[2]], found[3] or ""

    def _make(self, kind: str, form: dict[str, str]) -> None:
        exchange = self.server.exchange
        if exchange.moved_to:
            return self._answer(307, {}, Location=exchange.moved_to)
        match exchange.mood:
            case Mood.BUSY:
                return self._refuse(429, 20429, "Too Many Requests", retry_after="2")
            case Mood.DOWN:
                return self._refuse(503, 20503, "Service unavailable")
            case Mood.DENIES:
                return self._refuse(403, 20005, "Account is not active")
            case Mood.FORGETS:
                return self._drop()
        if code := exchange.dead.get(form.get("To", "")):
            return self._refuse(400, code, "The 'To' number is not a valid phone number")
        made = exchange.take(kind, form)
        if exchange.mood is Mood.LOSES:
            return self._drop()
        if exchange.mood is Mood.SLOW:
            time.sleep(exchange.slow_s)
        return self._answer(201, made.as_json())

    def _end(self, sid: str, form: dict[str, str]) -> None:
        exchange = self.server.exchange
        rung = exchange.named(sid)
        if rung is None:
            self._refuse(404, 20404, "There is no such call")
        elif not rung.is_live:
            self._refuse(400, 21220, "Call is not in-progress. Cannot redirect.")
        else:
            rung.status = "canceled" if rung.status != "in-progress" else "completed"
            self._answer(200, rung.as_json())

    def _list(self, kind: str, query: dict[str, str]) -> None:
        exchange = self.server.exchange
        if exchange.mood in (Mood.DOWN, Mood.DENIES):
            return self._refuse(503, 20503, "Service unavailable")
        to = query.get("To", "")
        found = [each for each in exchange.rung if each.kind == kind and to in ("", each.to)]
        name = "calls" if kind == "call" else "messages"
        return self._answer(200, {name: [each.as_json() for each in reversed(found)][:50]})

    def _refuse(self, status: int, code: int, words: str, *, retry_after: str = "") -> None:
        said = {"status": status, "code": code, "message": words}
        self._answer(status, said, **({"Retry-After": retry_after} if retry_after else {}))

    def _answer(self, status: int, said: Any, **headers: str) -> None:
        body = json.dumps(said).encode()
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            # Whoever asked did not wait for it.
            self.close_connection = True

    def _drop(self) -> None:
        """No answer, ever."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def state(exchange: Exchange) -> dict[str, Any]:
    """What the telephones show: the newest calls and SMS first."""
    return {"rung": [_shown(each) for each in list(reversed(exchange.rung))[:60]]}


def _shown(rung: Rung) -> dict[str, Any]:
    return rung.as_json() | {
        "kind": rung.kind,
        "heard": rung.heard[-1] if rung.heard else "",
        "waits_for_key": bool(rung.keys) and rung.is_live,
        "is_live": rung.is_live,
    }


def act(exchange: Exchange, sid: str | None, what: str, form: dict[str, str]) -> dict[str, str]:
    """Somebody does something with a telephone, on the page that shows them."""
    if what == "write":
        status, answer = exchange.write(form.get("From", ""), form.get("Body", ""))
        return {"status": str(status), "answer": answer}
    rung = exchange.named(sid or "")
    if rung is None or not rung.is_live:
        return {"answer": "This call is over."}
    match what:
        case "pick_up":
            return {"answer": exchange.pick_up(rung)}
        case "press":
            return {"answer": exchange.press(rung, form.get("Digits", "")[:1])}
    exchange.hang_up(rung)
    return {"answer": ""}
