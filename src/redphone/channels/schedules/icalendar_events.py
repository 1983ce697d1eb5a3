"""The events of an iCalendar: whom each is about, and when it comes, as a calendar shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event

from redphone.channels.schedules.feed import ON_CALL
from redphone.channels.schedules.found import Reading, Unreadable, Who
from redphone.channels.schedules.says import Duty

_LEVEL = re.compile(r"^\s*\[L(\d{1,4})\]\s*", re.IGNORECASE)
_TOO_OFTEN = {"SECONDLY", "MINUTELY"}
_EARLIEST = 1970
_LONGEST = timedelta(days=366)
_MOST_A_DAY = 24
_MARGIN = timedelta(days=2)


@dataclass(slots=True, kw_only=True)
class Series:
    """One event with all that changes single occurrences of it."""

    uid: str
    master: Event | None = None
    changed: list[Event] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return [*([self.master] if self.master else []), *self.changed]

    @property
    def name(self) -> str:
        first = self.events[0]
        called = str(first.get("SUMMARY", "")).strip()
        return f"event {called or self.uid or 'without a name'}"[:120]


def is_cancelled(event: Event) -> bool:
    """Whether it was called off."""
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def people(event: Event) -> tuple[Who, ...]:
    """Those who attend, or whoever the event is called after."""
    own = str(event.get(ON_CALL, "")).strip()
    if own:
        return (Who(key=own, name=own),)
    attending = tuple(_attending(event))
    if attending:
        return attending
    called = _LEVEL.sub("", str(event.get("SUMMARY", ""))).strip().removeprefix("@").strip()
    if not called:
        return ()
    is_address = re.fullmatch(r"[^@\s]+@[^@\s]+", called) is not None
    return (Who(key=called, name=called, email=called.lower() if is_address else ""),)


def _attending(event: Event) -> Iterator[Who]:
    given = event.get("ATTENDEE", [])
    for each in given if isinstance(given, list) else [given]:
        parameters = getattr(each, "params", {})
        kind = str(parameters.get("CUTYPE", "INDIVIDUAL")).upper()
        if str(parameters.get("PARTSTAT", "")).upper() == "DECLINED":
            continue
        address = re.sub(r"^mailto:", "", str(each).strip(), flags=re.IGNORECASE).strip()
        if kind in {"INDIVIDUAL", "UNKNOWN"} and "@" in address:
            name = str(parameters.get("CN", "")).strip()
            yield Who(key=address.lower(), name=name, email=address.lower())


def level(event: Event) -> int:
    """The level that stands before its title; 0 without one."""
    found = _LEVEL.match(str(event.get("SUMMARY", "")))
    return int(found.group(1)) if found else 0


def unrolled(series: Series, zone: ZoneInfo, how: Reading) -> Iterator[tuple[int, Duty]]:
    """Each occurrence that touches the span, by the library that reads calendars as such."""
    recurs = any(rules_of(event) or "RDATE" in event for event in series.events)
    for event in series.events:
        _can_be_counted(event, zone, recurs=recurs)
    alone = Calendar()
    for event in series.events:
        alone.add_component(event)
    since, until = how.starts_at - _MARGIN, how.ends_at + _MARGIN
    for each in recurring_ical_events.of(alone).between(since, until):
        if is_cancelled(each):
            continue
        starts, ends = (moment(value(each, name), zone) for name in ("DTSTART", "DTEND"))
        if starts < how.ends_at and ends > how.starts_at:
            for who in people(each):
                yield level(each), Duty(person=who.key, starts_at=starts, ends_at=ends)


def _can_be_counted(event: Event, zone: ZoneInfo, *, recurs: bool) -> None:
    """Whether the library can list its occurrences: it builds each of them before it gives any.

    Raises:
        Unreadable: they would be millions.
    """
    for rule in rules_of(event):
        if str((rule.get("FREQ") or [""])[0]).upper() in _TOO_OFTEN:
            raise Unreadable("It comes again within the hour: that is no duty.")
        a_day = prod(len(rule.get(part) or [0]) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        if a_day > _MOST_A_DAY:
            raise Unreadable("It comes again within the hour: that is no duty.")
        if value(event, "DTSTART").year < _EARLIEST:
            raise Unreadable("It began too long ago to be counted from its beginning.")
    if recurs and _length(event, zone) > _LONGEST:
        raise Unreadable("It comes again while it lasts, and lasts for more than a year.")


def _length(event: Event, zone: ZoneInfo) -> timedelta:
    if "DURATION" in event:
        lasts: timedelta = value(event, "DURATION")
        return lasts
    if "DTEND" not in event:
        return timedelta()
    return moment(value(event, "DTEND"), zone) - moment(value(event, "DTSTART"), zone)


def value(event: Event, name: str) -> Any:
    """A date or time of an event, as the library has read it."""
    given: Any = event[name]
    return given.dt


def moment(at: date | datetime, zone: ZoneInfo) -> datetime:
    """A date or time as a moment: a day begins at its midnight in the zone."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(0))
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def rules_of(event: Event) -> list[dict[str, list[object]]]:
    """The rules by which an event comes again: none, one, or more than the standard allows."""
    given: Any = event.get("RRULE")
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
