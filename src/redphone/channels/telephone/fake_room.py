"""The telephones of a desk that is only tried out: they ring by themselves until somebody acts.

The desk's pages ask the room what rings, and tell it which key was pressed, over its own door and
with its own token: no other page of a browser can press one.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from redphone.channels.telephone.fake import Exchange, Rung, over_http
from redphone.channels.telephone.provider import Provider
from redphone.channels.telephone.send import RINGS_FOR

A_MOMENT = 0.3
MOST = 500
"""So many calls and SMS are kept, the newest."""

ACCOUNT = "AC" + "0" * 32
CALLER = "+15005550006"


class NobodyThere(Exception):
    """The telephones do not answer: they may be starting."""


def exchange(*, public: str, reached: str, token: str) -> Exchange:
    """A provider whose telephones ring by themselves."""
    deliver = over_http(public=public, reached=reached)
    made = Exchange(public=public, deliver=deliver, account=ACCOUNT, token=token)
    made.on_taken = lambda rung: threading.Thread(
        target=ring, args=(made, rung), daemon=True
    ).start()
    return made


def ring(exchange: Exchange, rung: Rung, *, seconds: float = RINGS_FOR) -> None:
    """What a network does with a call or an SMS while nobody touches the telephone."""
    with exchange.lock:
        del exchange.rung[:-MOST]
    # The desk writes down first that it was taken.
    time.sleep(A_MOMENT)
    if rung.kind == "text":
        exchange.tell(rung, "delivered")
        return
    exchange.tell(rung, "ringing")
    until = time.monotonic() + seconds
    while rung.status == "ringing" and time.monotonic() < until:
        time.sleep(A_MOMENT / 3)
    if rung.status in ("ringing", "canceled"):
        exchange.tell(rung, "no-answer" if rung.status == "ringing" else "canceled")


def look(at: Provider) -> list[dict[str, Any]]:
    """All calls and SMS, the newest first.

    Raises:
        NobodyThere: the room does not answer.
    """
    found: list[dict[str, Any]] = _ask(at, "GET", "/phones", {})["rung"]
    return found


def act(at: Provider, *, sid: str, what: str, key: str = "") -> str:
    """Pick up, press a key or hang up; what is heard next.

    Raises:
        NobodyThere: the room does not answer.
    """
    return str(_ask(at, "POST", f"/phones/{sid}/{what}", {"Digits": key})["answer"])


def write(at: Provider, *, sender: str, body: str) -> str:
    """An SMS to the desk from one of the telephones; what comes back.

    Raises:
        NobodyThere: the room does not answer.
    """
    return str(_ask(at, "POST", "/phones/write", {"From": sender, "Body": body})["answer"])


def _ask(at: Provider, method: str, path: str, form: dict[str, str]) -> Any:
    base = at.base.removesuffix("/2010-04-01")
    headers = make_headers(basic_auth=f"{at.user}:{at.token}")
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        answer = urllib3.request(
            method, base + path, body=urlencode(form), headers=headers, timeout=10, retries=False
        )
        if answer.status != 200:
            raise NobodyThere(f"The telephones say {answer.status}.")
        return json.loads(answer.data)
    except (HTTPError, ValueError) as error:
        raise NobodyThere("The telephones do not answer yet.") from error
