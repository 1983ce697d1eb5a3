"""What changes in a rota, said so that somebody reads it to its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from redphone.web.responder.preview import Difference, _folded

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 10, 22, 18, tzinfo=BERLIN)


def hours(start: datetime, end: datetime, after: str = "Ana") -> Difference:
    return Difference(starts_at=start, ends_at=end, before=("Bo",), after=(after,))


def night(day: int, after: str = "Ana") -> Difference:
    start = EVENING + timedelta(days=day)
    return hours(start, start.replace(hour=3) + timedelta(days=1), after)


def test_the_same_hours_on_days_in_a_row_are_one_line_also_when_clocks_change() -> None:
    nights = [night(day) for day in range(7)]

    (line,) = _folded(nights, BERLIN)

    assert (line.starts_at, line.ends_at, line.days) == (EVENING, nights[0].ends_at, 7)
    assert line.last_at == nights[-1].starts_at


def test_a_day_that_is_missing_or_has_somebody_else_begins_another_line() -> None:
    found = [night(0), night(1), night(3), night(4, after="Cy"), night(5, after="Cy")]

    lines = _folded(found, BERLIN)

    assert [(line.days, line.after) for line in lines] == [
        (2, ("Ana",)),
        (1, ("Ana",)),
        (2, ("Cy",)),
    ]


def test_two_changes_a_day_are_two_lines() -> None:
    mornings = [
        hours(each.ends_at, each.ends_at + timedelta(hours=5)) for each in map(night, range(5))
    ]
    found = sorted([*map(night, range(5)), *mornings], key=lambda each: each.starts_at)

    assert [line.days for line in _folded(found, BERLIN)] == [5, 5]
