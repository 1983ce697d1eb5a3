"""A mail as it came, read: who, what about, which new words, what kind. It never fails.

Bounce before answering machine before person: a bounce that was taken for a person would open a
case with a mail server, and one that was taken for an answering machine would be lost.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

from redphone.channels.mail import automatic, html
from redphone.channels.mail.bounce import bounces, is_bounce
from redphone.channels.mail.charset import words as decoded
from redphone.channels.mail.incoming import Kind, Mail
from redphone.channels.mail.mime import Taken, take_apart
from redphone.channels.mail.quoted import new_words

MOST_IDS = 100
MOST_RECEIVERS = 200

_ID = re.compile(r"<[^<>\s]{1,500}>")
_BARE_ID = re.compile(r"[^\s<>\"']{1,250}@[^\s<>\"']{1,250}")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]\\]{1,120}@[^\s<>\"'(),:;\[\]\\]{1,200}")
_REF = re.compile(r"\b(?:RP|INC)-\d{1,12}\b", re.IGNORECASE)
_TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to", "apparently-to")
_NOTHING = "No words could be read in this mail."


def receive(raw: bytes) -> Mail:
    """Read a mail. Whatever cannot be read in it is named, and never raised."""
    try:
        return _read(raw)
    except Exception as error:  # A mail that breaks this reader is a case, like any other.
        text = decoded(raw[:20_000], None)
        why = f"The mail could not be read ({type(error).__name__}). The raw mail is kept."
        return Mail(kind=Kind.HUMAN, why=why, words=text, text=text, unreadable=why)


def _read(raw: bytes) -> Mail:
    taken = take_apart(raw)
    name, sender = _sender(taken)
    kind, why = _kind(taken, sender)
    text, marked = _text(taken)
    words = new_words(marked)
    subject = taken.first("subject")
    unreadable = "" if words or taken.files or subject else _NOTHING
    return Mail(
        kind=kind,
        why=why,
        sender=sender,
        sender_name=name,
        reply_to=_addresses(taken, "reply-to")[0][1] if _addresses(taken, "reply-to") else "",
        to=tuple(dict.fromkeys(a for _, a in _addresses(taken, *_TO)))[:MOST_RECEIVERS],
        subject=subject,
        message_id=next(iter(_ids(taken, "message-id")), ""),
        in_reply_to=_ids(taken, "in-reply-to"),
        references=_ids(taken, "references"),
        case_refs=_refs(taken, subject, words),
        is_ours=taken.has("x-redphone-ref") and taken.has("auto-submitted"),
        sent_at=_date(taken),
        words=words,
        text=text,
        html=html.clean("\n".join(taken.html)) if taken.html else "",
        files=tuple(taken.files),
        bounces=bounces(taken) if kind is Kind.BOUNCE else (),
        authentication=_authentication(taken),
        unreadable=unreadable,
        defects=tuple(taken.defects),
        hops=len(taken.all("received")),
        is_list=automatic.is_list(taken),
    )


def _kind(taken: Taken, sender: str) -> tuple[Kind, str]:
    if sign := automatic.is_feedback(taken):
        return Kind.FEEDBACK, sign
    if sign := is_bounce(taken):
        return Kind.BOUNCE, sign
    if sign := automatic.answers_by_itself(taken):
        return Kind.AUTO_REPLY, sign
    if sign := automatic.is_machine(taken, sender):
        return Kind.MACHINE, sign
    return Kind.HUMAN, "Nothing in it says that a program wrote it."


def _text(taken: Taken) -> tuple[str, str]:
    """The whole text for people; and the same with a mark where the HTML begins its history."""
    plain = "\n\n".join(part.strip("\n") for part in taken.plain if part.strip())
    if plain.strip():
        return plain, plain
    marked = "\n\n".join(html.words(part) for part in taken.html)
    return marked.replace(html.QUOTE_MARK, "").strip(), marked


def _sender(taken: Taken) -> tuple[str, str]:
    """The name and the address in From; of Sender or the envelope when there is none."""
    for header in ("from", "sender", "reply-to", "return-path", "x-envelope-from"):
        found = [(name, address) for name, address in _addresses(taken, header) if address]
        if found:
            return found[0]
    return taken.first("from"), ""


def _addresses(taken: Taken, *headers: str) -> list[tuple[str, str]]:
    """Names and addresses (in small letters) of some headers, as far as they can be made out."""
    values = [value for header in headers for value in taken.all(header)]
    found = [
        (name.strip(), address.strip().lower())
        for name, address in getaddresses(values)
        if _ADDRESS.fullmatch(address.strip())
    ]
    if not found:
        found = [("", match.lower()) for value in values for match in _ADDRESS.findall(value)]
    return found


def _ids(taken: Taken, header: str) -> tuple[str, ...]:
    text = " ".join(taken.all(header))
    found = _ID.findall(text) or [f"<{bare}>" for bare in _BARE_ID.findall(text)]
    return tuple(dict.fromkeys(found))[-MOST_IDS:]


def _refs(taken: Taken, subject: str, words: str) -> tuple[str, ...]:
    texts = [*taken.all("x-redphone-ref"), subject, words[:20_000]]
    return tuple(dict.fromkeys(ref.upper() for text in texts for ref in _REF.findall(text)))[:20]


def _date(taken: Taken) -> datetime | None:
    try:
        found = parsedate_to_datetime(taken.first("date"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _authentication(taken: Taken) -> tuple[tuple[str, str], ...]:
    lines = [line.partition(";") for line in taken.all("authentication-results")[:20]]
    return tuple((server.split(" ")[0].lower(), said.strip()) for server, _, said in lines)
