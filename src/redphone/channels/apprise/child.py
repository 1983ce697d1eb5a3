"""The process that speaks for Apprise: a line of JSON in, a line of JSON out, until the end of in.

Two hundred plugins of other people run here: some wait as long as they like, some write what they
like. Here they have none of the desk's secrets but the one address, can be ended at any moment,
and reach nothing near us (see `guard`).
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any, TextIO
from urllib.parse import unquote

import requests

from redphone.channels.apprise import library
from redphone.channels.apprise.address import SERVICES, allowed
from redphone.channels.apprise.guard import Guard

MOST_SAID = 300


class Overheard(logging.Handler):
    """The first warning of a plugin, which says more than that it failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = self.said or record.getMessage()


class Exchange:
    """The last answer over HTTP: a plugin tells only whether it liked it."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.retry_after: int | None = None
        self._send = requests.Session.send

    def begin(self) -> None:
        """Listen to everything that `requests` does from here on."""
        exchange, send = self, self._send

        def listening(session: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
            response = send(session, *args, **kwargs)
            asked = response.headers.get("Retry-After", "")
            exchange.status = response.status_code
            exchange.retry_after = int(asked) if asked.isdigit() and len(asked) < 7 else None
            return response

        setattr(requests.Session, "send", listening)  # noqa: B010 - mypy knows it otherwise.


def main(read: TextIO = sys.stdin, write: TextIO = sys.stdout) -> None:
    """Answer until nobody asks any more. The first line says what the operator allows."""
    guard, exchange = Guard(json.loads(read.readline() or "[]")), Exchange()
    library.schemes()
    exchange.begin()
    guard.begin()
    for line in read:
        answer = _answer(json.loads(line), guard, exchange)
        write.write(json.dumps(answer) + "\n")
        write.flush()


def _answer(asked: dict[str, Any], guard: Guard, exchange: Exchange) -> dict[str, Any]:
    guard.refused, exchange.status, exchange.retry_after = "", None, None
    if why := allowed(asked["url"], guard.near):
        return {"is_taken": False, "is_refused": True, "said": why}
    overheard = Overheard()
    log = logging.getLogger("apprise")
    log.addHandler(overheard)
    try:
        is_taken = _notify(asked)
    except Exception as error:  # Whatever a plugin raises is no more than a failure of this one.
        is_taken, overheard.said = False, overheard.said or repr(error)
    finally:
        log.removeHandler(overheard)
    return {
        "is_taken": is_taken,
        "is_refused": bool(guard.refused),
        "status": exchange.status,
        "retry_after": exchange.retry_after,
        "said": guard.refused or without_secrets(overheard.said, asked["url"]),
    }


def _notify(asked: dict[str, Any]) -> bool:
    found = library.service(asked["url"])
    if found is None:
        return False
    words = {"title": asked["title"], "body": asked["body"], "body_format": "text"}
    return bool(found.notify(notify_type=asked["type"], **words))


def without_secrets(said: str, url: str) -> str:
    """What a plugin said, with every part of the address but a host taken out."""
    scheme, _, rest = url.partition("://")
    host = re.split(r"[/?#]", rest)[0].rpartition("@")[2] if scheme not in SERVICES else ""
    parts = {part for part in re.split(r"[/:@?&=#,+]", rest) if len(part) > 3}
    for part in sorted(parts - set(host.split(":")) - {scheme}, key=len, reverse=True):
        said = said.replace(part, "…").replace(unquote(part), "…")
    return said[:MOST_SAID]


if __name__ == "__main__":
    main()
