"""Numbered steps with evidence: who did which step, when, and what they noted.

Any runbook can be attached to any incident, several at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """A ticked step. `number` counts from 1, as the policy does; the note is in the entry."""

    number: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a runbook has come in one incident.

    Source: RUN-1, RUN-2, RUN-3, RUN-4, RUN-5, RUN-6, RUN-7.
    """

    slug: str
    steps: int
    started_at: datetime
    done: tuple[StepDone, ...] = ()

    def is_done(self, number: int) -> bool:
        return any(step.number == number for step in self.done)

    @property
    def now(self) -> int | None:
        """The first step that nobody has ticked, or None when all are done."""
        numbers = range(1, self.steps + 1)
        return next((number for number in numbers if not self.is_done(number)), None)
