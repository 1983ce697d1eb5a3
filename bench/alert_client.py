"""A load of alerts from a process of its own: plain sockets, as cheap as Python can be.

`python -m bench.alert_client ADDRESS TOKEN SECONDS CONNECTIONS KIND [A_SECOND]`. KIND is "repeat"
(all are of one key) or "new" (each has a key of its own). With A_SECOND no more than so many are
sent a second. Prints how many were taken, how long that took, and each one's wait, as JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Load:
    """What is sent, and what came back."""

    head: bytes
    body: bytes
    is_new: bool
    waits: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    number: int = 0

    def request(self) -> bytes:
        """The next request. All bodies have one length, so that the head stands."""
        self.number += 1
        key = f"{self.number:020d}".encode() if self.is_new else b"0" * 20
        return self.head + self.body.replace(b"@" * 20, key)


def load(address: str, token: str, kind: str) -> Load:
    where = urlsplit(address)
    run = uuid.uuid4().hex[:12] if kind == "new" else "one-trouble"
    event = {
        "routing_key": token,
        "event_action": "trigger",
        "dedup_key": f"{run}-{'@' * 20}",
        "payload": {
            "summary": "The error rate of the checkout is above 20 % for 5 minutes",
            "source": "checkout-7.fra.example",
            "severity": "critical",
            "component": "checkout",
            "custom_details": {"rate": "0.34", "threshold": "0.2", "cluster": "fra-1"},
        },
    }
    body = json.dumps(event).encode()
    head = (
        f"POST /v2/enqueue HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Load(head.encode(), body, kind == "new")


def main(
    address: str, token: str, seconds: str, connections: str, kind: str, a_second: str = "0"
) -> None:
    where = urlsplit(address)
    work = load(address, token, kind)
    pick = selectors.DefaultSelector()
    idle: list[socket.socket] = []
    sent: dict[socket.socket, float] = {}
    for _ in range(int(connections)):
        line = socket.create_connection((where.hostname, where.port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pick.register(line, selectors.EVENT_READ)
        idle.append(line)
    began = time.perf_counter()
    until, rate = began + float(seconds), float(a_second)
    while True:
        now = time.perf_counter()
        allowed = (now - began) * rate - work.number if rate else len(idle)
        while idle and allowed >= 1 and now < until:
            line = idle.pop()
            sent[line] = time.perf_counter()
            line.sendall(work.request())
            allowed -= 1
        if now >= until and not sent:
            break
        for ready, _ in pick.select(0.002 if rate else 1.0):
            assert isinstance(ready.fileobj, socket.socket)
            line = ready.fileobj
            answer = line.recv(4096)
            took = time.perf_counter() - sent.pop(line)
            if answer.startswith(b"HTTP/1.1 202"):
                work.waits.append(took)
            else:
                work.refused.append(int(answer[9:12] or b"0"))
            idle.append(line)
    took = time.perf_counter() - began
    print(json.dumps({"took": took, "waits": work.waits, "refused": work.refused}))


if __name__ == "__main__":
    main(*sys.argv[1:])
