"""SPF (RFC 7208): whether a machine may send for the domain in an envelope.

Answered from DNS, which is asked by a function that is given: at most `MOST_LOOKUPS` times.
Macros, which almost nobody publishes, count as no match.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Lookup = Callable[[str, str], list[str]]
"""Asks DNS for the records of a name and a kind (`TXT`, `A`, …): their texts, [] for none.

Raises: DnsAway, when no answer came.
"""

MOST_LOOKUPS = 10
MOST_HOSTS = 10
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class DnsAway(Exception):
    """The name servers gave no answer in time."""


class _Broken(Exception):
    """The record can't be followed: the result is `permerror`."""


@dataclass(slots=True)
class _Asker:
    """One check: who sends, and how many more lookups it may cost."""

    lookup: Lookup
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    left: int = MOST_LOOKUPS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Broken


def spf(ip: str, domain: str, lookup: Lookup) -> str:
    """`pass`, `fail`, `softfail`, `neutral`, `none`, `temperror` or `permerror`."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "none"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    try:
        return _check(_Asker(lookup, address), domain) if "." in domain else "none"
    except DnsAway:
        return "temperror"
    except _Broken:
        return "permerror"


def _check(asker: _Asker, domain: str) -> str:
    records = [text for text in asker.lookup(domain, "TXT") if _is_spf(text)]
    if len(records) > 1:
        raise _Broken
    if not records:
        return "none"
    redirect = ""
    for term in records[0].split()[1:]:
        if term.lower().startswith("redirect="):
            redirect = term.partition("=")[2]
        elif (result := _term(asker, term, domain)) is not None:
            return result
    if redirect:
        asker.spend()
        result = _check(asker, redirect)
        return "permerror" if result == "none" else result
    return "neutral"


def _is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def _term(asker: _Asker, term: str, domain: str) -> str | None:
    """The result of one mechanism, or None when it does not match."""
    sign = term[0] if term[0] in _RESULTS else "+"
    body = term[1:] if term[0] in _RESULTS else term
    name, _, value = body.partition(":")
    name, _, width = name.partition("/")
    if "=" in name:
        return None
    if name.lower() in ("a", "mx") and "/" in value:
        value, _, width = value.partition("/")
    if "%" in value:
        return None
    is_match = _matches(asker, name.lower(), value or domain, width, has_value=bool(value))
    return _RESULTS[sign] if is_match else None


def _matches(asker: _Asker, name: str, value: str, width: str, *, has_value: bool) -> bool:
    match name:
        case "all":
            return True
        case "ip4" | "ip6" if has_value:
            return _within(asker, value if not width else f"{value}/{width}")
        case "include" if has_value:
            asker.spend()
            result = _check(asker, value)
            if result in ("none", "permerror"):
                raise _Broken
            return result == "pass"
        case "a" | "mx":
            asker.spend()
            hosts = [value] if name == "a" else list(_exchangers(asker, value))
            return any(_has_host(asker, host, width) for host in hosts)
        case "exists" if has_value:
            asker.spend()
            return bool(asker.lookup(value, "A"))
        case "ptr":
            asker.spend()
            return False
    raise _Broken


def _exchangers(asker: _Asker, domain: str) -> Iterator[str]:
    for text in asker.lookup(domain, "MX")[:MOST_HOSTS]:
        yield text.split()[-1].rstrip(".")


def _has_host(asker: _Asker, host: str, width: str) -> bool:
    kind = "A" if asker.ip.version == 4 else "AAAA"
    four, _, six = width.partition("//")
    chosen = four if asker.ip.version == 4 else six
    suffix = f"/{chosen.strip('/')}" if chosen.strip("/") else ""
    return any(_within(asker, found + suffix) for found in asker.lookup(host, kind)[:MOST_HOSTS])


def _within(asker: _Asker, network: str) -> bool:
    try:
        return asker.ip in ipaddress.ip_network(network, strict=False)
    except (ValueError, TypeError):
        raise _Broken from None
