"""A vendor's dashboard on another site: a page with a strict policy, and a door for tokens."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Dashboard</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>Dashboard</h1><p>Everything a customer of ours does.</p>
<div id="redphone"><a href="{desk}/report/">Report Critical Issue</a></div>
<button id="other">Something else</button></main>
<script src="{desk}/redphone.js" data-button="#redphone" data-token-url="/token" {more} async>
</script></html>"""


@dataclass
class Vendor:
    """What the dashboard does. `claims` None is nobody signed in; `more` goes into the tag."""

    desk: str
    kid: str = ""
    secret: str = ""
    more: str = ""
    claims: dict[str, Any] | None = None
    frames: bool = True
    asked: int = 0
    port: int = 0
    lasts: int = 300
    seen: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def policy(self) -> str:
        frame = self.desk if self.frames else "'none'"
        return (
            f"default-src 'none'; script-src {self.desk}; frame-src {frame}; connect-src 'self';"
            f" form-action {self.desk}; base-uri 'none'; require-trusted-types-for 'script'"
        )

    def token(self) -> str:
        self.asked += 1
        if self.claims is None:
            return ""
        now = int(time.time())  # noqa: TID251
        told = {"aud": self.desk, "iat": now, "exp": now + self.lasts, "jti": str(uuid.uuid4())}
        headers = {"kid": self.kid}
        return jwt.encode(self.claims | told, self.secret, algorithm="HS256", headers=headers)


@contextmanager
def serving(vendor: Vendor, port: int = 0) -> Iterator[Vendor]:
    """The dashboard, while the block lasts."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_token = self.path == "/token"
            page = PAGE.format(desk=vendor.desk, more=vendor.more)
            body = (vendor.token() if is_token else page).encode()
            self.send_response(200 if self.path in ("/", "/token") else 404)
            self.send_header("Content-Type", "text/plain" if is_token else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", vendor.policy())
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Door)
    vendor.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
