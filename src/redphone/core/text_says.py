"""What a person means by an SMS to the desk: a few words that are commands, and nothing clever."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Meant(StrEnum):
    """What a colleague's SMS asks for."""

    TAKE = "take"
    PASS = "pass"
    STOP = "stop"
    START = "start"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`incident` is the one that was named, "" for whichever rings; `is_all` for all that ring."""

    meant: Meant
    incident: str = ""
    is_all: bool = False


STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"})
"""Words that carriers and providers take for "no more": only as the whole SMS."""

START = frozenset({"start", "unstop"})
TAKE = frozenset(
    {"1", "a", "ack", "acknowledge", "yes", "y", "take", "taken", "mine", "ok", "got"}
)
PASS = frozenset({"3", "no", "n", "pass", "not"})
ALL = frozenset({"all", "4"})
MOST_WORDS = 4
"""A longer SMS is a sentence, and no command."""

_INCIDENT = re.compile(r"(?:inc-?)?([0-9]{1,9})")


def read(body: str) -> Said:
    """What the words ask for. A quoted page below an answer is not looked at."""
    line = next(iter(body.strip().splitlines()), "")
    words = re.findall(r"[a-z0-9-]+", line.lower())
    if len(words) == 1 and words[0] in STOP | START:
        return Said(meant=Meant.STOP if words[0] in STOP else Meant.START)
    if not words or len(words) > MOST_WORDS:
        return Said(meant=Meant.UNCLEAR)
    if words[0] in ALL:
        return Said(meant=Meant.TAKE, is_all=True)
    if words[0] in TAKE | PASS:
        meant = Meant.TAKE if words[0] in TAKE else Meant.PASS
        rest = words[1:]
        return Said(meant=meant, incident=_named(rest), is_all=bool(ALL & set(rest)))
    whole = "".join(words)
    if whole.startswith("inc") and (named := _named([whole])):
        return Said(meant=Meant.TAKE, incident=named)
    return Said(meant=Meant.UNCLEAR)


def _named(words: list[str]) -> str:
    """ "INC-104", however it was typed: `inc-104`, `inc 104`, `104`; "" when none is named."""
    found = _INCIDENT.fullmatch("".join(word for word in words if word not in {"it", "all", "4"}))
    return f"INC-{int(found[1])}" if found else ""
