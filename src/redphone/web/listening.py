"""One LISTEN for a whole process, handed on to every open stream that it concerns."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from redphone.records.live import CHANNEL, STATUS
from redphone.records.queries import public

EVERY_STREAM = "*"
"""The name of whoever hears of every case and incident."""

PUBLIC = STATUS
"""The name of whoever hears of the public status page."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0
"""Seconds before the line to the database is tried again."""

log = logging.getLogger(__name__)


class Ear:
    """One open stream. It remembers that something was heard, not what nor how often."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self._heard = asyncio.Event()

    def hear(self) -> None:
        self._heard.set()

    def forget(self) -> None:
        self._heard.clear()

    async def wait(self) -> None:
        await self._heard.wait()


class Hub:
    """Who listens to what. The line to the database is open while anybody listens."""

    def __init__(self) -> None:
        self._ears: dict[str, set[Ear]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self.listeners = 0

    @contextmanager
    def listen(self, names: frozenset[str]) -> Iterator[Ear]:
        """An ear for these names, as long as the block lasts."""
        ear = Ear(names)
        self._add(ear)
        self.listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield ear
        finally:
            self._remove(ear)
            self.listeners -= 1
            if not self.listeners and self._task:
                self._task.cancel()
                self._task = None

    def move(self, ear: Ear, names: frozenset[str]) -> None:
        """Let an ear listen to other names."""
        if names != ear.names:
            self._remove(ear)
            ear.names = names
            self._add(ear)

    def _add(self, ear: Ear) -> None:
        for name in ear.names:
            self._ears[name].add(ear)

    def _remove(self, ear: Ear) -> None:
        for name in ear.names:
            self._ears[name].discard(ear)
            if not self._ears[name]:
                del self._ears[name]

    def tell(self, name: str) -> None:
        """Hand on that a stream changed."""
        for ear in (*self._ears.get(name, ()), *self._ears.get(EVERY_STREAM, ())):
            ear.hear()
        if name.startswith("INC-") and PUBLIC in self._ears:
            task = asyncio.get_running_loop().create_task(self._tell_public(name))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _tell_public(self, ref: str) -> None:
        # That something stirs inside is not for everyone: only what they can see.
        if await asyncio.to_thread(_is_public, ref):
            for ear in self._ears.get(PUBLIC, ()):
                ear.hear()

    def tell_all(self) -> None:
        """Everyone looks again: something may have been missed."""
        for ears in self._ears.values():
            for ear in ears:
                ear.hear()

    async def _run(self) -> None:
        """Hold the line, and take it up again whenever the database comes back."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_params()) as line:
                    await line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    # Before this nobody listened: what the pages show may be older than it looks.
                    self.tell_all()
                    pause = FIRST_PAUSE
                    async for notice in line.notifies():
                        self.tell(notice.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("the line for live pages is lost, trying again: %s", error)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)


def _params() -> dict[str, Any]:
    """How to reach the database, for a connection beside Django's own."""
    params = dict(connection.get_connection_params())
    for only_for_django in ("cursor_factory", "context"):
        params.pop(only_for_django, None)
    return {**params, "autocommit": True, "application_name": "redphone live"}


def _is_public(ref: str) -> bool:
    with suppress(psycopg.Error):
        try:
            return public.is_shown(ref)
        finally:
            connection.close()
    return False
