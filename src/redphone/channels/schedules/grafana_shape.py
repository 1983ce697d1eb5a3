"""Shifts and schedules of Grafana OnCall as its API writes them."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Shift(msgspec.Struct):
    type: str
    start: datetime
    duration: int
    id: str | None = None
    name: str | None = None
    time_zone: str | None = None
    level: int | None = 0
    frequency: str | None = None
    interval: int | None = 1
    until: datetime | None = None
    week_start: str | None = None
    by_day: list[str] | None = None
    by_month: list[int] | None = None
    by_monthday: list[int] | None = None
    users: list[str] | None = None
    rolling_users: list[list[str]] | None = None
    start_rotation_from_user_index: int | None = None
    rotation_start: datetime | None = None

    @property
    def called(self) -> str:
        return self.name or self.id or "without a name"

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Who takes turns, the first group first. Events that do not roll have one group."""
        if self.type == "rolling_users" or (self.type == "override" and self.rolling_users):
            given = [tuple(group) for group in self.rolling_users or []]
            first = (self.start_rotation_from_user_index or 0) % max(len(given), 1)
            return (*given[first:], *given[:first])
        return (tuple(self.users or []),)


class Schedule(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    type: str | None = None
    time_zone: str | None = None
    shifts: list[str] | None = None
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None


class User(msgspec.Struct):
    id: str
    username: str
    email: str | None = None
    name: str | None = None


class FinalShift(msgspec.Struct):
    shift_start: datetime
    shift_end: datetime
    user_pk: str | None = None
    user_email: str | None = None
    user_username: str | None = None
