"""Handing mail to an SMTP server, and what its answers mean."""

from __future__ import annotations

import logging
import re
import smtplib
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from redphone.channels.mail.letter import is_address, letter
from redphone.core.message import Message, Outcome, Sent

log = logging.getLogger(__name__)

PERMANENT = 500
"""From this reply code on, the same command will be refused again (RFC 5321)."""

OUR_OWN_FAULT = re.compile(r"53\d|5\d\d[ -]5\.7\.")
"""Replies to an address that are about us: not signed in, or not let through (RFC 3463, 5.7).

They say nothing against the address, and somebody can put them right meanwhile.
"""


class SmtpMail:
    """Mail by Django's own backend; used as a context, its connection serves several messages.

    Not for use by two threads at once: each opens its own.
    """

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    def send(self, message: Message) -> Outcome:
        """Hand one mail over. See `redphone.channels.Channel.send`."""
        if not is_address(message.to):
            return Outcome(sent=Sent.REFUSED, detail="this is no mail address")
        try:
            connection = self._call()
            mail = letter(message, sender=settings.DEFAULT_FROM_EMAIL, connection=connection)
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            return self._refused(error)
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            return Outcome(sent=Sent.TRY_AGAIN, detail=_said(error))
        return Outcome(sent=Sent.TAKEN, provider_id=str(mail.extra_headers["Message-ID"]))

    def _call(self) -> BaseEmailBackend:
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.close()
        except (smtplib.SMTPException, OSError) as error:
            log.debug("the mail server was gone before we took our leave: %s", error)

    def _refused(self, error: smtplib.SMTPRecipientsRefused) -> Outcome:
        """The address itself was answered: for good, or for now (a full mailbox, greylisting)."""
        ((code, said),) = error.recipients.values()
        detail = f"{code} {_text(said)}"
        if code >= PERMANENT and not OUR_OWN_FAULT.match(detail):
            return Outcome(sent=Sent.REFUSED, detail=detail)
        self._hang_up()
        return Outcome(sent=Sent.TRY_AGAIN, detail=detail)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
