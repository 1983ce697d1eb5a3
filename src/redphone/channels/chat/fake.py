"""A customer with a phone and a bad line, for tests: what they type comes once, twice or late."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

Post = Callable[[str, str], bool]
"""Hand a message over, by its id and its words; False when the line broke before the answer."""


@dataclass(slots=True)
class Visitor:
    """Types into a chat by way of `post`. What got no answer stays in `waiting`, as in a browser,
    and goes out again under the same id before anything newer."""

    post: Post
    waiting: list[tuple[str, str]] = field(default_factory=list)

    def type(self, words: str) -> str:
        """Type a message and press Enter; its id."""
        number = str(uuid.uuid4())
        self.waiting.append((number, words))
        self.go_on()
        return number

    def go_on(self) -> None:
        """The line may be back: send what waits, in order, until it breaks again."""
        while self.waiting and self.post(*self.waiting[0]):
            self.waiting.pop(0)
