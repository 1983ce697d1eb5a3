"""iCalendar files: an event is a duty, what it is called or who attends it is the person.

"[L2] Ana" is a duty of level 2, which hides those of lower levels (Grafana OnCall's convention).
A time without a zone is in the calendar's own (`X-WR-TIMEZONE`), or else in the team's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import x_wr_timezone
from icalendar import Calendar, Event

from redphone.channels.schedules import dated, icalendar_layers, rules
from redphone.channels.schedules.dated import Dated
from redphone.channels.schedules.feed import HOLE
from redphone.channels.schedules.found import Found, Lost, Reading, Said, Unreadable, Who
from redphone.channels.schedules.icalendar_events import (
    Series,
    is_cancelled,
    moment,
    people,
    unrolled,
    value,
)
from redphone.channels.schedules.icalendar_file import calendars_of, line
from redphone.channels.schedules.proof import compare
from redphone.channels.schedules.says import Duty, sweep
from redphone.channels.schedules.turns import Cuts, ahead, cut_all, numbered
from redphone.core.oncall import Layer, Rota, spans

SAYS = "recurring_ical_events, which reads calendars as they are written"

_MOST_DUTIES = 20_000


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What is gathered on the way through a file."""

    people: dict[str, Who] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    cuts: dict[str, Cuts] = field(default_factory=dict)
    dated: list[Dated] = field(default_factory=list)
    said: dict[int, list[Duty]] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unrolled: list[str] = field(default_factory=list)

    seen: int = 0
    over: int = 0
    later: list[str] = field(default_factory=list)

    def count(
        self, series: Series, duties: list[tuple[int, Duty]], zone: ZoneInfo, how: Reading
    ) -> None:
        """Remember what is over, or begins after the year: neither becomes part of the plan."""
        if duties or not series.events:
            return
        begins = max(moment(value(event, "DTSTART"), zone) for event in series.events)
        if begins >= how.ends_at:
            self.later.append(series.name)
        else:
            self.over += 1

    def lose(self, name: str, why: str) -> None:
        taken = {each.name for each in self.lost}
        unique = next(
            each
            for number in range(1, len(taken) + 2)
            if (each := name if number == 1 else f"{name} ({number})") not in taken
        )
        self.lost.append(Lost(name=unique, why=why))


def read(files: Sequence[bytes], how: Reading) -> Found:
    """The schedule in these files. Never raises: what can't be read is named."""
    plan = _Plan()
    title, zone_name = "", ""
    try:
        calendars = [calendar for raw in files for calendar in calendars_of(raw)]
    except Unreadable as error:
        return Found(source="icalendar", broken=str(error))
    for calendar in calendars:
        title = title or str(calendar.get("X-WR-CALNAME", ""))
        zone = _own_zone(calendar, how, plan)
        zone_name = zone_name or zone.key
        for series in _series(calendar, zone, plan):
            plan.seen += 1
            _take(series, zone, how, plan)
    if not plan.seen:
        what = ", ".join(each.name for each in plan.lost) or "nothing at all"
        return Found(source="icalendar", broken=f"There is no event in it: {what}.")
    return _found(plan, title, zone_name or how.time_zone, how)


def _own_zone(calendar: Calendar, how: Reading, plan: _Plan) -> ZoneInfo:
    named = str(calendar.get("X-WR-TIMEZONE", "")).strip()
    if not named:
        return ZoneInfo(how.time_zone)
    try:
        return ZoneInfo(named)
    except (ValueError, OSError, KeyError):
        plan.lose(
            f"time zone {named}"[:120], "Nobody knows a zone of that name; the team's is used."
        )
        calendar.pop("X-WR-TIMEZONE", None)
        return ZoneInfo(how.time_zone)


class _Floating(x_wr_timezone.UTCChangingWalker):  # type: ignore[misc]
    """Puts times without a zone into one, and leaves the others as they are."""

    def is_UTC(self, dt: datetime) -> bool:
        return False


def _series(calendar: Calendar, zone: ZoneInfo, plan: _Plan) -> Iterator[Series]:
    """The events of a calendar, with their changes; all else that is in it is named as lost."""
    others: dict[str, int] = {}
    by_uid: dict[str, Series] = {}
    try:
        calendar = _Floating(zone).walk(x_wr_timezone.to_standard(calendar))
    except Exception as error:
        # One value that nobody can turn must not hide the other events of the calendar.
        plan.lose("X-WR-TIMEZONE", f"Its times can't be turned to that zone: {line(error)}")
    for number, component in enumerate(calendar.subcomponents):
        if not isinstance(component, Event):
            if component.name != "VTIMEZONE":
                others[str(component.name)] = others.get(str(component.name), 0) + 1
            continue
        uid = str(component.get("UID", "")) or f"#{number + 1}"
        series = by_uid.setdefault(uid, Series(uid=uid))
        if "RECURRENCE-ID" in component:
            series.changed.append(component)
        elif series.master is None:
            series.master = component
        else:
            by_uid[f"{uid}#{number}"] = Series(uid=uid, master=component)
    for name, count in others.items():
        plan.lose(f"{count} {name}", "Only events (VEVENT) say who is on call.")
    yield from by_uid.values()


