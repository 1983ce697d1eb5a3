"""A push service and its browsers on this machine, for tests: they open what we send as real ones.

The service believes nothing: who posts is checked against the key that the browser was given, and
what can't be opened with the browser's own keys is refused.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from redphone.channels.push.subscription import Subscription, decoded, encoded

MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Pushed:
    """One push as its browser got it."""

    told: dict[str, Any]
    headers: Mapping[str, str]


class FakeBrowser:
    """A browser with keys of its own. `knows` is the public key that it was given by the desk."""

    def __init__(self, service: FakePushServer, knows: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self.knows = knows
        self.name = encoded(os.urandom(12))
        self.pushes: list[Pushed] = []
        service.browsers[self.name] = self
        self.subscription = Subscription(
            endpoint=f"{service.address}/push/{self.name}",
            p256dh=encoded(_point(self._key)),
            auth=encoded(self._auth),
        )

    def open(self, body: bytes) -> dict[str, Any]:
        """What a push says, opened with this browser's keys."""
        import http_ece

        plain = http_ece.decrypt(
            body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(plain)
        return found


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


@dataclass
class FakePushServer:
    """A push service over HTTP. `status` and `headers` are its answer when it is not 201."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    most_bytes: int = MOST_BYTES
    browsers: dict[str, FakeBrowser] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

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
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status for one post, as RFC 8030 and 8292 have it."""
        browser = self.browsers.get(path.removeprefix("/push/"))
        if browser is None:
            return 410
        if self.status != 201:
            return self.status
        if len(body) > self.most_bytes:
            return 413
        if not self._is_signed(headers.get("Authorization", ""), browser.knows):
            return 403
        if not headers.get("TTL", "").isdigit() or len(headers.get("Topic", "")) > 32:
            return 400
        browser.pushes.append(Pushed(browser.open(body), headers))
        return 201

    def _is_signed(self, said: str, knows: str) -> bool:
        parts = dict(part.strip().split("=", 1) for part in said.removeprefix("vapid ").split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(knows))
        try:
            claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.address)
        except (jwt.InvalidTokenError, KeyError) as error:
            self.refused.append(repr(error))
            return False
        return parts.get("k") == knows and str(claims["sub"]).startswith(("mailto:", "https:"))


def _handler(fake: FakePushServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = fake.take(self.path, dict(self.headers.items()), body)
            self.send_response(status)
            for name, value in fake.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a test shows what it needs."""

    return Handler
