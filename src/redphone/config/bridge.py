"""Django as WSGI behind an ASGI server: each request runs whole in one thread of a pool.

Why not Django's own ASGI, nor a ready bridge: docs/decisions/0020-one-port.md has the figures.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Above this many bytes a body waits on disk; Django refuses what is too long for it.
_BODY_IN_MEMORY = 1024 * 1024

LARGEST = 256 * 1024 * 1024
"""Bytes of a request that are kept at all, far more than any page takes: disks are not endless."""

_TOO_LARGE = (
    b"That is more than 256 MB, and nothing of it was kept. "
    b"Send your words alone, now; files can follow by a link to where they are.\n"
)


class Bridge:
    """An ASGI application that answers HTTP with a WSGI application."""

    def __init__(self, application: WSGI, *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with tempfile.SpooledTemporaryFile(max_size=_BODY_IN_MEMORY) as body:
            length = await _read(receive, body)
            if length is None:
                return
            if length > LARGEST:
                await _refuse(send)
                return
            body.seek(0)
            environ = _environ(scope, body, length)
            loop = asyncio.get_running_loop()

            def send_now(*messages: Message) -> None:
                """From the thread: hand the messages over and wait until they are taken."""

                async def all_of_them() -> None:
                    for message in messages:
                        await send(message)

                asyncio.run_coroutine_threadsafe(all_of_them(), loop).result()

            for message in await loop.run_in_executor(
                self._threads, self._answer, environ, send_now
            ):
                await send(message)

    def _answer(
        self, environ: dict[str, Any], send_now: Callable[..., None]
    ) -> tuple[Message, ...]:
        """Run the request; what is left to send when it is over.

        An ordinary answer is sent whole, with one hop between thread and loop. One that is made
        while it is read, as a long export, goes out piece by piece.
        """
        start: Message = {"type": "http.response.start"}

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            start["status"] = int(status[:3])
            start["headers"] = [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers
            ]

        result = self._application(environ, start_response)
        try:
            if not getattr(result, "streaming", False):
                return start, {"type": "http.response.body", "body": b"".join(result)}
            send_now(start)
            for piece in result:
                send_now({"type": "http.response.body", "body": piece, "more_body": True})
            return ({"type": "http.response.body", "body": b""},)
        finally:
            if close := getattr(result, "close", None):
                close()


async def _read(receive: Receive, body: IO[bytes]) -> int | None:
    """Write the request's body into the file; its length, or None if the client went away.

    Past the largest that is kept, nothing more is read.
    """
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece = message.get("body", b"")
        length += len(piece)
        if length > LARGEST:
            return length
        body.write(piece)
        if not message.get("more_body"):
            return length


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(_TOO_LARGE)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})


def _environ(scope: Scope, body: IO[bytes], length: int) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333): text that stands for bytes is Latin-1."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "CONTENT_LENGTH": str(length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # With an underscore it would pass for the header that a proxy sets with a hyphen.
        if "_" in name or name.lower() == "content-length":
            continue
        key = name.upper().replace("-", "_")
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    return environ
