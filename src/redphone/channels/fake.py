"""Telephones that ring nowhere: for tests, for the simulation and for trying a rule out.

Each number behaves as it was told to. The lines keep the channel's contract; what comes back later
(that it arrived, that it did not, a key that was pressed) is asked for by `comes_back`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

from redphone.core.message import Message, Outcome, Sent

PROVIDER = "nowhere"
CONFIRMED_WITHIN = timedelta(seconds=45)
"""How long these lines ask to wait for a confirmation."""


class Does(StrEnum):
    """What a telephone does when it is called.

    RINGS is confirmed and nobody answers; ANSWERS also presses a key after 20 seconds; OFF fails
    and DEAD fails for good, as the provider tells a little later; MUTE is taken with a 200 and
    nothing ever comes of it; LATE is confirmed long after it should have been; BUSY is not taken
    now, GONE never.
    """

    RINGS = "rings"
    ANSWERS = "answers"
    OFF = "off"
    DEAD = "dead"
    MUTE = "mute"
    LATE = "late"
    BUSY = "busy"
    GONE = "gone"


class What(StrEnum):
    """What comes back of a message: it arrived, it failed, for good or not, or was answered."""

    ARRIVED = "arrived"
    FAILED = "failed"
    DIED = "died"
    ANSWERED = "answered"


_BACK: dict[Does, tuple[tuple[float, What], ...]] = {
    Does.RINGS: ((1, What.ARRIVED),),
    Does.ANSWERS: ((1, What.ARRIVED), (20, What.ANSWERED)),
    Does.OFF: ((5, What.FAILED),),
    Does.DEAD: ((2, What.DIED),),
    Does.LATE: ((CONFIRMED_WITHIN.total_seconds() + 30, What.ARRIVED),),
}


def comes_back(does: Does) -> Iterator[tuple[timedelta, What]]:
    """What is told of a message to such a telephone, each so long after it was taken."""
    for seconds, what in _BACK.get(does, ()):
        yield timedelta(seconds=seconds), what


@dataclass
class Telephones:
    """All numbers: what each does, what it was sent, and the calls that were ended."""

    does: dict[str, Does] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def line(self, channel: str) -> Callable[[], Line]:
        """How one channel to them is opened."""
        return lambda: Line(self, channel)

    def to(self, address: str) -> list[Message]:
        return [message for message in self.messages if message.to == address]

    def is_of(self, address: str) -> Does:
        return self.does.get(address, Does.RINGS)


@dataclass
class Line:
    """One channel to the telephones. See `redphone.channels.Channel`."""

    telephones: Telephones
    channel: str

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
        """Take one message, unless its telephone does otherwise."""
        does = self.telephones.is_of(message.to)
        if does is Does.BUSY:
            return Outcome(sent=Sent.TRY_AGAIN, detail="429 too many requests", provider=PROVIDER)
        if does is Does.GONE:
            return Outcome(sent=Sent.REFUSED, detail="no such number", provider=PROVIDER)
        self.telephones.messages.append(message)
        return Outcome(
            sent=Sent.TAKEN,
            provider=PROVIDER,
            provider_id=f"{self.channel}/{message.key}",
            receipt_within=CONFIRMED_WITHIN,
        )

    def hang_up(self, *, provider: str, provider_id: str) -> bool:
        """End a call. See `redphone.channels.Rings`."""
        self.telephones.ended.append(provider_id)
        return True
