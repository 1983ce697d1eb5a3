"""What a message says, before it is addressed and given to a channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a message says, before it is addressed.

    `short` is for an SMS or a push, `spoken` for a call; "" and () take the subject and the lines.
    """

    subject: str
    lines: tuple[str, ...]
    quote: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None
    footer: str = ""
    is_urgent: bool = False
    is_automatic: bool = True
    short: str = ""
    spoken: tuple[str, ...] = ()
