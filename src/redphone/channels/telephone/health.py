"""What all workers know together of the providers: who is unwell, and which calls are whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Known(Protocol):
    """What has to be known beyond one try. The desk keeps it in rows."""

    def order(self, names: Sequence[str]) -> list[str]:
        """The providers in the order in which to ask them: one that failed lately comes last."""
        ...

    def worked(self, name: str) -> None:
        """This provider has just taken or answered something."""
        ...

    def failed(self, name: str, *, said: str, retry_after: int | None = None) -> None:
        """This provider, or our account there, is unwell; it may say for how many seconds."""
        ...

    def is_anothers(self, provider_id: str, *, key: str) -> bool:
        """Whether a call or SMS belongs to another message than the one of this key."""
        ...


@dataclass
class InMemory:
    """The same for one process: to try a provider out, and for tests."""

    unwell: dict[str, str] = field(default_factory=dict)
    owned: dict[str, str] = field(default_factory=dict)

    def order(self, names: Sequence[str]) -> list[str]:
        return sorted(names, key=lambda name: name in self.unwell)

    def worked(self, name: str) -> None:
        self.unwell.pop(name, None)

    def failed(self, name: str, *, said: str, retry_after: int | None = None) -> None:
        self.unwell[name] = said

    def is_anothers(self, provider_id: str, *, key: str) -> bool:
        return self.owned.get(provider_id, key) != key
