"""Telling open pages that a stream has changed: a notification outside the verb's transaction.

A NOTIFY inside a commit makes commits wait for each other; here it is sent after, and losing one
costs only a late page, which refetches by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import DatabaseError, connection

CHANNEL = "desk"

log = logging.getLogger(__name__)


def tell(refs: Iterable[str]) -> None:
    """Notify whoever listens that these streams have changed. Never raises."""
    names = list(refs)
    if not names:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_notify(%s, ref) from unnest(%s::text[]) as ref", [CHANNEL, names]
            )
    except DatabaseError:
        log.warning("pages were not told of a change", exc_info=True)
