"""Who is on call at a moment: a weekly rota and its overrides.

A shift belongs to the weekday on which it starts, in the team's zone; its start is inclusive, its
end exclusive. A shift whose end is not after its start runs over midnight into the next day (equal
times: a full day). An override takes somebody's place, or stands beside the rota when it names
nobody to replace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A weekly shift. `weekday` 0 is Monday; `person` is a person's id."""

    person: str
    weekday: int
    starts: time
    ends: time

    @property
    def is_overnight(self) -> bool:
        return self.ends <= self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody stands in from `starts_at` until just before `ends_at`."""

    person: str
    starts_at: datetime
    ends_at: datetime
    instead_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """One team's week and its exceptions, in the team's own zone."""

    team: str
    time_zone: str
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()


def on_call(rota: Rota, at: datetime) -> tuple[str, ...]:
    """The people on call at a moment, in the order of the rota, each once.

    Empty when nobody is: the ladder then climbs at once.
    """
    standing = [o for o in rota.overrides if o.starts_at <= at < o.ends_at]
    replaced = {o.instead_of for o in standing if o.instead_of}
    wall = at.astimezone(ZoneInfo(rota.time_zone)).replace(tzinfo=None)
    people = [s.person for s in rota.shifts if covers(s, wall) and s.person not in replaced]
    people += [o.person for o in standing]
    return tuple(dict.fromkeys(people))


def covers(shift: Shift, wall: datetime) -> bool:
    """Whether a shift holds at a wall-clock time of the team's zone."""
    today, now = wall.weekday(), wall.time()
    if not shift.is_overnight:
        return shift.weekday == today and shift.starts <= now < shift.ends
    yesterday = (wall - timedelta(days=1)).weekday()
    return (shift.weekday == today and now >= shift.starts) or (
        shift.weekday == yesterday and now < shift.ends
    )
