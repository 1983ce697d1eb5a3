"""Running clocks as rows: what the clock loop finds, and what statistics count."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from redphone.core import clocks
from redphone.core.case import Case
from redphone.core.clocks import Clock
from redphone.core.incident import Incident
from redphone.core.policy import Strength
from redphone.records import bulk, states
from redphone.records.models import DeadlineRow
from redphone.records.models.clocks import Outcome
from redphone.records.streams import AnyStream

FOLLOWING = [
    "due_at",
    "warn_at",
    "next_at",
    "clause",
    "strength",
    "claims",
    "outcome",
    "ended_at",
]
"""The columns that follow the core's answer while a clock runs."""


def write_deadlines(streams: list[AnyStream], at: datetime) -> None:
    """Make the rows say what the core says: new clocks, changed ones, and those that ended."""
    standing = _standing([stream.ref for stream in streams if not stream.is_new])
    new: list[DeadlineRow] = []
    upserts: list[DeadlineRow] = []
    ended: list[DeadlineRow] = []
    for stream in streams:
        clocks_now = clocks.running(stream.state, stream.pinned.policy, stream.pinned.hours)
        before = standing[stream.ref]
        rows = {clock.key: row_of(stream.ref, clock) for clock in clocks_now}
        changed = [row for key, row in rows.items() if not _is_same(row, before.get(key))]
        if stream.is_new:
            new += changed
        else:
            upserts += changed
        for key, row in before.items():
            if key not in rows:
                row.outcome, row.ended_at = outcome(key, stream.state), at
                row.next_at = None
                ended.append(row)
    bulk.insert(new)
    if upserts:
        DeadlineRow.objects.bulk_create(
            upserts,
            update_conflicts=True,
            unique_fields=["stream", "key"],
            update_fields=FOLLOWING,
        )
    if ended:
        bulk.update(ended, ["outcome", "ended_at", "next_at"])


def _standing(refs: list[str]) -> dict[str, dict[str, DeadlineRow]]:
    found: dict[str, dict[str, DeadlineRow]] = defaultdict(dict)
    if refs:
        rows = DeadlineRow.objects.filter(stream__in=refs, outcome=Outcome.RUNNING)
        for row in rows:
            found[row.stream][row.key] = row
    return found


def row_of(stream: str, clock: Clock) -> DeadlineRow:
    """A running clock as its row."""
    return DeadlineRow(
        stream=stream,
        key=clock.key,
        kind=clock.kind.value,
        lane=clock.lane,
        started_at=clock.started_at,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        next_at=clock.next_at,
        clause=clock.deciding.clause,
        strength=_strength(clock),
        claims=[states.dump(claim) for claim in clock.claims],
        outcome=Outcome.RUNNING,
        ended_at=None,
    )


def _strength(clock: Clock) -> str:
    """A promise if any of its clauses is one: that is what a customer is owed.

    A target of the same span, named first, must not hide it from the count of promises kept.
    """
    found = {claim.strength for claim in clock.claims}
    return (Strength.PROMISE if Strength.PROMISE in found else Strength.TARGET).value


def _is_same(row: DeadlineRow, before: DeadlineRow | None) -> bool:
    return before is not None and all(
        getattr(row, column) == getattr(before, column) for column in FOLLOWING
    )


def outcome(key: str, state: Case | Incident) -> Outcome:
    """How a clock ended."""
    return Outcome(clocks.ending(key, state).value)
