"""Schedules of Grafana OnCall: what its API answers for a schedule, its shifts, users and finals.

A shift of a higher level hides lower ones; an override hides all. Times without an offset are on
the wall of the shift's zone, or else of the schedule's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from redphone.channels.schedules import dated, grafana_says, rules
from redphone.channels.schedules.dated import Dated
from redphone.channels.schedules.documents import aware, convert, leaves, zone
from redphone.channels.schedules.found import Found, Lost, Reading, Said, Unreadable, Who
from redphone.channels.schedules.grafana_shape import FinalShift, Schedule, Shift, User
from redphone.channels.schedules.rules import Every, Rule
from redphone.channels.schedules.says import Duty, splice, sweep
from redphone.channels.schedules.turns import ahead, numbered
from redphone.core.oncall import Layer, Override

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
TYPES = {"single_event", "recurrent_event", "rolling_users", "override"}
_EVERY = {"hourly": Every.HOUR, "daily": Every.DAY, "weekly": Every.WEEK}
_MOST_DUTIES = 20_000


def read(files: Sequence[bytes], how: Reading) -> Found:
    """The schedule in these files. Never raises: what can't be read is named."""
    try:
        given = leaves(files, _kind)
        schedules = [convert(each, Schedule, "schedule") for each in given.get("schedule", [])]
        shifts = [convert(each, Shift, "shift") for each in given.get("shift", [])]
        users = [convert(each, User, "user") for each in given.get("user", [])]
        finals = [convert(each, FinalShift, "final shift") for each in given.get("final", [])]
        if len(schedules) > 1:
            names = ", ".join(str(each.name or each.id) for each in schedules[:8])
            raise Unreadable(f"There are several schedules ({names}). Import one at a time.")
        if not shifts:
            raise Unreadable("There are no shifts in it. Save what GET /on_call_shifts answers.")
        return _found(schedules[0] if schedules else Schedule(), shifts, users, finals, how)
    except Unreadable as error:
        return Found(source="grafana", broken=str(error))


def _kind(value: dict[str, Any]) -> str:
    if {"type", "start", "duration"} <= set(value):
        return "shift"
    if "shift_start" in value:
        return "final"
    if "on_call_now" in value or "ical_url_overrides" in value or "shifts" in value:
        return "schedule"
    return "user" if {"id", "username"} <= set(value) else ""


def _found(
    schedule: Schedule,
    shifts: list[Shift],
    users: list[User],
    finals: list[FinalShift],
    how: Reading,
) -> Found:
    own = zone(schedule.time_zone or "UTC")
    lost = _lost(schedule, shifts)
    if schedule.shifts is not None:
        shifts = [each for each in shifts if each.id in schedule.shifts]
    layers: list[Layer] = []
    once: list[Dated] = []
    overrides: list[Override] = []
    said: dict[int, list[Duty]] = {}
    unrolled: list[str] = []
    for number, shift in enumerate(shifts, 1):
        try:
            duties = _duties(shift, own, how)
            made = _layers(shift, number, own)
        except (Unreadable, ValueError, OverflowError) as error:
            # A rule that the library can't follow is one shift's fault: the others go on.
            lost.append(Lost(name=f"shift {shift.called}"[:120], why=str(error)[:200]))
            continue
        level = 1_000_000 if shift.type == "override" else shift.level or 0
        said.setdefault(level, []).extend(duties)
        if shift.type == "override":
            overrides += [_override(duty) for duty in duties]
        elif made is not None:
            layers += made
        else:
            unrolled += [shift.called] if shift.frequency else []
            once += [_dated(level, duty) for duty in duties]
    alone = numbered(rules.joined(ahead(layers, how.starts_at)))
    levels = [said[level] for level in sorted(said, reverse=True)]
    return Found(
        source="grafana",
        title=schedule.name or "",
        time_zone=own.key,
        people=_people(shifts, users),
        layers=alone,
        overrides=(
            *dated.overrides(once, alone, how.starts_at, how.ends_at),
            *overrides,
        ),
        lost=tuple(lost),
        notes=_notes(unrolled, how),
        said=_said(levels, finals, users, how),
        dated_until=how.ends_at if unrolled else None,
    )


def _lost(schedule: Schedule, shifts: list[Shift]) -> list[Lost]:
    found = []
    if schedule.ical_url_primary:
        why = "Its shifts are in that calendar. Import its file as iCalendar."
        found.append(Lost(name="ical_url_primary", why=why))
    if schedule.ical_url_overrides:
        why = "Overrides in that calendar are not in these files."
        found.append(Lost(name="ical_url_overrides", why=why))
    missing = set(schedule.shifts or []) - {each.id for each in shifts}
    found += [
        Lost(name=f"shift {each}", why="The schedule names it, and it is not in the files.")
        for each in sorted(missing)
    ]
    return found


