"""Opsgenie schedules: rotations side by side, with overrides and the timeline beside.

What the API answers for a schedule with `expand=rotation`, its overrides and timeline, in one or
several files. Rotations are equals. An override takes the place of some of them, or of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, time
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from redphone.channels.schedules import opsgenie_says
from redphone.channels.schedules.documents import aware, convert, leaves, zone
from redphone.channels.schedules.found import Found, Lost, Reading, Said, Unreadable, Who
from redphone.channels.schedules.opsgenie_shape import (
    OverrideGiven,
    Rotation,
    Schedule,
    Timeline,
    TimeRestriction,
    User,
)
from redphone.channels.schedules.says import Duty, splice, sweep
from redphone.channels.schedules.turns import ahead, clip, cut_out, numbered
from redphone.core.oncall import Layer, Override, Unit, Window

UNITS = {"hourly": Unit.HOUR, "daily": Unit.DAY, "weekly": Unit.WEEK}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NOBODY = "none"


def read(files: Sequence[bytes], how: Reading) -> Found:
    """The schedule in these files. Never raises: what can't be read is named."""
    try:
        given = leaves(files, _kind)
        schedules = [convert(each, Schedule, "schedule") for each in given.get("schedule", [])]
        if len(schedules) != 1:
            raise Unreadable(_number(schedules))
        schedule = schedules[0]
        for each in given.get("rotation", []):
            rotation = convert(each, Rotation, "rotation")
            if rotation.id not in {r.id for r in schedule.rotations}:
                schedule.rotations.append(rotation)
        for each in given.get("override", []):
            schedule.overrides.append(convert(each, OverrideGiven, "override"))
        timelines = [convert(each, Timeline, "timeline") for each in given.get("timeline", [])]
        users = [convert(each, User, "user") for each in given.get("user", [])]
        return _found(schedule, timelines, users, how)
    except Unreadable as error:
        return Found(source="opsgenie", broken=str(error))


def _kind(value: dict[str, Any]) -> str:
    if isinstance(value.get("rotations"), list) and ("timezone" in value or "enabled" in value):
        return "schedule"
    if "finalTimeline" in value:
        return "timeline"
    if {"startDate", "endDate", "user"} <= set(value):
        return "override"
    if {"participants", "startDate"} <= set(value):
        return "rotation"
    return "user" if {"id", "username"} <= set(value) else ""


def _number(schedules: list[Schedule]) -> str:
    if not schedules:
        return "There is no schedule with rotations in it. Ask the API for expand=rotation."
    names = ", ".join(str(each.name) for each in schedules[:8])
    return f"There are several schedules in it ({names}). Import one at a time."


def _found(given: Schedule, timelines: list[Timeline], users: list[User], how: Reading) -> Found:
    own = zone(given.timezone)
    lost, notes = _lost(given), []
    if not given.enabled:
        notes.append("The schedule is switched off in Opsgenie. It is on here once it is saved.")
    overrides = _standing(given, own, how)
    some = [each for each in overrides if not _is_for_all(each, given)]
    layers: list[Layer] = []
    readable: list[Rotation] = []
    for number, rotation in enumerate(given.rotations, 1):
        try:
            layers += _rotation(rotation, number, some, own, how)
            readable.append(rotation)
        except Unreadable as error:
            lost.append(Lost(name=f"rotation {_name(rotation, number)}", why=str(error)))
    layers += [_once(each, number) for number, each in enumerate(some, 1)]
    return Found(
        source="opsgenie",
        title=given.name or "",
        time_zone=own.key,
        people=_people(given, users),
        layers=numbered(tuple(layers)),
        overrides=tuple(
            Override(
                person=each.user.key,
                starts_at=each.start_date.astimezone(UTC),
                ends_at=each.end_date.astimezone(UTC),
                replaces_all=True,
            )
            for each in overrides
            if _is_for_all(each, given)
        ),
        lost=tuple(lost),
        notes=tuple(notes),
        said=_said(replace(given, rotations=readable), timelines, users, overrides, own, how),
    )


def _lost(given: Schedule) -> list[Lost]:
    """Participants that are teams or escalations: who they are is not in the answer."""
    found = {}
    placed = [p for rotation in given.rotations for p in rotation.participants]
    for each in [*placed, *(o.user for o in given.overrides)]:
        if each.type not in {"user", NOBODY}:
            name = f"{each.type} {each.name or each.key}"
            why = "It stands for people who are not in the file. Its turns stay empty."
            found[name] = Lost(name=name, why=why)
    return list(found.values())


def _name(rotation: Rotation, number: int) -> str:
    return rotation.name or rotation.id or str(number)


def _standing(given: Schedule, own: ZoneInfo, how: Reading) -> list[OverrideGiven]:
    for each in given.overrides:
        each.start_date, each.end_date = aware(each.start_date, own), aware(each.end_date, own)
    return [
        each
        for each in given.overrides
        if each.end_date > max(each.start_date, how.starts_at) and each.user.type == "user"
    ]


def _is_for_all(override: OverrideGiven, given: Schedule) -> bool:
    if not override.rotations:
        return True
    return all(_concerns(override, rotation) for rotation in given.rotations if rotation.enabled)


def _concerns(override: OverrideGiven, rotation: Rotation) -> bool:
    return any(
        (each.id is not None and each.id == rotation.id)
        or (each.id is None and each.name == rotation.name)
        for each in override.rotations
    )


