"""Looking for telling values near the top of a body whose form is not known.

Names are compared without case and punctuation: `alertName`, `alert_name`, `ALERT-NAME` are one.
What stands nearer to the top wins over what lies deeper. Lists are not looked into: their items
are things of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

DEEPEST = 4
MOST_LOOKED_AT = 600
MOST_NAMES = 200

_PUNCTUATION = re.compile(r"[\W_]+")

ASIDE = frozenset((
    "user", "author", "actor", "assignee", "from", "chat", "sender", "organization", "account",
    "integration", "installation", "owner", "team", "creator", "agent", "receiver", "webhook",
    "configuration", "builder", "previous", "old", "checkparams", "replayinfo", "sdk", "geo",
))  # fmt: skip
"""Objects that tell of people and set-ups, not of the trouble."""

SHOWN = ("attachments", "embeds", "sections")
"""Lists whose first item is what a chat would show: its title and text are the message's own."""

NAMED = ("id", "name", "title", "status", "state", "url", "link", "summary")
"""Values that are also found by the name of what they belong to: `monitor.id` is a monitor ID."""

CARRIERS = frozenset((
    "", "payload", "data", "alert", "event", "incident", "monitor", "check", "problem", "issue",
    "rule", "detail", "details", "object", "attributes", "essentials", "alarm", "labels",
))  # fmt: skip
"""What may carry the alert itself. Anything else's name or number is not the alert's own."""


class Nearby:
    """The single values of a body, by their plain names, with how deep each lies."""

    def __init__(self, *bodies: Any) -> None:
        self.found: dict[str, tuple[int, Any]] = {}
        for order, body in enumerate(bodies):
            for depth, name, value in _walk(body):
                self._note(depth + order * (DEEPEST + 1), name, value)

    def _note(self, depth: int, name: str, value: Any) -> None:
        known = self.found.get(name)
        if known is None or depth < known[0]:
            self.found[name] = (depth, value)

    def pick(self, names: Iterable[str]) -> tuple[int, str, Any] | None:
        """The value nearest to the top with one of these names; the earlier name of equals."""
        return min(self.all(names), key=lambda each: each[0], default=None)

    def all(self, names: Iterable[str]) -> list[tuple[int, str, Any]]:
        """Every value with one of these names as (depth, name, value), in the names' order."""
        return [(*self.found[name][:1], name, self.found[name][1]) for name in names
                if name in self.found]  # fmt: skip

    def ending(self, *ends: str) -> list[tuple[int, str, Any]]:
        """Every value whose name ends so, the nearest to the top first."""
        ended = [
            (depth, name, value)
            for name, (depth, value) in self.found.items()
            if name.endswith(ends)
        ]
        return sorted(ended, key=lambda each: each[0])


def plain_name(name: Any) -> str:
    """A name without case and punctuation."""
    return _PUNCTUATION.sub("", name[:80]).lower() if isinstance(name, str) else ""


def by_plain_name(told: Mapping[str, Any]) -> dict[str, Any]:
    """An object's values by plain names, for senders that spell one name in several ways."""
    return {plain_name(name): value for name, value in islice(told.items(), MOST_NAMES)}


def _walk(body: Any) -> Iterator[tuple[int, str, Any]]:
    """All single values that are not blank, level by level."""
    level: list[tuple[str, Any]] = [("", body)]
    left = MOST_LOOKED_AT
    for depth in range(DEEPEST + 1):
        deeper: list[tuple[str, Any]] = []
        for owner, value in level:
            if not isinstance(value, Mapping):
                continue
            for name, child in value.items():
                left -= 1
                if left < 0:
                    return
                plain = plain_name(name)
                if isinstance(child, Mapping):
                    if plain not in ASIDE:
                        deeper.append((plain, child))
                elif isinstance(child, list):
                    if plain in SHOWN and child:
                        deeper.append((plain, child[0]))
                elif child is not None and child != "":
                    if owner in CARRIERS or plain not in ("id", "name"):
                        yield depth, plain, child
                    if owner and plain in NAMED:
                        yield depth, owner + plain, child
        level = deeper
