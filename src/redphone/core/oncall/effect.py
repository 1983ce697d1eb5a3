"""What a change of a rota does: the time in which somebody else is on call than before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from redphone.core.oncall.rota import Rota
from redphone.core.oncall.sweep import spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From `starts_at` until just before `ends_at` it was `before`, and it becomes `after`."""

    starts_at: datetime
    ends_at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def opens_a_hole(self) -> bool:
        return bool(self.before) and not self.after


def effect(before: Rota, after: Rota, start: datetime, end: datetime) -> tuple[Change, ...]:
    """Where two rotas name different people between two moments, in order; none if they agree.

    The same people in another order are no change: all of them are called.
    """
    changed = (each for each in _side_by_side(before, after, start, end) if _differs(each))
    return tuple(_joined(changed))


def _differs(change: Change) -> bool:
    return set(change.before) != set(change.after)


def _side_by_side(before: Rota, after: Rota, start: datetime, end: datetime) -> Iterator[Change]:
    ones, others = iter(spans(before, start, end)), iter(spans(after, start, end))
    one, other = next(ones, None), next(others, None)
    at = start
    while one and other:
        until = min(one.ends_at, other.ends_at)
        yield Change(starts_at=at, ends_at=until, before=one.people, after=other.people)
        at = until
        one = next(ones, None) if one.ends_at == until else one
        other = next(others, None) if other.ends_at == until else other


def _joined(changes: Iterator[Change]) -> Iterator[Change]:
    """Neighbours that say the same are one."""
    last: Change | None = None
    for each in changes:
        if last and last.ends_at == each.starts_at and _says(last) == _says(each):
            last = Change(
                starts_at=last.starts_at,
                ends_at=each.ends_at,
                before=last.before,
                after=last.after,
            )
            continue
        if last:
            yield last
        last = each
    if last:
        yield last


def _says(change: Change) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(change.before), frozenset(change.after)