def _rotation(
    given: Rotation, number: int, some: list[OverrideGiven], own: ZoneInfo, how: Reading
) -> list[Layer]:
    unit = UNITS.get(given.type.lower())
    if unit is None:
        raise Unreadable(f"Nobody here knows a rotation of the kind {given.type!r}.")
    if given.length < 1:
        raise Unreadable("A turn lasts no time at all.")
    if not given.enabled or not given.participants:
        return []
    whole = Layer(
        id=given.id or f"rotation-{number}",
        name=_name(given, number),
        priority=1,
        time_zone=own.key,
        turns=tuple((p.key,) if p.type == "user" else () for p in given.participants),
        unit=unit,
        every=given.length,
        starts_at=aware(given.start_date, own).astimezone(UTC),
        windows=_windows(given.time_restriction),
    )
    end = aware(given.end_date, own).astimezone(UTC) if given.end_date else None
    parts = list(clip(whole, None, end))
    for each in some:
        if _concerns(each, given):
            since, until = each.start_date.astimezone(UTC), each.end_date.astimezone(UTC)
            parts = [rest for part in parts for rest in cut_out(part, since, until)]
    return list(ahead(parts, how.starts_at))


def _once(given: OverrideGiven, number: int) -> Layer:
    """An override of some rotations, as a layer beside the others, from which it was cut out."""
    return Layer(
        id=f"override-{number}",
        name="Override",
        priority=1,
        time_zone="UTC",
        turns=((given.user.key,),),
        unit=Unit.WEEK,
        every=1,
        starts_at=given.start_date.astimezone(UTC),
        ends_at=given.end_date.astimezone(UTC),
    )


def _windows(given: TimeRestriction | None) -> tuple[Window, ...]:
    if given is None:
        return ()
    found: list[Window] = []
    for each in given.parts:
        starts, ends = _time(each.start_hour, each.start_min), _time(each.end_hour, each.end_min)
        if given.type == "time-of-day":
            if starts == ends:
                return ()
            later = 1 if ends < starts else 0
            found += [_window(day, starts, day + later, ends) for day in range(7)]
        else:
            found.append(_window(_day(each.start_day), starts, _day(each.end_day), ends))
    return tuple(found)


def _window(from_day: int, starts: time, to_day: int, ends: time) -> Window:
    return Window(from_day=from_day, from_time=starts, to_day=to_day % 7, to_time=ends)


def _time(hour: int, minute: int) -> time:
    try:
        return time(hour % 24, minute)
    except ValueError as error:
        raise Unreadable(f"{hour}:{minute} is no time of the day.") from error


def _day(name: str | None) -> int:
    if (name or "").lower() not in DAYS:
        raise Unreadable(f"{name!r} is no day of the week.")
    return DAYS.index(str(name).lower())


def _people(given: Schedule, users: list[User]) -> tuple[Who, ...]:
    more = {each.id: each for each in users} | {each.username: each for each in users}
    found: dict[str, Who] = {}
    placed = [p for rotation in given.rotations for p in rotation.participants]
    for each in [*placed, *(o.user for o in given.overrides)]:
        if each.type == "user" and each.key:
            known = more.get(each.key)
            address = (known.username if known else each.username) or ""
            name = (known.full_name if known else None) or each.name or address
            email = address.lower() if "@" in address else ""
            found.setdefault(each.key, Who(key=each.key, name=name, email=email))
    return tuple(found.values())


def _said(
    given: Schedule,
    timelines: list[Timeline],
    users: list[User],
    overrides: list[OverrideGiven],
    own: ZoneInfo,
    how: Reading,
) -> Said:
    """Its own timeline as far as that was given, and its rules, read apart, for the rest."""
    start, end = how.starts_at, how.ends_at
    spans = opsgenie_says.spans(given, overrides, own, start, end)
    told = False
    keys = _keys(given, users)
    for timeline in timelines:
        duties = _periods(timeline, keys, own)
        since = timeline.start_date or min((d.starts_at for d in duties), default=end)
        until = timeline.end_date or max((d.ends_at for d in duties), default=start)
        since, until = max(aware(since, own), start), min(aware(until, own), end)
        if since < until:
            told = True
            spans = splice(spans, sweep([duties], since, until))
    by = "Opsgenie's rules, read a second time"
    return Said(by=f"Opsgenie's own timeline, and {by}" if told else by, spans=spans)


def _keys(given: Schedule, users: list[User]) -> dict[str, str]:
    """The key under which the schedule knows somebody, by each of their names."""
    placed = [p for rotation in given.rotations for p in rotation.participants]
    placed += [o.user for o in given.overrides]
    ids = {name: p.key for p in placed for name in (p.id, p.username, p.name) if name}
    for user in users:
        ids |= {name: ids[user.id] for name in (user.username,) if user.id in ids}
        ids |= {user.id: ids[user.username]} if user.username in ids else {}
    return ids


def _periods(timeline: Timeline, keys: dict[str, str], own: ZoneInfo) -> list[Duty]:
    return [
        Duty(
            person=next((keys[n] for n in (who.id, who.username, who.name) if n in keys), who.key),
            starts_at=aware(period.start_date, own),
            ends_at=aware(period.end_date, own),
        )
        for rotation in timeline.final_timeline.rotations
        for period in rotation.periods
        for who in ([period.recipient] if period.recipient else period.flattened_recipients)
        if who.type == "user"
    ]
