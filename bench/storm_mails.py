"""The mails of the storm: real SMTP at an even pace, from a process of its own.

`python -m bench.storm_mails PORT MAILS SECONDS`. Each mail is of a sender of its own and opens a
case with an incident of its own, which is the dearest kind. What is told to come later (4xx) comes
later, as a mail server does it. Prints when each was answered 250 after it was due, how many were
put off and what was refused for good, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from dataclasses import dataclass, field

from bench.mail_client import letter

CONNECTIONS = 16
LATER = 2.0
"""Seconds until what was put off is sent again. Mail servers wait for minutes."""


@dataclass(slots=True)
class Sent:
    """What came of the mails."""

    waits: list[float] = field(default_factory=list)
    put_off: int = 0
    refused: list[str] = field(default_factory=list)


class Line:
    """One SMTP connection, made anew when it was closed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def send(self, mail: bytes) -> str:
        """Send one mail; the last thing that the server said."""
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
                if not (said := await self._answer()).startswith("220"):
                    return await self._drop(said)
                await self._say(b"EHLO storm.example")
            steps = (
                b"MAIL FROM:<a@customer.example>",
                b"RCPT TO:<urgent@ourcompany.com>",
                b"DATA",
            )
            for step in steps:
                if (said := await self._say(step))[:1] not in ("2", "3"):
                    return await self._drop(said)
            return await self._say(mail + b".")
        except (OSError, EOFError) as error:
            return await self._drop(f"4 {error}")

    async def _say(self, text: bytes) -> str:
        assert self.writer is not None
        self.writer.write(text + b"\r\n")
        return await self._answer()

    async def _answer(self) -> str:
        assert self.reader is not None
        line = await self.reader.readuntil(b"\n")
        while line[3:4] == b"-":
            line = await self.reader.readuntil(b"\n")
        return line.decode("utf-8", "replace").strip()

    async def _drop(self, said: str) -> str:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None
        return said


async def work(line: Line, due: asyncio.Queue[tuple[float, bytes]], sent: Sent) -> None:
    """Send what is due, one after the other, until somebody ends this."""
    while True:
        at, mail = await due.get()
        while (said := await line.send(mail))[:1] == "4":
            sent.put_off += 1
            await asyncio.sleep(LATER)
        if said.startswith("250"):
            sent.waits.append(time.perf_counter() - at)
        else:
            sent.refused.append(said)
        due.task_done()


async def main(port: str, mails: str, seconds: str) -> None:
    due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    sent, count = Sent(), int(mails)
    workers = [asyncio.create_task(work(Line(int(port)), due, sent)) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for number in range(count):
        at = began + number * float(seconds) / count
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        due.put_nowait((at, letter(uuid.uuid4().hex)))
    await due.join()
    took = time.perf_counter() - began
    for each in workers:
        each.cancel()
    told = {"took": took, "waits": sent.waits, "put_off": sent.put_off, "refused": sent.refused}
    print(json.dumps(told))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
