"""What a mail that came in says, once it has been read: values, and nothing that can fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from redphone.core.report import Attached


class Kind(StrEnum):
    """Who speaks: a person, a program, a program that answers for a person, or a mail server.

    FEEDBACK is a complaint about a mail of ours (ARF, RFC 5965).
    """

    HUMAN = "human"
    MACHINE = "machine"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One receiver that a mail did not reach, or not yet.

    `status` is the enhanced code (RFC 3463) and `reply_code` the SMTP reply, "" where none was
    given. `reason` is a word of the list in `bounce_reasons`. `is_hard` says that the address
    takes no mail at all; `is_final` that the server has given up, whatever the reason.
    `original_message_id` is the mail that bounced.
    """

    address: str
    status: str = ""
    reply_code: str = ""
    reason: str = "undefined"
    is_hard: bool = False
    is_final: bool = True
    detail: str = ""
    original_message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail, read as far as it can be. Nothing in it is proven: every word is the sender's.

    `why` is the sign that made it this kind. `to` are all whom it names as receivers, and where
    it was delivered. `references` are ids with their angle brackets, oldest first. `case_refs`
    are the cases and incidents that it names. `is_ours` says that it carries the marks of our own
    letters; whether we sent it, rows decide. `words` are what was written now, `text` with all
    that was quoted; `html` is clean and loads nothing. `authentication` are the lines that servers
    on its way have written about it: (who says so, what). `unreadable` says why no words were
    found, "" when some were. `hops` counts the servers that it went through.
    """

    kind: Kind
    why: str = ""
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    case_refs: tuple[str, ...] = ()
    is_ours: bool = False
    sent_at: datetime | None = None
    words: str = ""
    text: str = ""
    html: str = ""
    files: tuple[Attached, ...] = ()
    bounces: tuple[Bounce, ...] = ()
    authentication: tuple[tuple[str, str], ...] = ()
    unreadable: str = ""
    defects: tuple[str, ...] = ()
    hops: int = 0
    is_list: bool = False
