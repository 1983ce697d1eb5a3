"""What the people on the line do in a call that is played: the caller, and whoever is rung."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What somebody does when asked: keys, or words; neither is waiting. Or they hang up."""

    digits: str = ""
    speech: str = ""
    hangs_up: bool = False


WAITS = Input()
HANGS_UP = Input(hangs_up=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """What becomes of a telephone that is rung.

    `status` is `answered`, `busy`, `no-answer` or `failed`; who picks up does `does` when asked.
    The caller may hang up meanwhile.
    """

    status: str = "no-answer"
    does: Input = WAITS
    caller_hangs_up: bool = False


TAKES = Pickup(status="answered", does=Input(digits="1"))
VOICEMAIL_BOX = Pickup(status="answered")
"""It picks up like a person, and presses nothing."""
BUSY = Pickup(status="busy")
NO_ANSWER = Pickup()


class Script(Protocol):
    """What the people on the line do."""

    def asked(self, words: str) -> Input: ...

    def recorded(self) -> Input: ...

    def rung(self, number: str) -> Pickup: ...


@dataclass
class Lines:
    """A script that was written before: answers to menus, what is recorded, what phones do."""

    answers: Iterable[Input] = ()
    recordings: Iterable[Input] = ()
    phones: Iterable[Pickup] | dict[str, Pickup] = ()

    def __post_init__(self) -> None:
        self._answers, self._recordings = iter(self.answers), iter(self.recordings)
        named = isinstance(self.phones, dict)
        self._phones: Iterator[Pickup] = iter(()) if named else iter(self.phones)  # type: ignore[arg-type]

    def asked(self, words: str) -> Input:
        return next(self._answers, WAITS)

    def recorded(self) -> Input:
        return next(self._recordings, WAITS)

    def rung(self, number: str) -> Pickup:
        if isinstance(self.phones, dict):
            return self.phones.get(number, NO_ANSWER)
        return next(self._phones, NO_ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Something on the line, for a transcript: who hears or does it, and what."""

    who: str
    what: str
