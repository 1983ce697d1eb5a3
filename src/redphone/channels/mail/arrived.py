"""A mail as a door hands it over, and what the door itself knows of how it came."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from redphone.channels.mail.incoming import Mail
from redphone.channels.mail.receive import receive, unread

log = logging.getLogger(__name__)

SAME_FOR = 600
"""Seconds in which a mail that has neither a Message-ID nor a Date counts as the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """The bytes of a mail and its envelope: `mail_from` is "" for a bounce, `recipients` are the
    addresses of ours that it was handed over for. `notes` are the door's own findings (`peer`,
    `spf`, `dkim`, `dmarc`, …), which no sender can write."""

    raw: bytes
    door: str
    at: datetime
    mail_from: str = ""
    recipients: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A mail that was read: what arrived, what stands in it, and what makes it one mail."""

    arrived: Arrived
    mail: Mail
    key: str


def read(arrived: Arrived) -> Opened:
    """Read a mail. It never raises, whatever the bytes are."""
    try:
        mail = _storable(receive(arrived.raw))
    except Exception as error:  # A mistake in our reading must cost nobody their emergency.
        log.exception("a mail could not be read")
        mail = _storable(unread(arrived.raw, type(error).__name__))
    return Opened(arrived=arrived, mail=mail, key=key(arrived, mail))


LONGEST_NAME = 500
"""Signs of an address or a Message-ID: no real one has more, and an index holds no more."""

MOST_NAMES = 50


def _storable(mail: Mail) -> Mail:
    """The mail with names that can be looked up: no signs that a database refuses, no floods."""
    return replace(
        mail,
        sender=_name(mail.sender),
        reply_to=_name(mail.reply_to),
        message_id=_name(mail.message_id),
        to=_names(mail.to),
        in_reply_to=_names(mail.in_reply_to),
        references=_names(mail.references[-MOST_NAMES:]),
        case_refs=_names(mail.case_refs),
        bounces=tuple(
            replace(
                bounce,
                address=_name(bounce.address),
                original_message_id=_name(bounce.original_message_id),
            )
            for bounce in mail.bounces[:MOST_NAMES]
        ),
    )


def _name(text: str) -> str:
    clean = _plain(text)
    return clean if len(clean) <= LONGEST_NAME else ""


def _plain(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in map(_name, given[:MOST_NAMES]) if name)


def key(arrived: Arrived, mail: Mail) -> str:
    """What makes a mail that comes twice the same mail.

    A mail is sent again with other trace headers, so only its Message-ID, sender, date and body
    count. The body is part of it, so that nobody can have a mail swallowed by sending its
    Message-ID first. Without an id and a date, the same words some minutes later are a new mail.
    """
    _, _, body = arrived.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    sent = mail.sent_at.isoformat() if mail.sent_at else ""
    if not mail.message_id and not sent:
        sent = str(int(arrived.at.timestamp()) // SAME_FOR)
    parts = (mail.message_id, mail.sender.lower(), sent, mail.subject)
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "replace") + b"\x00" + body.strip())
    return digest.hexdigest()


_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)


def findings(mail: Mail, trusted: tuple[str, ...]) -> dict[str, str]:
    """What a server that we trust (by its authserv-id) has found of SPF, DKIM and DMARC.

    Only the topmost of its lines counts: servers put theirs above whatever the sender wrote.
    """
    for authserv, said in mail.authentication:
        if authserv.lower() in trusted:
            found: dict[str, str] = {}
            for method, result in _RESULT.findall(said):
                name = method.lower()
                # One signature that holds is enough, in whatever order they stand.
                if found.get(name) != "pass":
                    found[name] = result.lower()
            return found
    return {}