def _take(series: Series, zone: ZoneInfo, how: Reading, plan: _Plan) -> None:
    try:
        _take_series(series, zone, how, plan)
    except Unreadable as error:
        plan.lose(series.name, str(error))
    except Exception as error:
        # A file of a thousand events may hold one that no library can read: it is named.
        plan.lose(series.name, f"It can't be read: {line(error)}")


def _take_series(series: Series, zone: ZoneInfo, how: Reading, plan: _Plan) -> None:
    """Put down what a series says itself, and how the plan will say it.

    Raises:
        Unreadable: a part of it is not what the standard says.
    """
    for event in series.events:
        for name, why in event.errors:
            if name is None:
                raise Unreadable(f"A line of it can't be read: {' '.join(str(why).split())[:160]}")
            if name not in {"DESCRIPTION", "LOCATION", "ATTACH", "X-ALT-DESC", "GEO", "URL"}:
                raise Unreadable(f"{name} can't be read: {' '.join(str(why).split())[:160]}")
        if "DTSTART" not in event:
            raise Unreadable("It has no beginning (DTSTART).")
    if all(HOLE in event for event in series.events):
        return
    if all(is_cancelled(event) for event in series.events):
        plan.notes.append(f"{series.name} is cancelled, and was left out.")
        return
    who = {id(event): people(event) for event in series.events}
    for event in series.events:
        if not who[id(event)] and not is_cancelled(event):
            raise Unreadable("It names nobody: no title (SUMMARY) and nobody who attends.")
    duties = list(unrolled(series, zone, how))
    if len(duties) > _MOST_DUTIES:
        raise Unreadable(f"It comes more than {_MOST_DUTIES:,} times in a year.")
    plan.people |= {each.key: each for named in who.values() for each in named}
    for level, duty in duties:
        plan.said.setdefault(level, []).append(duty)
    made = icalendar_layers.layers(series, zone)
    once = [] if made is None else list(_changes(series, zone, how))
    if made is None or not _says_the_same(*made, once, duties, how):
        plan.unrolled += [series.name] if _repeats(series) else []
        plan.dated += [_dated(level, duty) for level, duty in duties]
        plan.count(series, duties, zone, how)
        return
    whole, cuts = made
    for layer in whole:
        # Two files may number their events alike.
        named = replace(layer, id=f"{plan.seen}:{layer.id}")
        plan.layers.append(named)
        plan.cuts[named.id] = cuts
    plan.dated += once


def _changes(series: Series, zone: ZoneInfo, how: Reading) -> Iterator[Dated]:
    """The occurrences that were moved, or given to somebody else."""
    for event in series.changed:
        alone = Series(uid=series.uid, master=_alone(event))
        yield from (_dated(level, duty) for level, duty in unrolled(alone, zone, how))


def _says_the_same(
    whole: list[Layer],
    cuts: Cuts,
    once: list[Dated],
    duties: list[tuple[int, Duty]],
    how: Reading,
) -> bool:
    """Whether the layers name whom the calendar names. Calendars hold rules that contradict."""
    start, end = how.starts_at, how.ends_at
    made = [part for layer in whole for part in cut_all(layer, cuts)]
    rota = Rota(
        team="",
        time_zone="UTC",
        layers=numbered(tuple(made)),
        overrides=dated.overrides(once, made, start, end),
    )
    levels = sorted({level for level, _ in duties}, reverse=True)
    theirs = sweep([[d for at, d in duties if at == level] for level in levels], start, end)
    return compare(theirs, spans(rota, start, end)).holds


def _alone(event: Event) -> Event:
    """A changed occurrence as an event of its own."""
    copy = event.copy(recursive=True)
    copy.pop("RECURRENCE-ID", None)
    return copy


def _repeats(series: Series) -> bool:
    master = series.master
    return master is not None and ("RRULE" in master or "RDATE" in master)


def _dated(level: int, duty: Duty) -> Dated:
    return Dated(
        person=duty.person, priority=level + 1, starts_at=duty.starts_at, ends_at=duty.ends_at
    )


def _found(plan: _Plan, title: str, zone: str, how: Reading) -> Found:
    joined = rules.joined(ahead(plan.layers, how.starts_at), plan.cuts)
    layers = numbered(ahead(joined, how.starts_at))
    said = sweep(
        [plan.said[level] for level in sorted(plan.said, reverse=True)],
        how.starts_at,
        how.ends_at,
    )
    if plan.unrolled:
        named = "; ".join(plan.unrolled[:5]) + (" and more" if len(plan.unrolled) > 5 else "")
        plan.notes.append(
            f"No rotation says what {named} says: written as dated spans until "
            f"{how.ends_at:%Y-%m-%d}. Import again before then."
        )
    if plan.over:
        plan.notes.append(f"{plan.over:,} that are over were left out.")
    if plan.later:
        plan.notes.append(
            f"{len(plan.later):,} begin after {how.ends_at:%Y-%m-%d} and were left out, "
            f"the first of them {plan.later[0]}. Import again before then."
        )
    return Found(
        source="icalendar",
        title=title,
        time_zone=zone,
        people=tuple(plan.people.values()),
        layers=layers,
        overrides=dated.overrides(plan.dated, layers, how.starts_at, how.ends_at),
        lost=tuple(plan.lost),
        notes=tuple(plan.notes),
        said=Said(by=SAYS, spans=said),
        dated_until=how.ends_at if plan.unrolled or plan.later else None,
    )
