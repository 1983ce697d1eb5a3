"""When somebody is on call: the stretches of their duty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from redphone.core.oncall.rota import Rota, Span
from redphone.core.oncall.sweep import spans

Held = list[tuple[datetime, datetime]]


def held(rota: Rota, person: str, start: datetime, end: datetime) -> Held:
    """The stretches between two moments in which a rota names somebody, in order, joined."""
    return joined(span for span in spans(rota, start, end) if person in span.people)


def joined(found: Iterable[Span]) -> Held:
    """The stretches of spans in order, those that touch made one."""
    stretches: Held = []
    for span in found:
        if stretches and stretches[-1][1] == span.starts_at:
            stretches[-1] = (stretches[-1][0], span.ends_at)
        else:
            stretches.append((span.starts_at, span.ends_at))
    return stretches


def overlap(ones: Held, others: Held) -> bool:
    """Whether any of the ones and any of the others share time."""
    return any(
        since < until and start < end and since < end and start < until
        for since, until in ones
        for start, end in others
    )
