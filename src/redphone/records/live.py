"""Telling open pages that a stream changed: a NOTIFY on the channel `desk`, after the commit.

It is a transaction of its own: a NOTIFY inside a verb's commit takes a lock that all commits
share, for as long as that commit takes to reach the disk. It may be lost, and nothing depends on
it: a page that hears nothing is still right when it is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import Error, connection

log = logging.getLogger(__name__)

CHANNEL = "desk"
"""The payload is what changed: a stream's ref ("RP-1001", "INC-101") or `STATUS`."""

STATUS = "status"
"""The payload when the public status page changed and no stream did: a component's state."""


def tell(refs: Iterable[str]) -> None:
    """Say that these streams changed; call it after the commit. Never raises."""
    named = list(dict.fromkeys(refs))
    if not named:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_notify(%s, ref)) FROM unnest(%s::text[]) AS ref", [CHANNEL, named]
            )
    except Error as error:
        log.warning("Open pages were not told of a change: %s", error, extra={"refs": named})
