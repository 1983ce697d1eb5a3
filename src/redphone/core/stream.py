"""What every stream is made of: entries in their order, and the two refusals they share.

A stream is one case or one incident. A verb looks at its state and gives back entries; the state
is what remains when they are applied one after the other. Nothing else changes a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CLOCK = "clock"
"""The actor of what the clock loop does."""

SYSTEM = "system"
"""The actor of what the desk itself does when it takes a report in."""


class DeskError(Exception):
    """Something that the desk refuses. The docstring of each kind is what the person reads."""

    def __init__(self, *details: str) -> None:
        said = " ".join(line.strip() for line in (type(self).__doc__ or "").splitlines() if line)
        super().__init__(" ".join([said, *details]).strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened in a stream.

    `at` is when it happened; when it was written is the ledger's affair. `data` holds only what
    JSON can, and no personal data: people are named by their id (`person:7`). `words` are what a
    person wrote; the ledger keeps them beside the entry, where they can be erased.
    """

    kind: str
    at: datetime
    actor: str
    data: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That a clock was warned of or missed: its key, the clause, and when it was due."""

    clock: str
    clause: str
    due_at: datetime


def is_person(actor: str) -> bool:
    """Whether a human being did it: the desk itself can open and count, but not answer."""
    return actor.startswith("person:")


def moment(text: str) -> datetime:
    """A moment out of an entry's data, as `stamp` wrote it."""
    return datetime.fromisoformat(text)


def stamp(at: datetime) -> str:
    """A moment as entries' data hold it: ISO 8601 with its offset."""
    return at.isoformat()


def without_answered(marks: tuple[Mark, ...], kind: str, ended_at: datetime) -> tuple[Mark, ...]:
    """The misses that stand once it is known that clocks of this kind were ended at `ended_at`.

    An answer may be written down after the clock loop has found it missing. Rules go by when a
    thing happened, so a miss that was not due before the answer falls away. An empty `kind` means
    every kind: the stream itself was over by then.
    """
    prefix = kind and f"{kind}|"
    return tuple(
        mark for mark in marks if not (mark.clock.startswith(prefix) and mark.due_at >= ended_at)
    )
