"""One line for all messages: each goes by the channel that it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from redphone.channels.switchboard import Switchboard
from redphone.core.message import Message, Outcome, Sent


@dataclass
class Wire:
    """A channel that keeps what it was given, and counts how often it was opened."""

    opened: int = 0
    closed: int = 0
    took: list[str] = field(default_factory=list)

    def __call__(self) -> Self:
        return self

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closed += 1

    def send(self, message: Message) -> Outcome:
        self.took.append(message.key)
        return Outcome(sent=Sent.TAKEN, provider="wire")


def message(key: str, channel: str) -> Message:
    return Message(key=key, to="ana", subject="s", lines=(), thread="INC-1", channel=channel)


def test_each_message_goes_by_the_channel_that_it_names() -> None:
    mail, voice = Wire(), Wire()

    with Switchboard({"mail": mail, "voice": voice}) as board:
        board.send(message("1", "voice"))
        board.send(message("2", "mail"))
        board.send(message("3", "voice"))

    assert (mail.took, voice.took) == (["2"], ["1", "3"])


def test_a_channel_is_opened_once_and_only_when_it_is_needed() -> None:
    mail, voice = Wire(), Wire()

    with Switchboard({"mail": mail, "voice": voice}) as board:
        board.send(message("1", "mail"))
        board.send(message("2", "mail"))

    assert (mail.opened, mail.closed) == (1, 1)
    assert (voice.opened, voice.closed) == (0, 0)


def test_a_channel_that_the_desk_lacks_is_said_to_lack_and_not_to_refuse() -> None:
    with Switchboard({}) as board:
        outcome = board.send(message("1", "sms"))

    assert outcome.sent is Sent.NO_LINE
    assert "sms" in outcome.detail
