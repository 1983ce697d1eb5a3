"""The load: reports over keep-alive connections, from a process of its own.

`python -m bench.client ADDRESS TOKEN SECONDS CONNECTIONS KEY`; with a KEY all reports join one
incident. Prints how many were accepted, how long that took, and each one's wait, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from urllib.parse import urlsplit


async def connection(
    address: str, token: str, until: float, key: str, waits: list[float], refused: list[int]
) -> None:
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    number = 0
    while time.perf_counter() < until:
        number += 1
        report = {
            "description": "The dashboard is down for everyone here, nobody can sign in since "
            f"noon. We see error 502 on every page. Our own reference is {uuid.uuid4()}.",
            "started_at": "12:04",
            "users_affected": "all 350 of us",
            **({"join_key": key} if key else {}),
        }
        body = json.dumps(report).encode()
        head = (
            f"POST /api/v1/reports HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        await reader.readexactly(length)
        if status == 201:
            waits.append(time.perf_counter() - began)
        else:
            refused.append(status)
    writer.close()


async def main(address: str, token: str, seconds: str, connections: str, key: str = "") -> None:
    waits: list[float] = []
    refused: list[int] = []
    began = time.perf_counter()
    until = began + float(seconds)
    await asyncio.gather(
        *(connection(address, token, until, key, waits, refused) for _ in range(int(connections)))
    )
    took = time.perf_counter() - began
    print(json.dumps({"took": took, "waits": waits, "refused": refused}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
