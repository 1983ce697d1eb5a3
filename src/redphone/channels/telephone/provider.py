"""A telephone provider, as a setting names it: where it is, as whom we come, from which number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

VERSION = "/2010-04-01"
"""The path below which accounts lie where the setting names none."""

OPTIONS = frozenset({"from", "from_sms", "account", "signed_by"})
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SENDER = re.compile(r"\+?[0-9]{3,15}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11}")
ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,100}")


class BadProvider(ValueError):
    """The address names no provider; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """`name` is what rows and people call it; `base` the address below which accounts lie.

    `caller` is the number that calls come from, `texter` what SMS come from: a number, a sender's
    name or a messaging service. It signs its callbacks with `signed_by`.
    """

    name: str
    base: str
    account: str
    user: str
    token: str = field(repr=False)
    caller: str
    texter: str
    signed_by: str = field(repr=False)

    def url(self, resource: str) -> str:
        """The address of a resource of our account, as `Calls`."""
        return f"{self.base}/Accounts/{self.account}/{resource}.json"


def read(url: str) -> Provider:
    """The provider that an address names: `https://ACCOUNT:TOKEN@api.example/?from=+1…`.

    Raises:
        BadProvider: something in it is missing or makes no sense.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadProvider(f"is no address: {error}") from error
    if parts.scheme not in ("https", "http") or not host:
        raise BadProvider("must be a whole address, as https://ACCOUNT:TOKEN@api.twilio.com/")
    asked = _options(parts.query)
    user, token = unquote(parts.username or ""), unquote(parts.password or "")
    account = asked.get("account") or user
    if not token or not ACCOUNT.fullmatch(account):
        raise BadProvider("needs the account and its token, as https://ACCOUNT:TOKEN@…")
    caller = asked.get("from", "")
    if not NUMBER.fullmatch(caller):
        raise BadProvider("needs the number that calls come from, as ?from=+15005550006")
    texter = asked.get("from_sms") or caller
    if not SENDER.fullmatch(texter):
        raise BadProvider("has a from_sms that is no number, sender's name or MG… service")
    at = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/") or VERSION
    return Provider(
        name=host if port is None else f"{at}:{port}",
        base=f"{parts.scheme}://{at}{f':{port}' if port else ''}{path}",
        account=account,
        user=user,
        token=token,
        caller=caller,
        texter=texter,
        signed_by=asked.get("signed_by") or token,
    )


def _options(query: str) -> dict[str, str]:
    """The query, in which a plus is a plus: numbers begin with one."""
    pairs = [each.partition("=") for each in query.split("&") if each]
    found = {name: unquote(value).strip() for name, _, value in pairs}
    if unknown := sorted(set(found) - OPTIONS):
        raise BadProvider(
            f"has the option {unknown[0]}, which is none of {', '.join(sorted(OPTIONS))}"
        )
    return found


def read_all(urls: Sequence[str]) -> tuple[Provider, ...]:
    """Several in their order. Two accounts at one host are told apart by their account.

    Raises:
        BadProvider: see `read`; or two are the same.
    """
    found = [read(url) for url in urls]
    names = [each.name for each in found]
    told_apart = [each if names.count(each.name) == 1 else _by_account(each) for each in found]
    if len({each.name for each in told_apart}) < len(told_apart):
        raise BadProvider("is the first one once more: nothing would be there to fail over to")
    return tuple(told_apart)


def _by_account(each: Provider) -> Provider:
    return replace(each, name=f"{each.name}/{each.account[-6:]}")
