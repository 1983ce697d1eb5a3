"""What a mail that came in says, once read: values that the doors act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from redphone.core.report import Attached


class Kind(StrEnum):
    """Who or what wrote a mail, as far as its signs tell.

    `FEEDBACK` is a complaint by a mailbox's owner, passed on in ARF (RFC 5965). A notice that a
    mail is late is a `BOUNCE` whose `is_final` is False.
    """

    HUMAN = "human"
    MACHINE = "machine"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One address that a mail of ours didn't reach.

    `status` is an enhanced status code (RFC 3463, "5.1.1") and `reply_code` what the server
    answered ("550"); "" where the notice gives none. `reason` is one word, `userunknown` or
    `mailboxfull` for instance: `redphone.channels.mail.bounce_reason` has them all. `is_hard`:
    another try at this address is in vain. `is_final`: the mail is not tried again.
    """

    address: str
    status: str
    reply_code: str
    reason: str
    is_hard: bool
    is_final: bool
    detail: str
    original_message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, read. Nothing in it is a fact but that it came: a sender can write anything.

    `why` says in one sentence which sign made it this kind. Addresses and ids are "" where they
    are missing. `to` holds every address that it was for (To, Cc, Delivered-To and the like).
    `references` are oldest first. `case_refs` are case and incident numbers that it names, the
    surest first. `is_ours` says only that it carries the marks of our own letters.

    `words` is what the person wrote now; `text` has the quoted history too; `html` is cleaned and
    loads nothing. `authentication` are the results that servers on the way wrote down, as pairs
    of the server's own name and its line: the door decides whom it trusts. `unreadable` says for
    a responder why the words may be incomplete, "" if all could be read. `defects` are the
    smaller oddities. `hops` counts the servers that wrote a Received line.
    """

    kind: Kind
    why: str
    sender: str
    sender_name: str
    reply_to: str
    to: tuple[str, ...]
    subject: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    case_refs: tuple[str, ...]
    is_ours: bool
    sent_at: datetime | None
    words: str
    text: str
    html: str
    files: tuple[Attached, ...]
    bounces: tuple[Bounce, ...]
    authentication: tuple[tuple[str, str], ...]
    unreadable: str
    defects: tuple[str, ...]
    hops: int
    is_list: bool
