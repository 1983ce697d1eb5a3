"""The time zone and the week of the policy file's business hours.

Source: FAQ-3, FAQ-7, FAQ-8, which speak of business hours and days and define neither.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from redphone.core.policy.fields import Fields

Window = tuple[time, time]
Week = tuple[tuple[Window, ...], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"([01]?\d|2[0-3]):([0-5]\d)\s*[-\u2013]\s*(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)"
)
_MIDNIGHT = time(0, 0)


def read_week(fields: Fields) -> tuple[str, Week]:
    """The zone's name and seven days of (opens, closes), Monday first.

    A `closes` of 00:00 is the end of the day. Windows of a day are in order and don't overlap.
    """
    zone = fields.text("time_zone")
    if zone and not _is_zone(zone):
        fields.wrong("time_zone", f'"{zone}" is not a time zone. Write one like "Europe/Berlin".')
    table = fields.table("week")
    week = tuple(_day(table, day) for day in DAYS)
    table.done()
    if fields.has("week") and not any(week):
        fields.wrong("week", "The week has no opening hours. Give at least one day its hours.")
    return zone, week


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # what zoneinfo raises depends on the wrong name
        return False
    return True


def _day(table: Fields, day: str) -> tuple[Window, ...]:
    """The windows of one day, written "09:00-12:00, 13:00-18:00"; a day left out is closed."""
    written = table.text(day, "")
    windows: list[Window] = []
    for part in filter(None, (each.strip() for each in written.split(","))):
        match = _WINDOW.fullmatch(part)
        window = _window(match) if match else None
        if window is None:
            table.wrong(
                day,
                f'"{part}" is not a window of a day. Write it like "09:00-18:00", up to "24:00"; '
                "one that goes past midnight is written as two, on two days.",
            )
        elif windows and (windows[-1][1] == _MIDNIGHT or window[0] < windows[-1][1]):
            table.wrong(day, f'"{part}" overlaps the window before it. Put them in order.')
        else:
            windows.append(window)
    return tuple(windows)


def _window(match: re.Match[str]) -> Window | None:
    numbers: list[Any] = [int(each) if each else 0 for each in match.groups()]
    opens, closes = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    # "09:00-00:00" means until midnight too; only a window that ends before it begins is none.
    return (opens, closes) if closes == _MIDNIGHT or opens < closes else None
