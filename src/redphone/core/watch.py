"""What a watcher on another machine makes of what it sees: whom to tell, and when.

One bad look may be the network; two in a row are told, each hour again, and the end of it too.
Nothing here asks or tells: what is known is handed in, so that a restart goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

BAD_LOOKS = 2
"""So many bad looks in a row are no accident."""

REMIND_AFTER = timedelta(hours=1)
STALE_AFTER = timedelta(minutes=2)
"""An answer whose own moment is further off comes from a cache, or from a wrong clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a desk has shown. `trouble` is "" when all is well."""

    at: datetime
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is remembered between looks.

    `since` is the first bad look of those in a row, `bad` how many they are. `told_at` is when
    somebody was told of it last; None when nobody was.
    """

    bad: int = 0
    since: datetime | None = None
    told_at: datetime | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What somebody has to be told: that it is bad, that it still is, or that it is well again."""

    subject: str
    words: str


def after(watch: Watch, look: Look) -> Watch:
    """What is remembered after one more look; that somebody was told is said by `told`."""
    if not look.trouble:
        return Watch(told_at=watch.told_at, since=watch.since) if watch.told_at else Watch()
    return replace(watch, bad=watch.bad + 1, since=watch.since or look.at, trouble=look.trouble)


def news(watch: Watch, look: Look, *, url: str) -> News | None:
    """What is to be told after this look, if anything."""
    if not look.trouble:
        return _well_again(watch, look, url) if watch.told_at else None
    is_first = watch.told_at is None and watch.bad >= BAD_LOOKS
    is_again = watch.told_at is not None and look.at - watch.told_at >= REMIND_AFTER
    if not (is_first or is_again):
        return None
    since = watch.since or look.at
    return News(
        subject=f"Redphone at {url} is in trouble",
        words=f"{look.trouble}\nSince {since:%Y-%m-%d %H:%M:%S} UTC. Nobody may be paged "
        "meanwhile: look at it now, and take calls by hand.",
    )


def _well_again(watch: Watch, look: Look, url: str) -> News:
    since = watch.since or look.at
    minutes = max(1, round((look.at - since).total_seconds() / 60))
    return News(
        subject=f"Redphone at {url} is well again",
        words=f"It was in trouble for {minutes} min, since {since:%Y-%m-%d %H:%M:%S} UTC.",
    )


def told(watch: Watch, look: Look) -> Watch:
    """What is remembered once somebody has been told."""
    return replace(watch, told_at=look.at) if look.trouble else Watch()
