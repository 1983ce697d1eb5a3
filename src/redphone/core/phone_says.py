"""What somebody hears who was rung by the desk, before it is put into a provider's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is, and the keys. `count` is how many incidents it speaks for.

    `act` is what key 1 does, as a sentence says it; `can_pass` whether key 3 says no.
    """

    words: tuple[str, ...]
    count: int = 1
    act: str = "take it"
    can_pass: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """They have it: these `incidents`. `others` need not come; `left` are those that still ring.

    `is_new` is whether this very key has taken it. `done` says what it did, in one sentence,
    where that is something else.
    """

    incidents: tuple[str, ...]
    others: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    is_new: bool = True
    done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Nothing is asked of them any more: `by` has it, or it has ended or grown too old (None)."""

    incident: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """They will not come. `names` are called now; none: there is nobody after them."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Words that ask for nothing."""

    words: tuple[str, ...]


Says = Ask | Took | Over | Passed | Tell
"""Whatever is said to whoever picked up."""
