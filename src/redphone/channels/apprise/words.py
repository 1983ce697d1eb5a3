"""What is sent to an app: a title, a text, and what some apps can do beside it.

An app's servers keep what they are given, so it is little: what rings, what is due, and the link.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from redphone.core.message import Message

MOST_FACTS = 2
LONGEST_TITLE, LONGEST_BODY = 150, 900

PUSHOVER_RINGS = {"priority": "emergency", "interval": "30", "expire": "1800"}
"""Again every 30 seconds for half an hour, until somebody has seen it."""

NTFY_RINGS = {"priority": "max"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What Apprise is asked to do."""

    url: str
    title: str
    body: str
    is_urgent: bool


def posted(message: Message) -> Posted:
    """A message in the form of an app."""
    return Posted(
        url=_dressed(address(message), message),
        title=message.subject[:LONGEST_TITLE],
        body=body(message),
        is_urgent=message.is_urgent,
    )


def address(message: Message) -> str:
    """The app's whole address, "" when there is none: a device's is sealed, a test's is not."""
    return message.secret or (message.to if "://" in message.to else "")


def body(message: Message) -> str:
    """The text: who asks what, the next deadlines, and the link to act on."""
    said = message.short if message.short != message.subject else message.lines[0]
    facts = [f"{name}: {value}" for name, value in message.facts[:MOST_FACTS]]
    text = "\n".join([said, *facts])[:LONGEST_BODY]
    return "\n".join([text, *([": ".join(message.link)] if message.link else [])])


def _dressed(url: str, message: Message) -> str:
    """The address with what this app can do for an urgent one. What its owner chose is kept."""
    scheme = urlsplit(url).scheme.lower()
    link = message.link[1] if message.link else ""
    wanted: dict[str, str] = {}
    if scheme in {"ntfy", "ntfys"}:
        wanted = NTFY_RINGS if message.is_urgent else {}
        wanted = wanted | ({"click": link, "actions": _ntfy_buttons(message)} if link else {})
    elif scheme == "pover":
        wanted = PUSHOVER_RINGS if message.is_urgent else {}
        wanted = wanted | ({"url": link, "url_title": message.link[0]} if message.link else {})
    elif scheme in {"gotify", "gotifys"} and message.is_urgent:
        wanted = {"priority": "emergency"}
    return _with(url, wanted)


def _ntfy_buttons(message: Message) -> str:
    """ntfy shows them beside its message; one takes it without opening anything."""
    assert message.link is not None
    buttons = [f"view, Open, {message.link[1]}"]
    if message.act and message.callback:
        take = f"{message.callback}/take, method=POST, clear=true"
        buttons.insert(0, f"http, {_plain(message.act)}, {take}")
    return "; ".join(buttons)


def _plain(label: str) -> str:
    """Commas part the words of a button."""
    return label.replace(",", "")


def _with(url: str, wanted: dict[str, str]) -> str:
    if not wanted:
        return url
    parts = urlsplit(url)
    own = dict(parse_qsl(parts.query, keep_blank_values=True))
    query = urlencode(wanted | own, quote_via=quote)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))
