"""A program elsewhere that is told, for tests: it checks the signature and keeps what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from redphone.channels.webhook.send import Answer


@dataclass
class FakeLine:
    """Keeps what it was posted. `answers` are given in turn; after them it takes everything."""

    answers: list[Answer] = field(default_factory=list)
    posts: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """See `redphone.channels.webhook.send.Line.post`."""
        answer = self.answers.pop(0) if self.answers else Answer(status=204)
        self.posts.append((url, body, dict(headers)))
        return answer
