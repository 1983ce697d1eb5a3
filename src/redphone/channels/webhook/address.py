"""Where a webhook may go: out into the world, and nowhere near us unless it was allowed.

Whoever may type an address into the console must not be able to make the desk knock on doors that
only the desk can reach (server-side request forgery). So the name is looked up here, each address
that it has is looked at, and the connection goes to the very address that was.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str, int], list[str]]

_CARRIES_IPV4 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that a translator turns into an IPv4 address (RFC 6052)."""

_NEAR = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("fec0::/10"))
"""Networks of one's own that the library takes for public ones: a translator's own, which may
carry an IPv4 address anywhere within (RFC 8215), and the site-local ones of old (RFC 3879)."""


class AddressRefused(Exception):
    """This address can't be posted to; the message says why, and what to do."""


class NotFound(Exception):
    """The name can't be looked up now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What an operator lets webhooks reach besides the public internet, and without TLS."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, words: Iterable[str]) -> Allowed:
        """Host names, addresses and networks, as a setting names them."""
        hosts, networks = set(), []
        for word in words:
            try:
                networks.append(ipaddress.ip_network(word, strict=False))
            except ValueError:
                hosts.add(word.lower())
        return cls(hosts=frozenset(hosts), networks=tuple(networks))

    def has(self, host: str, address: Address) -> bool:
        return host in self.hosts or any(
            address in network for network in self.networks if network.version == address.version
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that may be posted to: the URL's parts, and where to connect."""

    is_https: bool
    host: str
    port: int
    path: str
    address: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_https else 80) else f"{host}:{self.port}"


def look_up(host: str, port: int) -> list[str]:
    """All addresses of a name.

    Raises:
        NotFound: it has none, or nobody answers.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFound(f"{host} can't be looked up: {error}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def target(url: str, allowed: Allowed, look_up: LookUp = look_up) -> Target:
    """Where a URL leads. If any address of its name is refused, the name is.

    Raises:
        AddressRefused: it is no address of a program in the public internet.
        NotFound: the name can't be looked up now.
    """
    is_https, host, port, path = read(url)
    addresses = [ipaddress.ip_address(found.partition("%")[0]) for found in look_up(host, port)]
    for address in addresses:
        if not (is_public(address) or allowed.has(host, address)):
            raise AddressRefused(
                f"{host} is at {address}, which is not in the public internet. If it should be "
                "told all the same, name it in REDPHONE_WEBHOOK_ALLOW."
            )
    if not is_https and not all(allowed.has(host, address) for address in addresses):
        raise AddressRefused(
            "What is told would cross the network in the clear. Use https://, or name "
            f"{host} in REDPHONE_WEBHOOK_ALLOW."
        )
    if not addresses:
        raise NotFound(f"{host} has no address.")
    first = str(addresses[0])
    return Target(is_https=is_https, host=host, port=port, path=path, address=first)


def read(url: str) -> tuple[bool, str, int, str]:
    """Whether it is https, the host, the port and the path of a URL.

    Raises:
        AddressRefused: it is no address that a program can be posted to.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefused("Write the address in plain letters, without blanks.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise AddressRefused(f"This is no address: {error}") from error
    if parts.scheme not in ("https", "http") or not host:
        raise AddressRefused("Write the whole address, as https://hooks.example/redphone.")
    if parts.username or parts.password:
        raise AddressRefused("Leave the name and password out: what is sent is signed instead.")
    is_https = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return is_https, host.lower(), port or (443 if is_https else 80), path


def is_public(address: Address) -> bool:
    """Whether an address is out in the world, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo:
            return False
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _NEAR):
            return False
        if address in _CARRIES_IPV4:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast
