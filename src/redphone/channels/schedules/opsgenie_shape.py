"""An Opsgenie schedule as its API writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

MOST_UNITS = 10_000
"""Hours, days or weeks of a turn: more is no turn."""


class Participant(msgspec.Struct):
    type: str
    id: str | None = None
    username: str | None = None
    name: str | None = None

    @property
    def key(self) -> str:
        return self.id or self.username or self.name or ""


class Restriction(msgspec.Struct, rename="camel"):
    start_hour: int
    end_hour: int
    start_min: int = 0
    end_min: int = 0
    start_day: str | None = None
    end_day: str | None = None


class TimeRestriction(msgspec.Struct):
    type: str
    restriction: Restriction | None = None
    restrictions: list[Restriction] = []

    @property
    def parts(self) -> list[Restriction]:
        return [*self.restrictions, *([self.restriction] if self.restriction else [])]


class Rotation(msgspec.Struct, rename="camel"):
    start_date: datetime
    type: str
    participants: list[Participant]
    id: str | None = None
    name: str | None = None
    end_date: datetime | None = None
    length: Annotated[int, msgspec.Meta(le=MOST_UNITS)] = 1
    enabled: bool = True
    time_restriction: TimeRestriction | None = None


class Named(msgspec.Struct):
    id: str | None = None
    name: str | None = None


class OverrideGiven(msgspec.Struct, rename="camel"):
    user: Participant
    start_date: datetime
    end_date: datetime
    rotations: list[Named] = []


class Schedule(msgspec.Struct):
    rotations: list[Rotation]
    timezone: str = "UTC"
    name: str | None = None
    enabled: bool = True
    overrides: list[OverrideGiven] = []


class Period(msgspec.Struct, rename="camel"):
    start_date: datetime
    end_date: datetime
    recipient: Participant | None = None
    flattened_recipients: list[Participant] = []


class TimelineRotation(msgspec.Struct):
    periods: list[Period] = []


class FinalTimeline(msgspec.Struct):
    rotations: list[TimelineRotation] = []


class Timeline(msgspec.Struct, rename="camel"):
    final_timeline: FinalTimeline
    start_date: datetime | None = None
    end_date: datetime | None = None


class User(msgspec.Struct, rename="camel"):
    id: str
    username: str
    full_name: str | None = None
