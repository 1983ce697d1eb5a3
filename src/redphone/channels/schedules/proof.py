"""The proof of an import: two accounts of who is on call, compared minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.core.oncall import Span

YEAR = timedelta(days=365)
"""What is proved: 525,600 minutes."""

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A span of time for which the source names others than the desk would. Nobody is ()."""

    starts_at: datetime
    ends_at: datetime
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How many minutes of those compared agree, and each span that doesn't.

    A minute agrees when nobody differs in any second of it.
    """

    starts_at: datetime
    ends_at: datetime
    minutes: int
    agree: int
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        return not self.differences


def compare(theirs: Sequence[Span], ours: Sequence[Span]) -> Proof:
    """Set two accounts side by side. Both cover the same time, without gaps; order is no matter.

    People change only where a span ends, so each pair of spans is looked at once, and its minutes
    are counted.
    """
    start, end = theirs[0].starts_at, theirs[-1].ends_at
    found = _differences(theirs, ours, start, end)
    minutes = -((start - end) // _MINUTE)
    return Proof(
        starts_at=start,
        ends_at=end,
        minutes=minutes,
        agree=minutes - _minutes_touched(found, start),
        differences=tuple(found),
    )


def _differences(
    theirs: Sequence[Span], ours: Sequence[Span], start: datetime, end: datetime
) -> list[Difference]:
    found: list[Difference] = []
    left = right = 0
    since = start
    while since < end:
        here, there = theirs[left], ours[right]
        until = min(here.ends_at, there.ends_at, end)
        if set(here.people) != set(there.people):
            _add(found, since, until, tuple(sorted(here.people)), tuple(sorted(there.people)))
        left += here.ends_at <= until
        right += there.ends_at <= until
        since = until
    return found


def _add(
    found: list[Difference],
    since: datetime,
    until: datetime,
    theirs: tuple[str, ...],
    ours: tuple[str, ...],
) -> None:
    last = found[-1] if found else None
    if last and last.ends_at == since and (last.theirs, last.ours) == (theirs, ours):
        since = found.pop().starts_at
    found.append(Difference(starts_at=since, ends_at=until, theirs=theirs, ours=ours))


def _minutes_touched(found: Sequence[Difference], start: datetime) -> int:
    """The minutes, counted from the start, of which some second differs; each is counted once."""
    touched, reached = 0, 0
    for each in found:
        first = max((each.starts_at - start) // _MINUTE, reached)
        last = -((start - each.ends_at) // _MINUTE)
        touched += max(0, last - first)
        reached = max(reached, last)
    return touched
