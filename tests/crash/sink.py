"""A mail server that takes everything and counts, by Message-ID."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from functools import cached_property

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.crash.desk import free_port


@dataclass(frozen=True)
class Mail:
    """What is worth counting of one mail; `at` is when it was taken, by the monotonic clock.

    Its headers are read when somebody asks: a sink must not be what a measurement measures.
    """

    to: str
    at: float
    head: bytes

    @property
    def id(self) -> str:
        return str(self._headers["Message-ID"]).strip()

    @property
    def ref(self) -> str:
        return str(self._headers["X-Redphone-Ref"])

    @property
    def subject(self) -> str:
        return str(self._headers["Subject"])

    @cached_property
    def _headers(self) -> EmailMessage:
        return BytesHeaderParser(policy=default).parsebytes(self.head)


@dataclass
class Sink:
    """Mails in the order in which they were taken. It is the one process that nobody kills."""

    port: int
    mails: list[Mail] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        head = content.partition(b"\r\n\r\n")[0]
        for address in envelope.rcpt_tos:
            self.mails.append(Mail(address, time.monotonic(), head))
        return "250 taken"

    def times(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(mail.id for mail in list(self.mails))


@contextmanager
def a_sink() -> Iterator[Sink]:
    # Its every step is of no interest here.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    sink = Sink(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
