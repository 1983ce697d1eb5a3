"""The dead-man's switch: a service elsewhere is called while all is well, and rings when we stop.

It is called only after a round of the auditor that found nothing wrong with paging, so that a desk
that lives and pages nobody is as silent as a dead one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http.client import HTTPException
from urllib.request import Request, urlopen

from redphone.actions.alarms import Trouble

log = logging.getLogger(__name__)

TIMEOUT = 10.0
NO_WORRY = frozenset({"webhooks", "mail"})
"""Troubles in which people are paged all the same: programs elsewhere, and mail that can wait."""


def is_well(troubles: Iterable[Trouble]) -> bool:
    """Whether people are paged as they should be."""
    return all(trouble.key in NO_WORRY for trouble in troubles)


def call(url: str) -> bool:
    """Show life to the service at this address. Whether it took it; if not, it rings: right so."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "Redphone"}), timeout=TIMEOUT) as answer:
            return bool(answer.status < 400)
    except (OSError, HTTPException, ValueError) as error:
        log.error("REDPHONE_HEARTBEAT_URL could not be called: %s", error)
        return False
