"""A mail as a report: its words, how to reach whoever wrote it, and what is known of how it came.

Source: FAQ-2, FAQ-6.
"""

from __future__ import annotations

import re

from redphone.actions.mail_decisions import Decision
from redphone.actions.reports import Incoming
from redphone.channels.mail.arrived import Arrived, Opened, read
from redphone.channels.mail.incoming import Kind, Mail
from redphone.records.chain import storable
from redphone.records.models import ReceivedMail

CHANNEL = "email"
CONTENT_TYPE = "message/rfc822"
MOST_WORDS = 50_000
CUT = "\n\n(The rest is cut here. The whole mail is kept: download it and look.)"
REPLIES = re.compile(r"^(?:\s*(?:re|aw|sv|fw|fwd|wg|tr|rv)\s*:)+\s*", re.IGNORECASE)


KINDS = {
    Kind.HUMAN: "a person's mail",
    Kind.MACHINE: "a machine's mail",
    Kind.AUTO_REPLY: "an answering machine's",
    Kind.BOUNCE: "a bounce",
    Kind.FEEDBACK: "an abuse report",
}


def incoming(opened: Opened, what: Decision) -> Incoming:
    """The report that a mail is, when it opens a case.

    A machine's address is written so that nothing is sent to it: a receipt would be answered by
    nobody, or by another machine.
    """
    mail, arrived = opened.mail, opened.arrived
    return Incoming(
        channel=CHANNEL,
        received_at=arrived.at,
        raw=arrived.raw,
        content_type=CONTENT_TYPE,
        description=said(mail),
        contact=_contact(mail, is_quiet=what.quiet),
        sender=None if what.quiet else what.sender.person,
        customer=what.customer,
        join_key=f"mail:{mail.sender.lower()}" if what.gathered else None,
        idempotency=(CHANNEL, opened.key),
        notes=notes(opened, what),
        files=mail.files,
    )


def said(mail: Mail) -> str:
    """The subject, and the words below it.

    The subject of an answer to a mail of ours is our own: it comes last, and titles no case.
    """
    typed = " ".join(mail.subject.split())
    subject, words = REPLIES.sub("", typed), added_words(mail)
    is_ours = subject != typed and any(ref in subject.upper() for ref in mail.case_refs)
    parts = (words, subject) if is_ours else (subject, words)
    return "\n\n".join(part for part in parts if part)


def added_words(mail: Mail) -> str:
    """The new words of a mail, as far as they go into a timeline."""
    words = (mail.words or mail.text).strip()
    return words if len(words) <= MOST_WORDS else words[:MOST_WORDS] + CUT


def _contact(mail: Mail, *, is_quiet: bool) -> str:
    address = _answers_to(mail)
    return address.replace("@", " at ") + " (gets no receipt)" if is_quiet and address else address


def _answers_to(mail: Mail) -> str:
    """Where an answer goes. Another one's domain in Reply-To would send our mail to strangers."""
    if mail.reply_to and _domain(mail.reply_to) == _domain(mail.sender):
        return mail.reply_to
    return mail.sender or mail.reply_to


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def notes(opened: Opened, what: Decision) -> dict[str, str]:
    """How it came, for responders' eyes: names as the case's page shows them."""
    mail, arrived = opened.mail, opened.arrived
    claims = " (only a claim: it is not proven)" if what.is_doubtful else ""
    told = {
        "unreadable": mail.unreadable,
        "from": _named(mail),
        "sender": f"{mail.sender}{claims}" if claims else "",
        "reply_to": mail.reply_to if mail.reply_to.lower() != mail.sender.lower() else "",
        "to": ", ".join((arrived.recipients or mail.to)[:10]),
        "sent": mail.sent_at.isoformat() if mail.sent_at else "",
        "kind": f"{KINDS[mail.kind]}: {mail.why}" if mail.why else KINDS[mail.kind],
        "twin": what.about,
        "placed": what.why,
        "escalation": "yes" if what.escalated else "",
        "receipt": "none is sent" if what.quiet else "",
        "door": arrived.door,
        **{name: value for name, value in arrived.notes.items() if name not in _OURS},
    }
    return {name: storable(value)[:1000] for name, value in told.items() if value}


_OURS = frozenset({"unreadable", "from", "twin", "placed", "escalation", "receipt", "sender"})


def _named(mail: Mail) -> str:
    return f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender


def arrived(row: ReceivedMail) -> Arrived:
    """A kept mail as it arrived, to be read again."""
    raw = bytes(row.raw) or (bytes(row.report.raw) if row.report else b"")
    return Arrived(
        raw=raw,
        door=row.door,
        at=row.received_at,
        mail_from=row.mail_from,
        recipients=tuple(row.recipients),
        notes=row.notes,
    )


def reread(row: ReceivedMail) -> Mail:
    """What stands in a kept mail, read afresh: a later version may read it better."""
    return read(arrived(row)).mail
