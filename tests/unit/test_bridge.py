"""Requests and answers pass the bridge between ASGI and WSGI unharmed."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from redphone.config import bridge
from redphone.config.bridge import Bridge, Message


def ask(
    application: Any, *, body: tuple[bytes, ...] = (b"",), **scope: Any
) -> tuple[list[Message], dict[str, Any]]:
    """Send one request; what came back, and the environ that the application saw."""
    seen: dict[str, Any] = {}
    sent: list[Message] = []
    pieces = list(body)

    def watched(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        result: Iterable[bytes] = application(environ, start_response)
        return result

    async def receive() -> Message:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        sent.append(message)

    whole = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "server": ("desk.example", 443),
        "client": ("192.0.2.7", 5),
        **scope,
    }
    asyncio.run(Bridge(watched, threads=1)(whole, receive, send))
    return sent, seen


def hello(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("201 Created", [("Content-Type", "text/plain"), ("X-Name", "Zoë")])
    return [b"hel", b"lo"]


def test_an_answer_is_sent_whole() -> None:
    sent, _ = ask(hello)

    assert sent == [
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [(b"content-type", b"text/plain"), (b"x-name", "Zoë".encode("latin-1"))],
        },
        {"type": "http.response.body", "body": b"hello"},
    ]


def test_a_body_in_pieces_arrives_as_one() -> None:
    _, seen = ask(hello, body=(b"a" * 1_000_000, b"b" * 1_000_000, b"c"))

    assert seen["body"] == b"a" * 1_000_000 + b"b" * 1_000_000 + b"c"
    assert seen["CONTENT_LENGTH"] == "2000001"


def test_a_path_with_letters_from_elsewhere_is_latin_1_as_wsgi_wants_it() -> None:
    _, seen = ask(hello, path="/cases/Zoë/")

    assert seen["PATH_INFO"].encode("latin-1").decode() == "/cases/Zoë/"
    assert seen["REMOTE_ADDR"] == "192.0.2.7"


def test_a_header_with_an_underscore_cannot_pass_for_a_proxys() -> None:
    headers = [(b"x-forwarded-for", b"198.51.100.1"), (b"x_forwarded_for", b"203.0.113.9")]

    _, seen = ask(hello, headers=headers)

    assert seen["HTTP_X_FORWARDED_FOR"] == "198.51.100.1"


def test_cookies_in_several_headers_are_joined_as_cookies_are() -> None:
    _, seen = ask(hello, headers=[(b"cookie", b"a=1"), (b"cookie", b"b=2")])

    assert seen["HTTP_COOKIE"] == "a=1; b=2"


class Export:
    """An answer that is made while it is read, as Django's StreamingHttpResponse."""

    streaming = True
    closed = False

    def __iter__(self) -> Any:
        yield from (b"one\n", b"two\n")

    def close(self) -> None:
        self.closed = True


def test_a_long_export_goes_out_piece_by_piece_and_is_closed() -> None:
    export = Export()

    def application(environ: dict[str, Any], start_response: Any) -> Export:
        start_response("200 OK", [])
        return export

    sent, _ = ask(application)

    assert [message.get("body") for message in sent] == [None, b"one\n", b"two\n", b""]
    assert [message.get("more_body", False) for message in sent] == [False, True, True, False]
    assert export.closed


def test_a_client_that_left_early_is_not_answered() -> None:
    sent, seen = ask(hello, body=())

    assert sent == []
    assert seen == {}


def test_a_body_without_end_is_refused_and_fills_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "LARGEST", 10)

    sent, seen = ask(hello, body=(b"12345", b"678901", b"never asked for"))

    assert sent[0]["status"] == 413
    assert b"Send your words alone" in sent[1]["body"]
    assert not seen
