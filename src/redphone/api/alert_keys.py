"""Which door a token opens, remembered for a few seconds: no alert waits for a look-up."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import Error, connections

from redphone.actions import doors
from redphone.actions.alert_writer import Away
from redphone.actions.doors import Known

REMEMBERED = 3.0
"""Seconds. A token that was taken back opens nothing anywhere after that."""

MOST_REMEMBERED = 10_000
"""Tokens. Somebody who guesses must not fill the memory."""


@dataclass(frozen=True, slots=True)
class _Found:
    door: Known | None
    until: float


_known: dict[str, _Found] = {}
_threads = ThreadPoolExecutor(2, thread_name_prefix="door")


async def door(token: str) -> Known | None:
    """The door that this token opens now, or None.

    Raises:
        Away: the database does not answer, and nothing is remembered.
    """
    if not doors.could_be(token):
        return None
    found = _known.get(token)
    if found is not None and time.monotonic() < found.until:
        return found.door
    loop = asyncio.get_running_loop()
    known = await loop.run_in_executor(_threads, _look_up, token)
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    _known[token] = _Found(known, time.monotonic() + REMEMBERED)
    return known


def _look_up(token: str) -> Known | None:
    try:
        return doors.find(doors.digest(token))
    except Error as error:
        raise Away from error
    finally:
        connections.close_all()


def forget() -> None:
    """Look everything up afresh, as a new process does."""
    _known.clear()
