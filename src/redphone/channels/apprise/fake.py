"""An app's server on this machine, for tests: it keeps what it is posted and answers as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from redphone.channels.apprise import words
from redphone.core.message import Message, Outcome, Sent


@dataclass(frozen=True, slots=True)
class Post:
    """What came in: where to, with which headers, and the body read as JSON if it is."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class FakeAppServer:
    """A server for ntfy, Slack and whatever posts to a host of its address.

    `status` and `headers` are its answer; it waits `delay` seconds before it.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    posts: list[Post] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def place(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"


def _handler(fake: FakeAppServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fake.posts.append(Post(self.path, dict(self.headers), _read(raw)))
            time.sleep(fake.delay)
            self.send_response(fake.status)
            for name, value in fake.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test shows what it needs."""

    return Handler


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")


@dataclass
class FakeApps:
    """A channel that keeps its messages. `outcomes` are given in turn; then it takes all."""

    outcomes: list[Outcome] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is kept open."""

    def send(self, message: Message) -> Outcome:
        """See `redphone.channels.Channel.send`."""
        if not words.address(message):
            return Outcome(sent=Sent.REFUSED, detail="the address of this app was not kept")
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome(sent=Sent.TAKEN)
        if outcome.sent is Sent.TAKEN:
            self.messages.append(message)
        return outcome
