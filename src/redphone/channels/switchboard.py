"""One line for all messages: each goes to the channel that it names.

A channel is opened when its first message comes, and kept until the switchboard is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from redphone.channels import Channel
from redphone.core.message import Message, Outcome, Sent


class Switchboard:
    """The channels of this desk by name: "mail", "voice", "sms", "push", "app"."""

    def __init__(self, lines: Mapping[str, Callable[[], Channel]]) -> None:
        self._lines = lines
        self._opened: dict[str, Channel] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.clear()
        self._stack.close()

    def send(self, message: Message) -> Outcome:
        """Hand one message to its channel. NO_LINE when the desk has none of that name."""
        make = self._lines.get(message.channel)
        if make is None:
            detail = f"this desk has no way to send by {message.channel}"
            return Outcome(sent=Sent.NO_LINE, detail=detail)
        if message.channel not in self._opened:
            self._opened[message.channel] = self._stack.enter_context(make())
        return self._opened[message.channel].send(message)
