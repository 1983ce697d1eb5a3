"""PagerDuty schedules, as `GET /schedules/{id}` gives them, with overrides and users beside.

The first of `schedule_layers` hides those after it where it has somebody. Turns of whole days and
weeks keep their wall time; restrictions are in the schedule's zone. An override is alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import gcd
from typing import Any
from zoneinfo import ZoneInfo

from redphone.channels.schedules import pagerduty_says
from redphone.channels.schedules.documents import aware, convert, leaves, zone
from redphone.channels.schedules.found import Found, Lost, Reading, Said, Unreadable, Who
from redphone.channels.schedules.pagerduty_shape import (
    Entry,
    Restriction,
    Schedule,
    ScheduleLayer,
    User,
)
from redphone.channels.schedules.proof import compare
from redphone.channels.schedules.says import Duty, splice, sweep
from redphone.channels.schedules.turns import ahead, clip, numbered
from redphone.core.oncall import Layer, Override, Span, Unit, Window

DAY = 86_400
WEEK = 7 * DAY


def read(files: Sequence[bytes], how: Reading) -> Found:
    """The schedule in these files. Never raises: what can't be read is named."""
    try:
        given = leaves(files, _kind)
        schedules = [convert(each, Schedule, "schedule") for each in given.get("schedule", [])]
        if len(schedules) != 1:
            raise Unreadable(_number(schedules))
        overrides = [convert(each, Entry, "override") for each in given.get("override", [])]
        users = [convert(each, User, "user") for each in given.get("user", [])]
        return _found(schedules[0], overrides, users, how)
    except Unreadable as error:
        return Found(source="pagerduty", broken=str(error))


def _kind(value: dict[str, Any]) -> str:
    if "schedule_layers" in value:
        return "schedule"
    if {"start", "end", "user"} <= set(value):
        return "override"
    return "user" if "id" in value and "email" in value else ""


def _number(schedules: list[Schedule]) -> str:
    if not schedules:
        return "There is no schedule in it. Save what GET /schedules/{id} answers."
    names = ", ".join(str(each.name or each.id) for each in schedules[:8])
    return f"There are several schedules in it ({names}). Import one at a time."


def _found(given: Schedule, more: list[Entry], users: list[User], how: Reading) -> Found:
    own = zone(given.time_zone)
    entries = _overrides(given, more, own, how)
    by_wall = _goes_by_wall(given, entries, own, how)
    lost: list[Lost] = []
    layers: list[Layer] = []
    # The first one hides the others: it has the highest priority.
    for number, each in enumerate(reversed(given.schedule_layers), 1):
        try:
            layers += _layers(each, number, own, how, by_wall=by_wall)
        except Unreadable as error:
            lost.append(Lost(name=f"layer {_name(each, number)}", why=str(error)))
    note = "Turns of hours are handed over by the wall, as its final schedule does."
    return Found(
        source="pagerduty",
        title=given.name or given.summary or "",
        time_zone=own.key,
        people=_people(given, entries, users),
        layers=numbered(tuple(layers)),
        overrides=tuple(
            Override(
                person=each.user.id,
                starts_at=each.start.astimezone(UTC),
                ends_at=each.end.astimezone(UTC),
                replaces_all=True,
            )
            for each in entries
        ),
        lost=tuple(lost),
        notes=(note,) if by_wall else (),
        said=_said(given, entries, own, how, by_wall=by_wall),
    )


def _goes_by_wall(given: Schedule, entries: list[Entry], own: ZoneInfo, how: Reading) -> bool:
    """Whether turns of hours keep their wall time, which only its final schedule can tell."""
    rendered = _rendered(given, own, how)
    if not rendered:
        return False
    since, until = rendered[0].starts_at, rendered[-1].ends_at
    agree = [
        compare(
            rendered, pagerduty_says.spans(given, entries, own, since, until, by_wall=by_wall)
        ).agree
        for by_wall in (False, True)
    ]
    return agree[1] > agree[0]


def _name(layer: ScheduleLayer, number: int) -> str:
    return layer.name or layer.id or str(number)


