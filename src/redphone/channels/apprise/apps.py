"""The common chat and push services as forms: what each asks for, and the address it makes of it.

An address of Apprise holds all that a service needs, keys included. What may be shown of it is
its service's name only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from redphone.channels.apprise import library
from redphone.channels.apprise.address import allowed, native


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """One field of a form. `is_secret` is typed unseen; `example` shows how it looks."""

    name: str
    label: str
    example: str = ""
    is_needed: bool = True
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKind:
    """A service, how one gets what it asks for, and what makes its address of that."""

    slug: str
    name: str
    how: str
    blanks: tuple[Blank, ...]
    make: Callable[[Mapping[str, str]], str]


def _whole(given: Mapping[str, str]) -> str:
    """The service's own address, in Apprise's form."""
    url = given["url"]
    return (native(url) if url.startswith("https://") else None) or url


def _telegram(given: Mapping[str, str]) -> str:
    return f"tgram://{_part(given['token'], ':')}/{_part(given['chat'])}"


def _ntfy(given: Mapping[str, str]) -> str:
    server = given.get("server") or "https://ntfy.sh"
    parts = urlsplit(server if "://" in server else f"https://{server}")
    scheme = "ntfy" if parts.scheme == "http" else "ntfys"
    token = f"{_part(given['token'])}@" if given.get("token") else ""
    query = "?auth=token" if token else ""
    return f"{scheme}://{token}{parts.netloc}/{_part(given['topic'])}{query}"


def _pushover(given: Mapping[str, str]) -> str:
    return f"pover://{_part(given['user'])}@{_part(given['token'])}"


def _signal(given: Mapping[str, str]) -> str:
    server = given["server"]
    parts = urlsplit(server if "://" in server else f"https://{server}")
    scheme = "signal" if parts.scheme == "http" else "signals"
    return f"{scheme}://{parts.netloc}/{_part(given['from'], '+')}/{_part(given['to'], '+')}"


def _part(text: str, safe: str = "") -> str:
    """One part of an address: nothing that is typed may begin another."""
    return quote("".join(text.split()), safe=safe)


SERVICES = {
    service.slug: service
    for service in (
        AppKind(
            slug="slack",
            name="Slack",
            how="In Slack: Apps, Incoming WebHooks, Add to Slack, choose yourself as the channel.",
            blanks=(
                Blank(
                    name="url",
                    label="Webhook URL",
                    example="https://hooks.slack.com/services/…",
                    is_secret=True,
                ),
            ),
            make=_whole,
        ),
        AppKind(
            slug="teams",
            name="Teams",
            how="In Teams: Workflows, “Post to a chat when a webhook request is received”.",
            blanks=(
                Blank(
                    name="url",
                    label="Workflow URL",
                    example="https://….logic.azure.com/workflows/…",
                    is_secret=True,
                ),
            ),
            make=_whole,
        ),
        AppKind(
            slug="telegram",
            name="Telegram",
            how="Make a bot with @BotFather, write to it once, and ask @userinfobot for your id.",
            blanks=(
                Blank(name="token", label="Token of the bot", is_secret=True),
                Blank(name="chat", label="Your chat’s id", example="123456789"),
            ),
            make=_telegram,
        ),
        AppKind(
            slug="ntfy",
            name="ntfy",
            how="Subscribe in the app to a topic that nobody guesses. Without a token, whoever "
            "knows the topic reads along.",
            blanks=(
                Blank(name="topic", label="Topic", is_secret=True),
                Blank(name="server", label="Server", example="https://ntfy.sh", is_needed=False),
                Blank(name="token", label="Access token", is_secret=True, is_needed=False),
            ),
            make=_ntfy,
        ),
        AppKind(
            slug="pushover",
            name="Pushover",
            how="Your user key is on pushover.net; make an application there for its token.",
            blanks=(
                Blank(name="user", label="User key", is_secret=True),
                Blank(name="token", label="Token of the application", is_secret=True),
            ),
            make=_pushover,
        ),
        AppKind(
            slug="signal",
            name="Signal",
            how="Needs a server of your own that runs signal-cli-rest-api.",
            blanks=(
                Blank(name="server", label="Its server", example="https://signal.example"),
                Blank(name="from", label="Number it sends from", example="+442079460100"),
                Blank(name="to", label="Your number on Signal", example="+442079460321"),
            ),
            make=_signal,
        ),
        AppKind(
            slug="other",
            name="Another service",
            how="Any of the services that Apprise knows, by its address.",
            blanks=(
                Blank(
                    name="url",
                    label="Address for Apprise",
                    example="matrixs://user:password@matrix.example/#room",
                    is_secret=True,
                ),
            ),
            make=_whole,
        ),
    )
}


def refused(url: str) -> str:
    """Why an address can't be a device; "" when it can."""
    return allowed(url) or ""


def named(url: str) -> str:
    """What may be shown of an address: the name of its service."""
    found = library.service(url)
    return str(found.service_name) if found else urlsplit(url).scheme
