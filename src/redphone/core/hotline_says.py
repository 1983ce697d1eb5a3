"""What somebody on the line hears next: one value each, before it is the provider's markup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Greet:
    """Whom they have reached, that their call is on record, and the menu. `case` may be ""."""

    company: str
    case: str
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskWords:
    """Neither a key nor words were understood: they are recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPin:
    """Whose case is it? `turn` counts from 1."""

    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One of the desk's people is dialled. `number` is theirs, `shown` what their phone shows."""

    leg: int
    person: int
    number: str
    shown: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper:
    """What the person who picked up hears before the caller does: what it is, whose plan."""

    about: str
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The two lines are joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo:
    """The person who picked up does not take it: their line ends, and the next is dialled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeMessage:
    """Nobody took it: a message is recorded. `within` is the promise, "" when it has passed."""

    within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thank:
    """The message is kept, and they will be called back."""

    within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """They have spoken to somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nobody is listening: the provider only told us something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetBy:
    """The desk can't look anything up: another number is dialled, or a message is recorded."""

    number: str


Says = (
    Greet
    | AskWords
    | AskPin
    | Ring
    | Whisper
    | Join
    | LetGo
    | TakeMessage
    | Thank
    | Goodbye
    | Nothing
    | GetBy
)
