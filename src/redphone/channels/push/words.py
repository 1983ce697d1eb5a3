"""What a push carries: a title, a line or two, and what the service worker has to know.

It shows on a locked screen, so that customers and their words stay out of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta

from redphone.core.message import Message

PAGE_LASTS = timedelta(minutes=5)
CALM_LASTS = timedelta(hours=1)
"""How long a push service keeps it for a browser that is away."""

LONGEST_TITLE, LONGEST_BODY = 120, 240
MOST_FACTS = 2


def payload(message: Message, *, is_short: bool = False) -> bytes:
    """What the service worker reads. `is_short`: a service has found it too large."""
    told: dict[str, str | int | bool] = {
        "kind": kind(message),
        "act": message.act,
        "title": message.subject[:LONGEST_TITLE],
        "body": "" if is_short else _body(message)[:LONGEST_BODY],
        "tag": _tag(message),
        "link": message.link[1] if message.link else "",
        "callback": message.callback,
        "count": message.count,
        "is_urgent": message.is_urgent,
    }
    if is_short:
        told["title"] = str(told["title"])[:40]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def kind(message: Message) -> str:
    """What a service worker does with it: "page" for whatever asks for an answer, "taken",
    "code", or "note" for all else.
    """
    first, _, rest = message.key.partition("/")
    if first.startswith("device:"):
        return "code" if rest.startswith("code/") else "note"
    if message.act:
        return "page"
    return "taken" if message.key.endswith("/taken") else "note"


def _tag(message: Message) -> str:
    """By which a newer notice takes the place of an older one: "taken by Ana" that of the page,
    and not that of another question about the same incident."""
    last = message.key.rpartition("/")[2]
    return f"{message.thread}/{last}" if message.act and last != "page" else message.thread


def _body(message: Message) -> str:
    facts = [f"{name}: {value}" for name, value in message.facts[:MOST_FACTS]]
    said = [message.short] if message.short not in {"", message.subject} else []
    return "\n".join([*said, *facts])


def topic(message: Message) -> str:
    """By which a push service puts a newer push in the place of one that has not arrived.

    One of the same stream; the service can't tell which.
    """
    digest = hashlib.sha256(_tag(message).encode()).digest()[:24]
    return base64.urlsafe_b64encode(digest).decode("ascii")


def lasts(message: Message) -> timedelta:
    """How long it is worth arriving: an hour-old page would wake somebody for nothing."""
    return PAGE_LASTS if message.is_urgent or kind(message) != "note" else CALM_LASTS
