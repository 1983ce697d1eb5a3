"""Which addresses of Apprise a person may give as a device.

Apprise knows two hundred services. Some of them act on the machine that they run on (a desktop's
bubbles, the system's log), some speak to the whole world (a public timeline), some are what the
desk has lines of its own for (mail, SMS), and some options read a file. Only what reaches a person
over HTTP is let through, and only into the public internet unless an operator allows more.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings

from redphone.channels.apprise import library
from redphone.channels.webhook.address import Allowed, is_public

LONGEST = 2000

SERVICES = frozenset(
    {
        *("chanify", "dingtalk", "discord", "feishu", "flock", "gchat", "guilded"),
        *("ifttt", "join", "lark", "line", "notifiarr", "pbul", "pover", "prowl"),
        *("pushed", "pushplus", "pushy", "psafers", "revolt", "ryver", "schan", "signl4"),
        *("simplepush", "slack", "spike", "spush", "tgram", "threema", "twist", "webex"),
        *("wecombot", "wxteams", "zcliq", "zulip"),
    }
)
"""Services at an address of their own, which Apprise knows: always by TLS."""

OWN_CLEAR = frozenset(
    {
        *("apprise", "form", "gotify", "hassio", "json", "matrix", "mmost", "ncloud", "nctalk"),
        *("bark", "ntfy", "pjet", "pushdeer", "rocket", "signal", "synology", "xml"),
    }
)
"""Services at the host that the address names, without TLS."""

OWN_SECURE = frozenset(
    {
        *(f"{each}s" for each in OWN_CLEAR),
        *("workflow", "workflows"),
    }
)
"""The same with it."""

KNOWN = SERVICES | OWN_SECURE | OWN_CLEAR

READ_FILES = frozenset({"template", "keyfile", "config", "attach"})
"""Options that may name a file of the desk's machine."""

SETTING = "REDPHONE_WEBHOOK_ALLOW"

NOT_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})


def allowed(url: str, near: Allowed | None = None) -> str | None:
    """Why an address can't be a device, in words for whoever typed it; None when it can.

    Nothing is looked up: where a name leads is looked at again when something is sent. `near` is
    what an operator allows beside the public internet, and their setting when None.
    """
    if not url or len(url) > LONGEST or not url.isprintable() or " " in url:
        return "Write one whole address, as ntfys://ntfy.example/topic, without blanks."
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    except ValueError:
        return "This is no address. Write it as the service's page at Apprise shows it."
    if scheme == "https":
        return _of_link(url)
    if scheme not in KNOWN:
        return f"{scheme or 'That'} is no service that this desk sends to."
    if option := next(filter(None, (_is_refused(*each) for each in _options(url))), None):
        return f"Leave the option {option} out: this desk does not allow it."
    return (_of_host(scheme, host, near) if scheme not in SERVICES else None) or _of_form(url)


def _options(url: str) -> Iterator[tuple[str, str]]:
    """All that Apprise may take for an option: it also parts them by a semicolon, and goes on
    behind a `#`, where the address that the standard knows has ended.
    """
    for pair in re.split(r"[&;?#]", url.partition("?")[2]):
        name, _, value = pair.partition("=")
        yield unquote(name.replace("+", " ")).strip(), unquote(value).strip()


def _is_refused(name: str, value: str) -> str:
    """An option's name when it may not be used: a certificate is always looked at."""
    name = name.lower().lstrip("+-: ")
    is_unsafe = name == "verify" and value.lower() not in {"yes", "true", "1", "on"}
    return name if name in READ_FILES or is_unsafe else ""


def _of_link(url: str) -> str | None:
    """A service's own link, as Slack and others show it: Apprise reads some of them."""
    whole = native(url)
    if whole is None:
        return "This desk doesn't know the service behind that link. Write Apprise's own address."
    return allowed(whole)


def native(url: str) -> str | None:
    """Apprise's own address for a service's link; None when it knows none."""
    found = library.service(url)
    whole = found.url(privacy=False) if found else ""
    return whole if whole and not whole.startswith("https://") else None


def _of_host(scheme: str, host: str, near: Allowed | None) -> str | None:
    near = Allowed.read(settings.WEBHOOK_ALLOW) if near is None else near
    if not host:
        return "The address names no host."
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        number = None
    is_named = host.lower() in near.hosts or (number is not None and near.has(host, number))
    if is_named:
        return None
    if host.lower() in NOT_NAMES or (number is not None and not is_public(number)):
        return f"{host} is not in the public internet. An operator can name it in {SETTING}."
    # A name may still lead into an allowed network: that shows when something is sent.
    if scheme in OWN_CLEAR and not near.networks:
        return f"Pages would cross the network in the clear. Write {scheme}s:// instead."
    return None


def _of_form(url: str) -> str | None:
    if library.service(url) is None:
        return "Something is missing in it. Write it as the service's page at Apprise shows it."
    return None
