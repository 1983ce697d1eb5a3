"""Mail that goes nowhere: for tests and for the simulation. It keeps the channel's contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message as Mime
from types import TracebackType
from typing import Self

from redphone.channels.mail.letter import is_address, letter
from redphone.core.message import Message, Outcome, Sent

SENDER = "Redphone <desk@redphone.example>"


@dataclass
class FakeMail:
    """Keeps what it was handed. Addresses in `refused` take no mail, those in `busy` none now.

    `is_down` is a mail server that does not answer at all.
    """

    refused: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    is_down: bool = False
    messages: list[Message] = field(default_factory=list)
    mails: list[Mime] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def send(self, message: Message) -> Outcome:
        """Take one mail, unless it was told otherwise. See `redphone.channels.Channel.send`."""
        if self.is_down:
            return Outcome(sent=Sent.TRY_AGAIN, detail="no answer")
        if message.to in self.busy:
            return Outcome(sent=Sent.TRY_AGAIN, detail="450 busy")
        if message.to in self.refused:
            return Outcome(sent=Sent.REFUSED, detail="550 no such mailbox")
        if not is_address(message.to):
            return Outcome(sent=Sent.REFUSED, detail="this is no mail address")
        mail = letter(message, sender=SENDER)
        self.mails.append(mail.message())
        self.messages.append(message)
        return Outcome(sent=Sent.TAKEN, provider_id=str(mail.extra_headers["Message-ID"]))
