"""Mails as tests write them, and how they are handed to the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from redphone.actions import mail
from redphone.actions.mail import Outcome
from redphone.channels.mail.arrived import Arrived
from redphone.channels.mail.fake import FakeMail

WORDS = "Nobody here can reach the dashboard, every page says error 502."


def letter(
    sender: str,
    subject: str = "The dashboard is down",
    words: str = WORDS,
    *,
    to: str = "urgent@ourcompany.com",
    at: datetime | None = None,
    answers: str = "",
    **headers: str,
) -> EmailMessage:
    """A mail. `answers` is the Message-ID that it replies to; headers in snake case."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Message-ID"] = make_msgid(domain="customer.example")
    if at is not None:
        made["Date"] = format_datetime(at)
    if answers:
        made["In-Reply-To"] = made["References"] = answers
    for name, value in headers.items():
        del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content(words)
    return made


def bounce(of: str, address: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A delivery status notification (RFC 3464) for our mail `of`, sent to `address`."""
    code = "550" if status.startswith("5") else "452"
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>
To: desk@redphone.example
Subject: Undelivered Mail Returned to Sender
Message-ID: {make_msgid(domain="mx.customer.example")}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I could not deliver your mail to {address}: user unknown.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {code} {status} <{address}>: Recipient address rejected: User unknown

--B
Content-Type: text/rfc822-headers

From: desk@redphone.example
To: {address}
Subject: Your case
Message-ID: {of}

--B--
""".encode()


@dataclass
class Post:
    """Hands mails to the desk, and sends the desk's own by a fake that keeps them."""

    at: datetime
    room: FakeMail = field(default_factory=FakeMail)

    def bring(
        self,
        made: EmailMessage | bytes,
        *,
        after: timedelta = timedelta(),
        door: str = "smtp",
        to: Iterable[str] = (),
        **notes: str,
    ) -> Outcome:
        """Take one mail in; `notes` are what the door found (`dmarc="fail"`)."""
        raw = made if isinstance(made, bytes) else made.as_bytes()
        self.at += after
        envelope = Arrived(raw=b"", door=door, at=self.at, recipients=tuple(to), notes=notes)
        return mail.take_mail(raw, envelope)

    def send(self) -> None:
        """Send what the desk has to say."""
        from redphone.actions import deliveries

        self.at += timedelta(seconds=1)
        deliveries.send_waiting(channel=lambda: self.room, now=lambda: self.at)

    def ids(self, address: str, purpose: str = "") -> list[str]:
        """The Message-IDs of what was sent to an address."""
        from redphone.records.models import Delivery

        rows = Delivery.objects.filter(address=address).exclude(message_id="").order_by("pk")
        rows = rows.filter(purpose=purpose) if purpose else rows
        return list(rows.values_list("message_id", flat=True))
