"""A mail as bytes, read into what the doors act on. Whatever the bytes are, it is a mail."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.utils import parseaddr

from redphone.channels.mail.incoming import Kind, Mail


def receive(raw: bytes) -> Mail:
    """Read one mail. It never raises: what could not be read is said in `unreadable`."""
    mime = message_from_bytes(raw, policy=policy.compat32)
    name, address = parseaddr(str(mime.get("From", "")))
    payload = mime.get_payload(decode=True)
    text = payload.decode(errors="replace") if isinstance(payload, bytes) else ""
    return Mail(
        kind=Kind.HUMAN,
        why="Nothing says that a machine wrote it.",
        sender=address,
        sender_name=name,
        reply_to="",
        to=(),
        subject=str(mime.get("Subject", "")),
        message_id=str(mime.get("Message-ID", "")),
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
        unreadable="",
        defects=(),
        hops=0,
        is_list=False,
    )
