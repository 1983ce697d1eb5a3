"""The auditor of ladders: proves that the next step of each open incident is in time.

It reads rows of incidents and their entries, and nothing else: the steps are worked out by the
second reckoning, which shares nothing with the ladder's own; no deadline row is asked. It knows
what must have been called by now: also steps that wait for business hours, and whoever was asked
whether they are still on it.

What can't have changed is not read again: an incident whose last entry is the one of the last look
has the same next step. So a look costs one list of the open incidents, and the entries of those
that changed.

Source: POL-1, POL-8, EMG-1 to EMG-5; clauses.md, row 16.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from redphone.core.recompute_minutes import Calendar
from redphone.core.recompute_rules import Line, Notes
from redphone.records import policies
from redphone.records.models import EntryRow, Heartbeat, IncidentRow

log = logging.getLogger(__name__)

LATE_AFTER = timedelta(seconds=30)
"""A step is called within a second of its moment; after this somebody has to know."""

AT_ONCE = 5000
"""So many incidents are read anew in one look; the others have their turn in the next ones."""

CHUNK = 250
NAME = "ladders"
"""The name of the row in which the last look is kept."""


@dataclass(frozen=True, slots=True)
class Known:
    """An incident as it was last read: its last entry, and when its next step is due."""

    head: bytes
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look has found. `behind` are incidents whose next step is late, `since` when the
    oldest was due; `unread` have their turn in a later look, `unreadable` can't be reckoned."""

    open: int
    behind: int
    since: datetime | None
    unread: int
    unreadable: int
    took: timedelta


@dataclass(slots=True)
class LadderAudit:
    """What one process remembers between two looks."""

    known: dict[int, Known] = field(default_factory=dict)
    broken: set[int] = field(default_factory=set)

    def look(self, *, at: datetime) -> Look:
        """Look at every open incident, read those that have changed, and keep what was found."""
        began = time.monotonic()
        rows = _open()
        self._forget(rows)
        changed = [number for number, (head, _) in rows.items() if self._is_news(number, head)]
        # Whom we know and who has moved comes first: something is going on there.
        changed.sort(key=lambda number: (number not in self.known, number))
        for start in range(0, len(changed[:AT_ONCE]), CHUNK):
            self._read(changed[:AT_ONCE][start : start + CHUNK], rows)
        late = [
            each.due_at
            for each in self.known.values()
            if each.due_at is not None and each.due_at < at - LATE_AFTER
        ]
        found = Look(
            open=len(rows),
            behind=len(late),
            since=min(late, default=None),
            unread=max(0, len(changed) - AT_ONCE),
            unreadable=len(self.broken),
            took=timedelta(seconds=time.monotonic() - began),
        )
        _keep(found, at)
        return found

    def _is_news(self, number: int, head: bytes) -> bool:
        return number not in self.known or self.known[number].head != head

    def _forget(self, rows: dict[int, tuple[bytes, int]]) -> None:
        self.known = {number: each for number, each in self.known.items() if number in rows}
        self.broken &= rows.keys()

    def _read(self, numbers: list[int], rows: dict[int, tuple[bytes, int]]) -> None:
        for number, lines, head in _entries(numbers):
            try:
                due_at = _next_due(lines, rows[number][1])
            except Exception:  # One bad stream must not blind the auditor; it is counted.
                log.exception("the ladder of INC-%d can't be worked out", number)
                self.broken.add(number)
                due_at = None
            else:
                self.broken.discard(number)
            self.known[number] = Known(head, due_at)


def _open() -> dict[int, tuple[bytes, int]]:
    """The open incidents by number, with the hash of their last entry and their policy."""
    rows = IncidentRow.objects.filter(status="open").order_by("number")
    return {
        number: (bytes(head), policy)
        for number, head, policy in rows.values_list("number", "head_hash", "policy_id")
    }


def _entries(numbers: Iterable[int]) -> Iterator[tuple[int, list[Line], bytes]]:
    """Each of these incidents with its entries, and the hash of the last of them."""
    refs = [f"INC-{number}" for number in numbers]
    columns = ("stream", "seq", "kind", "at", "recorded_at", "actor", "data", "hash")
    rows = EntryRow.objects.filter(stream__in=refs).order_by("stream", "seq")
    for ref, mine in groupby(rows.values_list(*columns).iterator(), key=lambda row: row[0]):
        entries = list(mine)
        lines = [Line(*row[1:7]) for row in entries]
        yield int(ref.removeprefix("INC-")), lines, bytes(entries[-1][7])


def _next_due(lines: list[Line], policy: int) -> datetime | None:
    """When the next step of an incident is due; None when all of its ladders are at rest."""
    pinned = policies.pinned(policy)
    calendar = Calendar(pinned.policy.hours, pinned.hours.holidays)
    notes = Notes(False, pinned.policy, calendar)
    for line in lines:
        notes.read(line)
    return min((owed.due_at for owed in notes.ladders() if owed.due_at), default=None)


def _keep(found: Look, at: datetime) -> None:
    detail = {
        "open": found.open,
        "behind": found.behind,
        "since": found.since and found.since.isoformat(),
        "unread": found.unread,
        "unreadable": found.unreadable,
        "took_ms": round(found.took.total_seconds() * 1000, 1),
    }
    Heartbeat.objects.update_or_create(
        name=NAME, defaults={"kind": NAME, "at": at, "detail": detail}
    )


def last_look() -> tuple[datetime, dict[str, object]] | None:
    """When the auditor of ladders looked last, by whichever process, and what it found."""
    row = Heartbeat.objects.filter(name=NAME).values_list("at", "detail").first()
    return (row[0], dict(row[1])) if row else None