def _notes(unrolled: list[str], how: Reading) -> tuple[str, ...]:
    if not unrolled:
        return ()
    named = "; ".join(unrolled[:5]) + (" and more" if len(unrolled) > 5 else "")
    until = f"{how.ends_at:%Y-%m-%d}"
    said = f"No rotation says what {named} says: written as dated spans until {until}."
    return (f"{said} Import again before then.",)


def _duties(shift: Shift, own: ZoneInfo, how: Reading) -> list[Duty]:
    if shift.type not in TYPES:
        raise Unreadable(f"Nobody here knows a shift of the kind {shift.type!r}.")
    if shift.duration <= 0 or (shift.interval is not None and shift.interval < 1):
        raise Unreadable("It lasts no time at all.")
    shift.frequency = shift.frequency or None
    if shift.frequency not in {None, "hourly", "daily", "weekly", "monthly"}:
        raise Unreadable(f"Nobody here knows how often {shift.frequency!r} is.")
    if set(shift.by_day or []) - set(DAYS) or shift.week_start not in {None, "", *DAYS}:
        raise Unreadable("It names a day of the week that nobody knows.")
    duties = grafana_says.duties(shift, _zone(shift, own), how.starts_at, how.ends_at)
    if len(duties) > _MOST_DUTIES:
        raise Unreadable(f"It comes more than {_MOST_DUTIES:,} times in a year.")
    return duties


def _zone(shift: Shift, own: ZoneInfo) -> ZoneInfo:
    return zone(shift.time_zone) if shift.time_zone else own


def _layers(shift: Shift, number: int, own: ZoneInfo) -> tuple[Layer, ...] | None:
    """The shift as layers, or None when it has to be written as dated spans."""
    every = _EVERY.get(shift.frequency or "")
    if every is None or shift.by_month or shift.by_monthday or shift.type == "override":
        return None
    if shift.rotation_start is not None and shift.rotation_start != shift.start:
        return None
    groups = shift.groups
    days = frozenset(DAYS.index(day) for day in shift.by_day or [])
    starts = shift.start.replace(tzinfo=None)
    week_start = DAYS.index(shift.week_start or "SU")
    if days and starts.weekday() not in days:
        if shift.type != "rolling_users":
            return None
        starts += timedelta(
            (min((d - week_start) % 7 for d in days) + week_start - starts.weekday()) % 7
        )
    interval = shift.interval or 1
    if every is Every.DAY and days and shift.type == "rolling_users" and len(groups) == 1:
        interval = 1
    return rules.layers(
        Rule(
            id=shift.id or f"shift-{number}",
            name=shift.called,
            priority=(shift.level or 0) + 1,
            time_zone=_zone(shift, own).key,
            groups=groups,
            every=every,
            starts=starts,
            lasts=timedelta(seconds=shift.duration),
            interval=interval,
            days=days,
            week_start=week_start,
            until=aware(shift.until, ZoneInfo("UTC")) if shift.until else None,
        )
    )


def _dated(level: int, duty: Duty) -> Dated:
    return Dated(
        person=duty.person, priority=level + 1, starts_at=duty.starts_at, ends_at=duty.ends_at
    )


def _override(duty: Duty) -> Override:
    return Override(
        person=duty.person, starts_at=duty.starts_at, ends_at=duty.ends_at, replaces_all=True
    )


def _people(shifts: list[Shift], users: list[User]) -> tuple[Who, ...]:
    known = {each.id: each for each in users}
    found = {}
    for key in (who for shift in shifts for group in shift.groups for who in group):
        user = known.get(key)
        name = (user.name or user.username) if user else key
        found[key] = Who(key=key, name=name, email=((user and user.email) or "").lower())
    return tuple(found.values())


def _said(
    levels: list[list[Duty]], finals: list[FinalShift], users: list[User], how: Reading
) -> Said:
    """Its own final shifts as far as they were given, and its rules, read apart, for the rest."""
    spans = sweep(levels, how.starts_at, how.ends_at)
    by = "Grafana OnCall's rules, read a second time"
    ids = {name: each.id for each in users for name in (each.username, each.email) if name}
    duties = [
        Duty(
            person=each.user_pk or ids.get(each.user_username or "") or each.user_email or "",
            starts_at=aware(each.shift_start, ZoneInfo("UTC")),
            ends_at=aware(each.shift_end, ZoneInfo("UTC")),
        )
        for each in finals
    ]
    since = max(min((d.starts_at for d in duties), default=how.ends_at), how.starts_at)
    until = min(max((d.ends_at for d in duties), default=how.starts_at), how.ends_at)
    if since >= until:
        return Said(by=by, spans=spans)
    said = splice(spans, sweep([duties], since, until))
    return Said(
        by=f"Grafana OnCall's own final shifts until {until:%Y-%m-%d}, and {by}", spans=said
    )
