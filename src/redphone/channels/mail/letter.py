"""A message as a mail: its headers, its plain text, its HTML."""

from __future__ import annotations

import hashlib
import re
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Context, Engine
from django.utils.safestring import SafeString

from redphone.core.message import Message

AUTOMATIC = "auto-generated"
"""RFC 3834: what a machine wrote, so that no answering machine answers it."""

LONGEST_SUBJECT = 150


def letter(
    message: Message, *, sender: str, connection: BaseEmailBackend | None = None
) -> EmailMultiAlternatives:
    """The mail for a message. The same message gives the same Message-ID at every try."""
    mail = EmailMultiAlternatives(
        subject=one_line(message.subject)[:LONGEST_SUBJECT],
        body=_render("message.txt", message),
        from_email=sender,
        to=[message.to],
        reply_to=[one_line(message.reply_to)] if message.reply_to else None,
        headers=_headers(message, sender),
        connection=connection,
    )
    mail.attach_alternative(_render("message.html", message), "text/html")
    return mail


def message_id(key: str, sender: str) -> str:
    """The Message-ID of the delivery with this key, as a mail's header has it.

    A key may hold anything; its hash is safe in a header and gives nothing away.
    """
    domain = parseaddr(sender)[1].rpartition("@")[2] or "redphone.invalid"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def is_address(text: str) -> bool:
    """Whether mail can be addressed so at all: no blanks or line breaks, and something either
    side of the @. What the receiving server thinks of it is its own affair."""
    name, _, domain = text.rpartition("@")
    return bool(name and domain) and text.isprintable() and not re.search(r"\s", text)


def one_line(text: str) -> str:
    """Text without the line breaks and control characters that would make another header."""
    return re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029\s]+", " ", text).strip()


def _headers(message: Message, sender: str) -> dict[str, str]:
    headers = {
        "Message-ID": message_id(message.key, sender),
        "X-Redphone-Ref": one_line(message.thread),
    }
    if message.in_reply_to:
        root = message_id(message.in_reply_to, sender)
        headers |= {"In-Reply-To": root, "References": root}
    if message.is_automatic:
        headers |= {"Auto-Submitted": AUTOMATIC, "X-Auto-Response-Suppress": "All"}
    if message.is_urgent:
        headers |= {"Importance": "high", "X-Priority": "1"}
    return headers


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return Engine(dirs=[str(Path(__file__).parent / "templates")])


def _render(name: str, message: Message) -> str:
    context = Context({"message": message}, autoescape=name.endswith(".html"))
    text: SafeString = _engine().get_template(name).render(context)
    if name.endswith(".txt"):
        # Parts that a message lacks leave empty lines behind.
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    return text
