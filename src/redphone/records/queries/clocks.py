"""A stream's clocks as people look at them, with how each deadline came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.core.clocks import Claim
from redphone.records import states
from redphone.records.models import DeadlineRow
from redphone.records.queries.asker import Asker, require_staff
from redphone.records.queries.board import LADDER, state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockShown:
    """One clock. `state` is running, warning, late, kept, missed or dropped.

    `due_at` of an ended clock is the strictest deadline that it had; `took` how long it ran.
    `deciding` are the claims whose deadline that is, `missed` those that passed before the end.
    """

    kind: str
    lane: str
    state: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    claims: tuple[Claim, ...]
    deciding: tuple[Claim, ...]
    missed: tuple[Claim, ...]

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    @property
    def is_ladder(self) -> bool:
        return self.kind in LADDER

    @property
    def took(self) -> timedelta | None:
        return self.ended_at - self.started_at if self.ended_at else None

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(claim.clause for claim in self.deciding))

    @property
    def says(self) -> str:
        return self.deciding[0].says

    @property
    def strength(self) -> str:
        strengths = {claim.strength.value for claim in self.deciding}
        return "promise" if "promise" in strengths else "target"


def clocks(asker: Asker, stream: str, *, at: datetime) -> tuple[ClockShown, ...]:
    """All clocks of a stream: the running ones first, soonest first, then those that ended.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = DeadlineRow.objects.filter(stream=stream).defer("explanation")
    found = [_shown(row, at) for row in rows]
    running = sorted((each for each in found if each.is_running), key=lambda each: each.due_at)
    ended = sorted((each for each in found if not each.is_running), key=lambda e: e.started_at)
    return (*running, *ended)


def _shown(row: DeadlineRow, at: datetime) -> ClockShown:
    claims = states.load_claims(row.claims)
    until = row.ended_at or at
    if row.ended_at is None:
        due_at, state = row.due_at or claims[-1].due_at, state_of(row, at)
    else:
        due_at, state = claims[0].due_at, row.outcome
    return ClockShown(
        kind=row.kind,
        lane=row.lane,
        state=state,
        started_at=row.started_at,
        due_at=due_at,
        ended_at=row.ended_at,
        claims=claims,
        deciding=tuple(claim for claim in claims if claim.due_at == due_at) or claims[:1],
        missed=tuple(c for c in claims if c.due_at <= until and row.outcome != "kept"),
    )
