"""What stands in a mail, as the desk reads it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from redphone.core.report import Attached


class Kind(StrEnum):
    """Who wrote a mail. FEEDBACK is an abuse report (ARF); a delayed-delivery notice is a BOUNCE
    that is not final."""

    HUMAN = "human"
    MACHINE = "machine"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One receiver that a mail did not reach. `status` is the enhanced code ("5.1.1") and
    `reply_code` the SMTP one ("550"), "" where none was said; `reason` is one word."""

    address: str
    status: str = ""
    reply_code: str = ""
    reason: str = ""
    is_hard: bool = False
    is_final: bool = False
    detail: str = ""
    original_message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail, read. `why` says by which sign it is of its kind; "" stands for what is missing.

    `words` are the new words only and `text` all of it, history included; `html` is cleaned.
    `references` are oldest first. `authentication` are (authserv-id, results) from the top.
    `unreadable` says, in words for a responder, why nothing could be read.
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
