"""The fields of a delivery status notification (RFC 3464), wherever in a mail they are.

They should be in a part of their own; some servers paste them into the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from redphone.channels.mail.bounce_text import ADDRESS

LONGEST = 200_000
MOST_RECIPIENTS = 50

_FIELD = re.compile(r"^[ \t>]{0,4}([A-Za-z][\w-]{1,40})[ \t]*:[ \t]*(.*)$")
_KNOWN = frozenset(
    [
        "final-recipient",
        "original-recipient",
        "action",
        "ction",
        "status",
        "remote-mta",
        "diagnostic-code",
        "last-attempt-date",
        "will-retry-until",
        "final-log-id",
        "x-actual-recipient",
        "x-display-name",
        "reporting-mta",
        "arrival-date",
        "received-from-mta",
        "original-envelope-id",
        "x-original-message-id",
    ]
)


@dataclass(slots=True)
class Failure:
    """One address that a notice is about, with what its fields say."""

    address: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    kind: str = ""
    remote: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def failures(text: str) -> list[Failure]:
    """The recipients in a text of delivery status fields. The ones that arrived are left out."""
    found: list[Failure] = []
    for fields in _groups(text[:LONGEST]):
        failure = _failure(fields)
        if failure is None or failure.action in ("delivered", "relayed", "expanded"):
            continue
        found.append(failure)
        if len(found) >= MOST_RECIPIENTS:
            break
    return found


def notification(text: str) -> list[Failure]:
    """The recipients in a bounce that Amazon's notification service sent as JSON."""
    start = text.find("{")
    if start < 0 or "ounce" not in text or len(text) > LONGEST:
        return []
    try:
        event, _ = json.JSONDecoder(strict=False).raw_decode(text[start:].replace("\n", ""))
        if isinstance(event, dict) and isinstance(event.get("Message"), str):
            event = json.loads(event["Message"])
        bounce = event.get("bounce") or {}
        return [
            Failure(
                address=str(one.get("emailAddress", "")),
                action=str(one.get("action", "failed")),
                status=str(one.get("status", "")),
                diagnostic=str(one.get("diagnosticCode", "")).partition(";")[2].strip(),
                kind="smtp",
            )
            for one in bounce.get("bouncedRecipients", [])[:MOST_RECIPIENTS]
        ]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return []


def _groups(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields: each begins at a blank line or where a field comes again."""
    group: dict[str, str] = {}
    last = ""
    for line in text.split("\n"):
        match = _FIELD.match(line)
        name = match[1].lower() if match else ""
        if (match and name in _KNOWN) or (match and group and name.startswith("x-")):
            if name in group and name in ("final-recipient", "status", "action"):
                yield group
                group = {}
            group.setdefault(name, match[2].strip()[:3_000])
            last = name
        elif line[:1] in (" ", "\t") and last and line.strip() and len(group[last]) < 3_000:
            group[last] += " " + line.strip()
        elif not line.strip():
            if group:
                yield group
            group, last = {}, ""
        else:
            last = ""
    if group:
        yield group


def _failure(fields: dict[str, str]) -> Failure | None:
    if not {"final-recipient", "original-recipient", "action", "diagnostic-code", "status"} & set(
        fields
    ):
        return None
    kind, _, said = fields.get("diagnostic-code", "").partition(";")
    if not said:
        kind, said = "", kind
    status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", fields.get("status", ""))
    return Failure(
        address=_address(fields),
        action=(fields.get("action") or fields.get("ction", "")).lower().split(" ")[0][:20],
        status=status[0] if status else "",
        diagnostic=said.strip(),
        kind=kind.strip().lower(),
        remote=fields.get("remote-mta", "").partition(";")[2].strip(),
        fields=fields,
    )


def _address(fields: dict[str, str]) -> str:
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        found = re.search(ADDRESS, fields.get(name, ""))
        if found:
            return found[0]
    return fields.get("final-recipient", "").partition(";")[2].strip()[:200]
