"""The load: mails over open SMTP connections, from a process of its own.

`python -m bench.mail_client PORT SECONDS CONNECTIONS`. Each mail is of a sender of its own, about
3 KB, and one more of its kind is only sent after the 250 of the one before. Prints each one's wait
from its DATA to its 250, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid

LINE = b"We see error 502 on every page of the dashboard since noon, for all of our users.\r\n"


def letter(number: str) -> bytes:
    head = (
        f"From: Someone <{number}@customer.example>\r\nTo: urgent@ourcompany.com\r\n"
        f"Subject: The dashboard is down ({number})\r\n"
        f"Message-ID: <{number}@customer.example>\r\n"
        "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return head.encode() + LINE * ((3000 - len(head)) // len(LINE))


async def connection(port: int, until: float, waits: list[float], refused: list[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(text: bytes) -> bytes:
        writer.write(text + b"\r\n")
        return await answer()

    async def answer() -> bytes:
        line = await reader.readline()
        while line[3:4] == b"-":
            line = await reader.readline()
        return line

    await answer()
    await say(b"EHLO bench.example")
    while time.perf_counter() < until:
        await say(b"MAIL FROM:<a@customer.example>")
        await say(b"RCPT TO:<urgent@ourcompany.com>")
        await say(b"DATA")
        began = time.perf_counter()
        said = await say(letter(uuid.uuid4().hex) + b".")
        if said.startswith(b"250"):
            waits.append(time.perf_counter() - began)
        else:
            refused.append(said.decode())
    writer.close()


async def main(port: str, seconds: str, connections: str) -> None:
    waits: list[float] = []
    refused: list[str] = []
    began = time.perf_counter()
    until = began + float(seconds)
    await asyncio.gather(
        *(connection(int(port), until, waits, refused) for _ in range(int(connections)))
    )
    took = time.perf_counter() - began
    print(json.dumps({"took": took, "waits": waits, "refused": refused}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
