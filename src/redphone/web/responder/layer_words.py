"""A layer of a rota as a sentence: who takes turns, when they hand over, and when it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from itertools import groupby

from redphone.core.oncall import Layer, OnHolidays, Unit, Window
from redphone.web import walls
from redphone.web.words import people_list

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOLIDAYS = {
    OnHolidays.ALSO: "",
    OnHolidays.NEVER: "not on holidays",
    OnHolidays.ONLY: "on holidays only",
}


def turns(layer: Layer, names: Mapping[str, str]) -> list[str]:
    """Each turn's people: "Ana", "Bo and Ines", "nobody"."""
    return [people_list([names[person] for person in turn]) or "nobody" for turn in layer.turns]


def rhythm(layer: Layer) -> str:
    """When turns change: "every 2 weeks on Monday at 09:00, Europe/Berlin"."""
    wall = layer.starts_at.astimezone(walls.zone(layer.time_zone))
    at = f" at {wall:%H:%M}"
    where = "the time of who begins" if layer.handover_in_persons_zone else layer.time_zone
    every = f"every {layer.every} {layer.unit}s" if layer.every > 1 else f"every {layer.unit}"
    when = {
        Unit.HOUR: f", counted from {walls.day(wall.date())}{at}",
        Unit.DAY: at,
        Unit.WEEK: f" on {_LONG[wall.weekday()]}{at}",
        Unit.MONTH: f" on the {ordinal(wall.day)}{at}",
    }[layer.unit]
    return f"{every}{when}, {where}"


def ordinal(number: int) -> str:
    """ "1st", "22nd", "13th"."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in range(11, 14) else ends.get(number % 10, 'th')}"


def limits(layer: Layer) -> list[str]:
    """When the layer holds, where that is not always: hours of the week, holidays, its end."""
    found = [f"only {hours(layer.windows)}"] if layer.windows else []
    found += [said] if (said := _HOLIDAYS[layer.on_holidays]) else []
    if layer.ends_at is not None:
        wall = layer.ends_at.astimezone(walls.zone(layer.time_zone))
        found.append(f"until {walls.day(wall.date())} {wall:%Y, %H:%M}")
    return found


def hours(windows: Iterable[Window]) -> str:
    """Windows as people say them: "Mon to Fri 09:00–17:00; Fri 18:00 to Mon 09:00"."""
    rest, daily = sorted_out(windows)
    said = [f"{_days(days)} {_span(starts, ends)}" for days, starts, ends in daily]
    return "; ".join(said + [_long(window) for window in rest])


def _span(starts: time, ends: time) -> str:
    return "all day" if starts == ends == time(0) else f"{starts:%H:%M}–{ends:%H:%M}"


def _long(of: Window) -> str:
    if (of.from_day, of.from_time) == (of.to_day, of.to_time):
        return "the whole week"
    return f"{DAYS[of.from_day]} {of.from_time:%H:%M} to {DAYS[of.to_day]} {of.to_time:%H:%M}"


def daily(window: Window) -> bool:
    """Whether a window is the hours of one day, or of one night into the next."""
    night = window.to_time <= window.from_time
    return window.to_day == (window.from_day + night) % 7


Daily = tuple[tuple[int, ...], time, time]


def sorted_out(windows: Iterable[Window]) -> tuple[list[Window], list[Daily]]:
    """Windows over several days, and those of single days gathered by their hours."""
    given = list(windows)
    single = sorted(
        (w for w in given if daily(w)), key=lambda w: (w.from_time, w.to_time, w.from_day)
    )
    gathered = [
        (tuple(w.from_day for w in group), starts, ends)
        for (starts, ends), group in groupby(single, key=lambda w: (w.from_time, w.to_time))
    ]
    return [w for w in given if not daily(w)], gathered


def _days(days: tuple[int, ...]) -> str:
    """ "Mon to Fri", "Mon, Wed and Fri", "every day"."""
    if len(days) == 7:
        return "every day"
    return people_list(list(_runs(days)))


def _runs(days: tuple[int, ...]) -> Iterator[str]:
    for _, group in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        run = [day for _, day in group]
        if len(run) > 2:
            yield f"{DAYS[run[0]]} to {DAYS[run[-1]]}"
        else:
            yield from (DAYS[day] for day in run)
