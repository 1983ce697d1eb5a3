"""Reading a mail: what stands in it, and who wrote it. It never raises, whatever the bytes are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

import nh3
from inscriptis import get_text

from redphone.channels.mail.incoming import Bounce, Kind, Mail
from redphone.channels.mail.letter import one_line
from redphone.core.report import Attached

MOST_PARTS = 200
LONGEST_HEADER = 20_000
MOST_HTML = 500_000
ID = re.compile(r"<[^<>\s]{1,500}>")
REF = re.compile(r"\b(?:RP|INC)-\d{1,12}\b")
QUOTED = re.compile(r"^(?:On .{5,200}wrote:\s*$|-{2,}\s*Original Message|>|From: .+@)", re.M)
AWAY = re.compile(r"out of (?:the )?office|auto(?:matic)?[- ]?reply|autoreply|abwesenheit", re.I)


def receive(raw: bytes) -> Mail:
    """Read one mail.

    Source: FAQ-2.
    """
    try:
        return _read(message_from_bytes(raw, policy=policy.compat32))
    except (Exception, RecursionError) as error:
        text = raw[:20_000].decode("utf-8", "replace")
        why = f"its structure is broken ({type(error).__name__})"
        return Mail(
            kind=Kind.HUMAN,
            why="",
            sender="",
            sender_name="",
            reply_to="",
            to=(),
            subject="",
            message_id="",
            in_reply_to=(),
            references=(),
            case_refs=(),
            is_ours=False,
            sent_at=None,
            words=text,
            text=text,
            html="",
            files=(),
            bounces=(),
            authentication=(),
            unreadable=why,
            defects=(),
            hops=0,
            is_list=False,
        )


def _read(mail: Message) -> Mail:
    parts = list(_parts(mail))
    text, html, files = _contents(parts)
    kind, why = _kind(mail, parts)
    words = QUOTED.split(text, maxsplit=1)[0].strip() or text.strip()
    subject = _header(mail, "Subject")
    refs = REF.findall(f"{_header(mail, 'X-Redphone-Ref')} {subject} {words[:20_000]}")
    ((name, sender),) = _people(mail, "From")[:1] or [("", "")]
    return Mail(
        kind=kind,
        why=why,
        sender=sender,
        sender_name=name,
        reply_to=next((address for _, address in _people(mail, "Reply-To")), ""),
        to=tuple(each for line in ("To", "Cc", "Delivered-To") for _, each in _people(mail, line)),
        subject=subject,
        message_id=next(iter(_ids(mail, "Message-ID")), ""),
        in_reply_to=_ids(mail, "In-Reply-To"),
        references=_ids(mail, "References"),
        case_refs=tuple(dict.fromkeys(refs)),
        is_ours=bool(mail["X-Redphone-Ref"] and mail["Auto-Submitted"]),
        sent_at=_sent(mail),
        words=words,
        text=text,
        html=html,
        files=tuple(files),
        bounces=tuple(_bounces(parts)) if kind is Kind.BOUNCE else (),
        authentication=tuple(_authentication(mail)),
        unreadable="" if text.strip() or files else "there are no words in it",
        defects=(),
        hops=len(mail.get_all("Received") or []),
        is_list=bool(mail["List-Id"]),
    )


def _parts(mail: Message) -> Iterator[Message]:
    waiting = [mail]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        if part.is_multipart():
            waiting = [each for each in part.get_payload() if isinstance(each, Message)] + waiting


def _header(mail: Message, name: str) -> str:
    found = str(mail.get(name) or "")[:LONGEST_HEADER]
    try:
        return one_line(str(make_header(decode_header(found))))
    except (ValueError, LookupError):
        return one_line(found)


def _people(mail: Message, name: str) -> list[tuple[str, str]]:
    raw = [one_line(str(each))[:LONGEST_HEADER] for each in mail.get_all(name) or []]
    found = []
    for shown, address in getaddresses(raw)[:100]:
        try:
            plain = one_line(str(make_header(decode_header(shown))))
        except (ValueError, LookupError):
            plain = one_line(shown)
        if "@" in address:
            found.append((plain, one_line(address).replace(" ", "")))
    return found


def _ids(mail: Message, name: str) -> tuple[str, ...]:
    return tuple(ID.findall(str(mail.get(name) or "")[:LONGEST_HEADER]))


def _sent(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(mail["Date"] or ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _authentication(mail: Message) -> Iterator[tuple[str, str]]:
    for line in mail.get_all("Authentication-Results") or []:
        server, _, results = " ".join(str(line).split()).partition(";")
        yield server.split(" ")[0].strip(), results.strip()


def _contents(parts: list[Message]) -> tuple[str, str, list[Attached]]:
    text, html, files = "", "", []
    for part in parts:
        name, kind = part.get_filename(), part.get_content_type()
        if part.is_multipart() and kind != "message/rfc822":
            continue
        if kind == "text/plain" and not name and not text:
            text = _text(part)
        elif kind == "text/html" and not name and not html:
            html = nh3.clean(_text(part)[:MOST_HTML])
        elif name or not kind.startswith(("text/", "message/")):
            content = part.get_payload(decode=True)
            plain = one_line(str(name or "unnamed")).replace("\\", "/").rpartition("/")[2]
            content = content if isinstance(content, bytes) else b""
            files.append(Attached(name=plain, content_type=kind, content=content))
    return text or (get_text(html) if html else ""), html, files


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    try:
        text = content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\x00", "")


def _kind(mail: Message, parts: list[Message]) -> tuple[Kind, str]:
    """Bounce before auto-reply before human."""
    kinds = {part.get_content_type() for part in parts}
    if "message/feedback-report" in kinds:
        return Kind.FEEDBACK, "It is an abuse report."
    if "message/delivery-status" in kinds:
        return Kind.BOUNCE, "It has a delivery status."
    automatic = str(mail["Auto-Submitted"] or "no").lower()
    if automatic.startswith("auto-replied") or mail["X-Autoreply"]:
        return Kind.AUTO_REPLY, "It says that it was sent by an answering machine."
    if AWAY.search(_header(mail, "Subject")) and mail["In-Reply-To"]:
        return Kind.AUTO_REPLY, "Its subject is an answering machine's."
    precedence = str(mail["Precedence"] or "").lower().strip()
    if not automatic.startswith("no") or precedence in {"bulk", "junk", "list"}:
        return Kind.MACHINE, "It says that a machine has sent it."
    if mail["List-Id"] or mail["List-Unsubscribe"]:
        return Kind.MACHINE, "It came by a list."
    return Kind.HUMAN, ""


def _bounces(parts: list[Message]) -> Iterator[Bounce]:
    whole = "\n".join(
        part.as_string() for part in parts[1:] if "rfc822" in part.get_content_type()
    )
    original = re.findall(r"(?im)^message-id:\s*(<[^<>\s]+>)", whole)
    for part in parts:
        if not part["Final-Recipient"]:
            continue
        status = str(part["Status"] or "").strip()
        said = " ".join(str(part["Diagnostic-Code"] or "").split())
        code = re.search(r"\b[45]\d\d\b", said)
        yield Bounce(
            address=str(part["Final-Recipient"]).rpartition(";")[2].strip().strip("<>"),
            status=status,
            reply_code=code[0] if code else "",
            reason="userunknown" if status.startswith("5.1.") else "",
            is_hard=status.startswith("5.1."),
            is_final=str(part["Action"] or "failed").strip().lower() == "failed",
            detail=said,
            original_message_id=original[-1] if original else "",
        )
