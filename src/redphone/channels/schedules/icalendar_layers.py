"""An event of an iCalendar that comes again, as layers of a rota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event

from redphone.channels.schedules import rules
from redphone.channels.schedules.icalendar_events import (
    Series,
    is_cancelled,
    level,
    moment,
    people,
    rules_of,
    value,
)
from redphone.channels.schedules.rules import Every, Rule
from redphone.channels.schedules.says import utc
from redphone.channels.schedules.turns import Cuts
from redphone.core.oncall import Layer

_PLAIN_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST_TAKEN_OUT = 40


def layers(series: Series, zone: ZoneInfo) -> tuple[list[Layer], Cuts] | None:
    """The series as layers, and the times that were taken out of them.

    None when it has to be written as dated spans.
    """
    master = series.master
    if master is None or len(rules_of(master)) != 1 or "RDATE" in master:
        return None
    if any("RANGE" in _changes_what(event).params for event in series.changed):
        return None
    rule = _rule(series, master, zone)
    if rule is None or is_cancelled(master):
        return None
    made = rules.layers(rule)
    own = ZoneInfo(rule.time_zone)
    taken_out = {moment(each, own) for each in _taken_out(series, master)}
    if made is None or len(taken_out) > _MOST_TAKEN_OUT:
        return None
    return list(made), list(_cuts(rule, taken_out))


def _cuts(rule: Rule, taken_out: Iterable[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """From when until when each of these occurrences would have been."""
    own = ZoneInfo(rule.time_zone)
    for starts in sorted(taken_out):
        wall = starts.astimezone(own).replace(tzinfo=None)
        if _is_one_of(rule, wall):
            yield starts, utc(wall + rule.lasts, own)


def _changes_what(event: Event) -> Any:
    return event["RECURRENCE-ID"]


def _taken_out(series: Series, master: Event) -> Iterator[date | datetime]:
    given: Any = master.get("EXDATE", [])
    for each in given if isinstance(given, list) else [given]:
        yield from (taken.dt for taken in each.dts)
    for event in series.changed:
        yield value(event, "RECURRENCE-ID")


def _is_one_of(rule: Rule, wall: datetime) -> bool:
    for each in rules.starts(rule):
        if each >= wall:
            return each == wall
    return False


def _rule(series: Series, master: Event, zone: ZoneInfo) -> Rule | None:
    """The master's rule, when it is of the plain kind: every so many hours, days or weeks."""
    given = {name.upper(): values for name, values in rules_of(master)[0].items()}
    if set(given) - _PLAIN_PARTS or not {str(v) for v in given["FREQ"]} <= set(Every):
        return None
    starts, ends = master.start, master.end
    own = _zone_of(starts, zone)
    if own is None or own != _zone_of(ends, zone):
        return None
    days = _weekdays(given.get("BYDAY", []))
    if days is None:
        return None
    wall_start, wall_end = _wall(starts), _wall(ends)
    until = given.get("UNTIL", [None])[0]
    if until is not None and not isinstance(until, date):
        return None
    return Rule(
        id=series.uid,
        name=str(master.get("SUMMARY", "")).strip() or series.uid,
        priority=level(master) + 1,
        time_zone=own,
        groups=(tuple(each.key for each in people(master)),),
        every=Every(str(given["FREQ"][0])),
        starts=wall_start,
        lasts=wall_end - wall_start,
        interval=_number(given.get("INTERVAL"), 1) or 1,
        days=frozenset(days),
        week_start=_WEEKDAYS.index(str(given.get("WKST", ["MO"])[0])),
        count=_number(given.get("COUNT"), None),
        until=None if until is None else _until(until, starts, ZoneInfo(own)),
    )


def _until(until: date, starts: date, zone: ZoneInfo) -> datetime:
    """The last moment at which an occurrence may begin. A day lasts until its end."""
    if isinstance(until, datetime):
        return moment(until, zone)
    at = time(0) if not isinstance(starts, datetime) else time(23, 59, 59)
    return moment(datetime.combine(until, at), zone)


def _zone_of(at: date | datetime, zone: ZoneInfo) -> str | None:
    """The name of a time's zone, or None when it is one that only this file knows."""
    if not isinstance(at, datetime) or at.tzinfo is None:
        return zone.key
    if isinstance(at.tzinfo, ZoneInfo):
        return at.tzinfo.key
    return "UTC" if at.tzinfo is UTC else None


def _wall(at: date | datetime) -> datetime:
    if isinstance(at, datetime):
        return at.replace(tzinfo=None)
    return datetime.combine(at, time(0))


def _weekdays(given: Iterable[object]) -> set[int] | None:
    """The weekdays of BYDAY; None when it counts them within a month."""
    names = [str(each).upper() for each in given]
    if any(name not in _WEEKDAYS for name in names):
        return None
    return {_WEEKDAYS.index(name) for name in names}


def _number(given: Sequence[object] | None, default: int | None) -> int | None:
    return int(str(given[0])) if given else default
