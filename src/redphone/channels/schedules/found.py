"""What a reader of schedules gives back: a plan in the source's people, and the source's own word.

People are named by the source's keys (an id, an address, what an event is called). Who of the
desk they are is found out later, by somebody who can see the desk's people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redphone.core.oncall import Layer, Override, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person of the source. `key` is how layers, overrides and spans name them."""

    key: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Something of the source that this desk can't take over. It is accepted by its `name`."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who is on call by the source's own account, read apart from the plan. `by` says whose."""

    by: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A schedule as it was read. `broken` says why nothing of it could be.

    `notes` are for the person who imports: nothing was lost there, but it was written otherwise.
    `dated_until` is set where some of it holds as dated spans only, and has to be imported again.
    """

    source: str
    title: str = ""
    time_zone: str = "UTC"
    people: tuple[Who, ...] = ()
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    lost: tuple[Lost, ...] = ()
    notes: tuple[str, ...] = ()
    said: Said | None = None
    dated_until: datetime | None = None
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read: the span that is proved, from `starts_at` until just before `ends_at`.

    `time_zone` is that of what has none, which is the team's.
    """

    starts_at: datetime
    ends_at: datetime
    time_zone: str = "UTC"


class Unreadable(Exception):
    """These bytes are no schedule of that kind; the message says why."""
