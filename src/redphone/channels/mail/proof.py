"""What can be proven of a mail's sender: SPF, DKIM, and DMARC for the domain in its From line.

The signatures are checked by dkimpy, the DMARC record is found by authheaders, whose authors wrote
the standard's reference checks. DNS is asked by a function that is given, for a limited time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.resolver
from authheaders.dmarc_lookup import DMARCException, get_org_domain, receiver_record
from dkim import DKIM, DKIMException

from redphone.channels.mail.spf import DnsAway, Lookup, spf

MOST_SIGNATURES = 5
SECONDS = 8.0
"""All lookups of what a sender can name, together; the From domain's own have as many."""

ONE_LOOKUP = 3.0


def prove(
    raw: bytes,
    *,
    ip: str,
    helo: str,
    mail_from: str,
    sender: str,
    lookup: Lookup,
    again: Lookup | None = None,
) -> dict[str, str]:
    """The results as a responder reads them: `spf`, `dkim` and `dmarc`. It never raises.

    `again` is asked for the record of the From domain: with time of its own, so that a sender
    whose own name servers are slow can't have that look-up fail.
    """
    envelope = _domain(mail_from) or helo.lower()
    by_path = spf(ip, envelope, lookup)
    signed = _signatures(raw, lookup)
    by_signature = _best(result for result, _ in signed)
    found = {"spf": by_path, "dkim": by_signature}
    proven = [("adkim", domain) for result, domain in signed if result == "pass"]
    if by_path == "pass":
        proven.append(("aspf", envelope))
    return found | {"dmarc": _dmarc(_domain(sender), proven, again or lookup)}


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip().lower().rstrip(".")


def _best(results: Any) -> str:
    found = set(results)
    return next((each for each in ("pass", "temperror", "fail") if each in found), "none")


def _signatures(raw: bytes, lookup: Lookup) -> list[tuple[str, str]]:
    """Each signature's result, and the domain that signed."""
    found: list[tuple[str, str]] = []
    try:
        mail = DKIM(raw, timeout=ONE_LOOKUP)
        count = sum(1 for name, _ in mail.headers if name.lower() == b"dkim-signature")
    except Exception:  # The parser of the library was not made for what strangers send.
        return [("fail", "")]
    for number in range(min(count, MOST_SIGNATURES)):
        try:
            held = mail.verify(idx=number, dnsfunc=_txt(lookup))
            result = "pass" if held else "fail"
        except DnsAway:
            result = "temperror"
        except (DKIMException, Exception):
            result = "fail"
        fields = getattr(mail, "signature_fields", None) or {}
        found.append((result, fields.get(b"d", b"").decode("ascii", "replace").lower()))
    return found


def _txt(lookup: Lookup) -> Callable[..., bytes | None]:
    def ask(name: bytes | str, timeout: float = ONE_LOOKUP) -> bytes | None:
        asked = name.decode("ascii", "replace") if isinstance(name, bytes) else name
        return next((text.encode() for text in lookup(asked.rstrip("."), "TXT")), None)

    return ask


def _dmarc(domain: str, proven: list[tuple[str, str]], lookup: Lookup) -> str:
    """Whether a proven domain stands for the one in the From line.

    `proven` are (the record's tag that says how strictly it is compared, the domain).
    """
    if "." not in domain:
        return "none"

    def policies(name: str) -> str | None:
        found = [text for text in lookup(name, "TXT") if text.startswith("v=DMARC1")]
        return found[0] if len(found) == 1 else None

    try:
        record, _ = receiver_record(domain, dnsfunc=policies)
    except DnsAway:
        return "temperror"
    except (DMARCException, Exception):
        return "permerror"
    if not record or not record.get("p"):
        return "none"
    for tag, name in proven:
        is_strict = record.get(tag) == "s"
        if name == domain or (not is_strict and _are_one_organisation(name, domain)):
            return "pass"
    return "fail"


def _are_one_organisation(one: str, other: str) -> bool:
    """Whether two domains belong together. A top level that is on no list stands for nobody."""
    shared = get_org_domain(one)
    return "." in shared and shared == get_org_domain(other)


class Resolver:
    """Asks the machine's own name servers, for so long from the first question on."""

    def __init__(self) -> None:
        self._until: float | None = None

    def __call__(self, name: str, kind: str) -> list[str]:
        if self._until is None:
            self._until = time.monotonic() + SECONDS
        left = self._until - time.monotonic()
        if left <= 0:
            raise DnsAway
        try:
            answer = dns.resolver.resolve(name, kind, lifetime=min(left, ONE_LOOKUP))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise DnsAway from error
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]
