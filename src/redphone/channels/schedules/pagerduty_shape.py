"""A PagerDuty schedule as its API writes it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

import msgspec

MOST_SECONDS = 10 * 366 * 86_400
"""Of a turn: more is no turn."""


class User(msgspec.Struct):
    id: str
    summary: str | None = None
    name: str | None = None
    email: str | None = None


class Placed(msgspec.Struct):
    user: User


class Restriction(msgspec.Struct):
    type: str
    start_time_of_day: time
    duration_seconds: int
    start_day_of_week: int | None = None


class Entry(msgspec.Struct):
    start: datetime
    end: datetime
    user: User


class Rendered(msgspec.Struct):
    rendered_schedule_entries: list[Entry] = []


class ScheduleLayer(msgspec.Struct):
    start: datetime
    rotation_virtual_start: datetime
    rotation_turn_length_seconds: Annotated[int, msgspec.Meta(le=MOST_SECONDS)]
    users: list[Placed]
    id: str | None = None
    name: str | None = None
    end: datetime | None = None
    restrictions: list[Restriction] = []


class Schedule(msgspec.Struct):
    schedule_layers: list[ScheduleLayer]
    time_zone: str
    id: str | None = None
    name: str | None = None
    summary: str | None = None
    final_schedule: Rendered | None = None
    overrides_subschedule: Rendered | None = None
    users: list[User] = []
