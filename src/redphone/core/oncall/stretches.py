"""Stretches of time: pairs of instants, in order, none touching another's inside."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from math import inf

Stretch = tuple[int, int]


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The time that any of these covers."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def common(some: Sequence[Stretch], others: Sequence[Stretch]) -> list[Stretch]:
    """The time that both cover. It skips what lies before, so that a short look is a quick one."""
    if not some or not others:
        return []
    if len(some) > len(others):
        some, others = others, some
    found: list[Stretch] = []
    for start, end in some:
        first = max(0, bisect_right(others, (start, start)) - 1)
        if first < len(others) and others[first][0] <= start and end <= others[first][1]:
            found.append((start, end))
            continue
        within = others[first : bisect_left(others, (end, end), first)]
        clipped = [(max(start, since), min(end, until)) for since, until in within]
        found += [(since, until) for since, until in clipped if since < until]
    return found


def without(
    stretches: Sequence[Stretch], taken: Iterable[tuple[int, int, object]]
) -> list[Stretch]:
    """What is left of some time. `taken` is in order, and each lies inside one of them."""
    found: list[Stretch] = []
    copied, start, end = 0, 0, 0
    for since, until, _ in taken:
        if since >= end:
            if start < end:
                found.append((start, end))
            # Most are not touched, and are taken over in one go.
            here = bisect_right(stretches, (since, inf)) - 1
            found += stretches[copied:here]
            start, end = stretches[here]
            copied = here + 1
        if start < since:
            found.append((start, since))
        start = until
    if start < end:
        found.append((start, end))
    found += stretches[copied:]
    return found
