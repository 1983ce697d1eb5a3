"""The mailbox of a desk that is only tried out: mail is taken by real SMTP, and kept to look at.

`redphone up` runs it while no mail server is set. Each mail is one file in the outbox folder, made
under another name first, so that a half-written one is never shown.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

from redphone import clock

log = logging.getLogger(__name__)

LARGEST = 10 * 1024 * 1024
KEEP = 2000
"""So many mails are kept, the newest."""

TRIM_EVERY = 100


class Keeper:
    """What the SMTP server does with a mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        name = await asyncio.to_thread(keep, content, self._folder)
        self._taken += 1
        if self._taken % TRIM_EVERY == 0:
            await asyncio.to_thread(trim, self._folder)
        return f"250 Kept as {name}"


def keep(content: bytes, folder: Path) -> str:
    """Put a mail into the folder; the names sort by time of arrival."""
    name = f"{clock.now():%Y%m%d-%H%M%S-%f}-{os.urandom(3).hex()}"
    unfinished = folder / f".{name}.part"
    unfinished.write_bytes(content)
    unfinished.rename(folder / f"{name}.eml")
    return name


def trim(folder: Path, keep: int = KEEP) -> None:
    """Remove the oldest mails."""
    for old in sorted(folder.glob("*.eml"), reverse=True)[keep:]:
        old.unlink(missing_ok=True)


def run(*, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve on this machine only, until SIGTERM or SIGINT."""
    folder = Path(settings.OUTBOX_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    trim(folder)
    # The server would log each line that is said to it.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    asyncio.run(_serve(folder, port, ready))


async def _serve(folder: Path, port: int, ready: Callable[[], None]) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, ended.set)
    keeper = Keeper(folder)

    def answer() -> Any:
        return SMTP(keeper, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="redphone")

    server = await loop.create_server(answer, "127.0.0.1", port)
    log.info("the mailbox takes mail on port %d", port)
    ready()
    async with server:
        await ended.wait()
