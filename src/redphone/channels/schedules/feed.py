"""Who is on call, as an iCalendar feed: each stretch of somebody's duty is one event in UTC.

A hole of a team is an event of its own, so that a manager's calendar shows it. Nothing in a feed
depends on when it was read but the days that it spans: what has not changed stays the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from icalendar import Calendar, Event

from redphone.core.oncall import Span

ON_CALL = "X-REDPHONE-ON-CALL"
HOLE = "X-REDPHONE-HOLE"
"""What our own feeds say beside the standard, so that they can be read again without a guess."""

BACK = timedelta(weeks=4)
AHEAD = timedelta(days=365)
REFRESH = timedelta(minutes=15)
_OVER = timedelta(days=28)
"""How far past its edges spans are worked out, so that events there keep their true ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """A stretch of one person's duty in one team; nobody is a hole. `person` is an id.

    One that is `standing` had begun before anything that the feed looked at.
    """

    team: str
    person: str | None
    name: str
    starts_at: datetime
    ends_at: datetime
    standing: bool = False


def edges(at: datetime) -> tuple[datetime, datetime]:
    """From when and until when a feed read at this moment tells: whole days in UTC."""
    today = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - BACK, today + AHEAD


def wider(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The span in which duties are worked out for a feed with these edges."""
    return start - _OVER, end + _OVER


def duties(
    team: str, spans: Sequence[Span], names: dict[str, str], *, holes: bool
) -> Iterable[OnDuty]:
    """Each person's stretches in these spans: one goes on while others beside them change."""
    open_now: dict[str | None, OnDuty] = {}
    for span in spans:
        here: tuple[str | None, ...] = span.people or ((None,) if holes else ())
        for gone in [each for each in open_now if each not in here]:
            yield open_now.pop(gone)
        for person in here:
            begun = open_now.get(person)
            if begun is not None:
                open_now[person] = replace(begun, ends_at=span.ends_at)
                continue
            open_now[person] = OnDuty(
                team=team,
                person=person,
                name=names.get(person, "") if person else "",
                starts_at=span.starts_at,
                ends_at=span.ends_at,
            )
    yield from open_now.values()


def within(
    found: Iterable[OnDuty], start: datetime, end: datetime, *, now: datetime
) -> list[OnDuty]:
    """Those that touch the span, in the order in which they begin. A hole that is over is none."""
    touching = [
        replace(each, standing=each.starts_at <= start - _OVER)
        for each in found
        if each.starts_at < end and each.ends_at > (start if each.person else now)
    ]
    return sorted(touching, key=lambda d: (d.starts_at, d.team, d.person or ""))


def digest(title: str, found: Sequence[OnDuty], own: bool) -> str:
    """A mark of what a feed says, without the moment at which it was written."""
    lines = [f"{title}|{own}"]
    lines += [f"{d.team}|{d.person}|{d.name}|{d.starts_at}|{d.ends_at}" for d in found]
    return sha256("\n".join(lines).encode()).hexdigest()


def write(
    title: str, found: Sequence[OnDuty], *, changed_at: datetime, host: str, own: bool = False
) -> bytes:
    """The feed. `own` is a person's: its events are called after the team, not after them.

    The library escapes and folds each line of words once; a year of short shifts has a thousand
    events, of which only the times and the number differ.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Redphone//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    around, end = calendar.to_ical().rsplit(b"END:VCALENDAR", 1)
    words: dict[tuple[str, str | None], bytes] = {}
    parts = [around]
    for each in found:
        key = (each.team, each.person)
        if key not in words:
            words[key] = _words(each, own)
        parts += [b"BEGIN:VEVENT\r\n", _times(each, changed_at, host), words[key]]
    return b"".join([*parts, b"END:VCALENDAR", end])


def _times(duty: OnDuty, changed_at: datetime, host: str) -> bytes:
    return (
        f"UID:{_uid(duty, host)}\r\nDTSTAMP:{_utc(changed_at)}\r\n"
        f"DTSTART:{_utc(duty.starts_at)}\r\nDTEND:{_utc(duty.ends_at)}\r\n"
    ).encode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _words(duty: OnDuty, own: bool) -> bytes:
    """All of an event's lines that say the same at every time, and its end."""
    event = Event()
    event.add("summary", _called(duty, own))
    event.add("transp", "TRANSPARENT")
    event.add("categories", [duty.team if duty.person else "Hole"])
    if duty.person:
        event.add(ON_CALL, duty.name)
    else:
        event.add(HOLE, "TRUE")
    return bytes(event.to_ical()).removeprefix(b"BEGIN:VEVENT\r\n")


def _called(duty: OnDuty, own: bool) -> str:
    if duty.person is None:
        return f"Nobody on call: {duty.team}"
    return f"On call: {duty.team}" if own else f"{duty.name}, on call: {duty.team}"


def _uid(duty: OnDuty, host: str) -> str:
    """The same for the same person's duty of the same beginning, whenever it is worked out."""
    begun = "standing" if duty.standing else duty.starts_at.isoformat()
    told = f"{host}|{duty.team}|{duty.person}|{begun}"
    return f"{sha256(told.encode()).hexdigest()[:40]}@redphone"