def _layers(
    given: ScheduleLayer, number: int, own: ZoneInfo, how: Reading, *, by_wall: bool
) -> tuple[Layer, ...]:
    seconds = given.rotation_turn_length_seconds
    unit, length = next(
        (
            (unit, length)
            for unit, length in ((Unit.WEEK, WEEK), (Unit.DAY, DAY), (Unit.HOUR, 3600))
            if seconds > 0 and seconds % length == 0
        ),
        (Unit.HOUR, 0),
    )
    if not length:
        raise Unreadable(f"A turn of {seconds:,} seconds is no whole hour.")
    if not given.users:
        return ()
    whole = Layer(
        id=given.id or f"layer-{number}",
        name=_name(given, number),
        priority=number,
        time_zone=own.key,
        turns=tuple((each.user.id,) for each in given.users),
        unit=unit,
        every=seconds // length,
        starts_at=aware(given.rotation_virtual_start, own).astimezone(UTC),
        windows=_windows(given.restrictions),
    )
    end = aware(given.end, own).astimezone(UTC) if given.end else None
    start = aware(given.start, own).astimezone(UTC)
    split = by_wall and not whole.windows and 0 < seconds < DAY and DAY % seconds == 0
    parts = _parts_of_a_day(whole, DAY // seconds, own) if split else (whole,)
    return tuple(each for part in parts for each in ahead(clip(part, start, end), how.starts_at))


def _parts_of_a_day(whole: Layer, parts: int, own: ZoneInfo) -> tuple[Layer, ...]:
    """Turns of hours that keep their wall time: each part of the day takes its turns by days."""
    days = len(whole.turns) // gcd(len(whole.turns), parts)
    begins = whole.starts_at.astimezone(own).replace(tzinfo=None)
    length = timedelta(days=1) / parts
    return tuple(
        replace(
            whole,
            turns=tuple(
                whole.turns[(day * parts + part) % len(whole.turns)] for day in range(days)
            ),
            unit=Unit.DAY,
            every=1,
            windows=tuple(
                _between(day, begins + part * length, begins + (part + 1) * length)
                for day in range(7)
            ),
        )
        for part in range(parts)
    )


def _between(day: int, starts: datetime, ends: datetime) -> Window:
    later = (ends.date() - starts.date()).days
    return Window(
        from_day=day, from_time=starts.time(), to_day=(day + later) % 7, to_time=ends.time()
    )


def _windows(given: list[Restriction]) -> tuple[Window, ...]:
    """Restrictions as parts of the week; () when they leave nothing out."""
    found: list[Window] = []
    for each in given:
        daily = each.type == "daily_restriction"
        if not daily and each.type != "weekly_restriction":
            raise Unreadable(f"Nobody here knows a restriction of the kind {each.type!r}.")
        if each.duration_seconds <= 0:
            raise Unreadable("A restriction lasts no time at all.")
        if each.duration_seconds >= (DAY if daily else WEEK):
            return ()
        if daily:
            found += [_window(day, each) for day in range(7)]
        else:
            day = each.start_day_of_week
            if day is None or not 1 <= day <= 7:
                raise Unreadable("A weekly restriction names no day of the week.")
            found.append(_window(day - 1, each))
    return tuple(found)


def _window(day: int, given: Restriction) -> Window:
    starts = datetime.combine(datetime(2024, 1, 1 + day, tzinfo=UTC), given.start_time_of_day)
    ends = starts + timedelta(seconds=given.duration_seconds)
    return Window(
        from_day=day, from_time=starts.time(), to_day=ends.weekday(), to_time=ends.time()
    )


def _overrides(given: Schedule, more: list[Entry], own: ZoneInfo, how: Reading) -> list[Entry]:
    """The overrides that are not over, each once, though two answers may hold them."""
    rendered = given.overrides_subschedule
    every = [*more, *(rendered.rendered_schedule_entries if rendered and not more else [])]
    by_key = {}
    for each in every:
        each.start, each.end = aware(each.start, own), aware(each.end, own)
        if each.start < each.end and each.end > how.starts_at:
            by_key[(each.start, each.end, each.user.id)] = each
    return list(by_key.values())


def _people(given: Schedule, entries: list[Entry], users: list[User]) -> tuple[Who, ...]:
    named = [place.user for layer in given.schedule_layers for place in layer.users]
    named += [each.user for each in entries]
    used = {user.id for user in named}
    found: dict[str, Who] = {}
    # What says more of somebody comes later: a user's own answer has the address.
    for user in (*named, *given.users, *users):
        if user.id in used:
            before = found.get(user.id, Who(key=user.id))
            name = user.name or user.summary or before.name
            email = (user.email or before.email).lower()
            found[user.id] = Who(key=user.id, name=name, email=email)
    return tuple(found.values())


def _said(
    given: Schedule, entries: list[Entry], own: ZoneInfo, how: Reading, *, by_wall: bool
) -> Said:
    """Its final schedule as far as that was given, and its rules, read apart, for the rest."""
    start, end = how.starts_at, how.ends_at
    spans = pagerduty_says.spans(given, entries, own, start, end, by_wall=by_wall)
    rendered = _rendered(given, own, how)
    if not rendered:
        return Said(by="PagerDuty's rules, read a second time", spans=spans)
    until = rendered[-1].ends_at
    whole = rendered[0].starts_at == start and until >= end
    until_when = "" if whole else f" until {until:%Y-%m-%d}, and its rules, read a second time"
    return Said(by=f"PagerDuty's own final schedule{until_when}", spans=splice(spans, rendered))


def _rendered(given: Schedule, own: ZoneInfo, how: Reading) -> tuple[Span, ...]:
    """Its final schedule, from its first entry to the end of its last; () without any."""
    final = given.final_schedule.rendered_schedule_entries if given.final_schedule else []
    duties = [
        Duty(person=e.user.id, starts_at=aware(e.start, own), ends_at=aware(e.end, own))
        for e in final
    ]
    since = max(min((d.starts_at for d in duties), default=how.ends_at), how.starts_at)
    until = min(max((d.ends_at for d in duties), default=how.starts_at), how.ends_at)
    return sweep([duties], since, until) if since < until else ()
