"""Days of a calendar, by the clock of whoever looks; and layers as sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from redphone.core.oncall import Layer, OnHolidays, Unit, Window
from redphone.web import walls
from redphone.web.responder import calendar_days, layer_words
from redphone.web.responder.calendar_days import Stretch

BERLIN = walls.zone("Europe/Berlin")
MONDAY = date(2026, 11, 23)


def at(hour: int, day: int = 23, month: int = 11, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def stretch(starts: datetime, ends: datetime, *says: str, kind: str = "") -> Stretch:
    return Stretch(starts_at=starts, ends_at=ends, says=says, kind=kind)


def week(*stretches: Stretch, zone: str = "Europe/Berlin") -> tuple[calendar_days.Cell, ...]:
    within = walls.zone(zone)
    shown = calendar_days.days(MONDAY, MONDAY + timedelta(days=6), within, at(12))
    return calendar_days.cells(stretches, shown, within, at(12))


# ── Days ────────────────────────────────────────────────────────────────────────────────────────


def test_a_stretch_over_midnight_is_on_both_days_with_its_hours_by_the_wall() -> None:
    monday, tuesday, *_ = week(stretch(at(21), at(5, day=24), "Ana Reyes"))

    assert [piece.hours for piece in monday.pieces] == ["from 22:00"]
    assert [piece.hours for piece in tuesday.pieces] == ["until 06:00"]


def test_a_day_is_drawn_from_midnight_to_midnight_and_no_part_is_lost() -> None:
    parts = [stretch(at(hour), at(hour + 1), str(hour)) for hour in range(23)]

    _, tuesday, *_ = week(*parts, zone="Asia/Tokyo")

    assert sum(piece.width for piece in tuesday.pieces) == 8 * 60
    assert tuesday.pieces[0].x == 0


def test_a_day_without_change_goes_on_from_the_one_before_and_the_first_says_until_when() -> None:
    cells = week(stretch(at(0, day=20), at(0, day=30), "Tom Okafor"))

    assert [cell.goes_on for cell in cells] == [False, *([True] * 6)]
    assert cells[0].until == "Sun 29 Nov"


def test_days_that_look_alike_but_hand_over_do_not_go_on() -> None:
    shifts = [stretch(at(8, day=day), at(8, day=day + 1), "Ana Reyes") for day in range(23, 29)]

    cells = week(*shifts)

    assert not any(cell.goes_on for cell in cells)
    assert cells[3].is_same


@pytest.mark.parametrize(
    ("on", "hours", "note"),
    [
        (date(2026, 10, 25), 25, "25 hours: the clocks go back"),
        (date(2026, 3, 29), 23, "23 hours: the clocks go forward"),
        (MONDAY, 24, ""),
    ],
)
def test_a_day_on_which_clocks_change_has_its_own_length(on: date, hours: int, note: str) -> None:
    (day,) = calendar_days.days(on, on, BERLIN, at(12))

    assert day.ends_at - day.starts_at == timedelta(hours=hours)
    assert day.note == note


def test_a_day_that_a_zone_left_out_is_not_there() -> None:
    apia = walls.zone("Pacific/Apia")

    shown = calendar_days.days(date(2011, 12, 29), date(2011, 12, 31), apia, at(12))

    assert [day.on.day for day in shown] == [29, 31]
    assert shown[0].ends_at == shown[1].starts_at


def test_half_an_hour_of_change_is_said_too() -> None:
    howe = walls.zone("Australia/Lord_Howe")

    (day,) = calendar_days.days(date(2026, 4, 5), date(2026, 4, 5), howe, at(12))

    assert day.note == "24.5 hours: the clocks go back"


def test_hours_in_two_teams_at_once_count_once() -> None:
    monday, *_ = week(stretch(at(8), at(16), "CTO"), stretch(at(12), at(20), "CEO"), zone="UTC")

    assert monday.hours == "12 h"


def test_a_wall_time_that_comes_twice_has_the_zone_with_it() -> None:
    first, second = at(0, day=25, month=10, minute=30), at(1, day=25, month=10, minute=30)

    assert walls.clock(first, BERLIN) == "02:30 CEST"
    assert walls.clock(second, BERLIN) == "02:30 CET"
    assert walls.clock(at(12), BERLIN) == "13:00"


def test_a_wall_time_that_is_skipped_is_the_moment_after_the_skip() -> None:
    typed = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 -- It is what a form's field has.

    assert walls.from_wall(typed, BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_zone_that_nobody_knows_is_utc_and_no_error() -> None:
    assert walls.zone("Mars/Olympus").key == "UTC"
    assert walls.zone("../etc/passwd").key == "UTC"


# ── Layers in words ─────────────────────────────────────────────────────────────────────────────


def layer(
    unit: Unit,
    every: int = 1,
    *windows: Window,
    on_holidays: OnHolidays = OnHolidays.ALSO,
) -> Layer:
    return Layer(
        id="1",
        name="Nights",
        priority=1,
        time_zone="Europe/Berlin",
        turns=(("a",), ("b", "c"), ()),
        unit=unit,
        every=every,
        starts_at=at(8),
        windows=windows,
        on_holidays=on_holidays,
    )


@pytest.mark.parametrize(
    ("unit", "every", "says"),
    [
        (Unit.HOUR, 12, "every 12 hours, counted from Mon 23 Nov at 09:00, Europe/Berlin"),
        (Unit.DAY, 1, "every day at 09:00, Europe/Berlin"),
        (Unit.WEEK, 2, "every 2 weeks on Monday at 09:00, Europe/Berlin"),
        (Unit.MONTH, 1, "every month on the 23rd at 09:00, Europe/Berlin"),
    ],
)
def test_a_hand_over_is_a_sentence(unit: Unit, every: int, says: str) -> None:
    assert layer_words.rhythm(layer(unit, every)) == says


def test_turns_name_those_who_stand_together_and_nobody_on_purpose() -> None:
    named = {"a": "Ana", "b": "Bo", "c": "Ines"}

    assert layer_words.turns(layer(Unit.DAY), named) == ["Ana", "Bo and Ines", "nobody"]


def window(from_day: int, starts: int, to_day: int, ends: int) -> Window:
    return Window(from_day=from_day, from_time=time(starts), to_day=to_day, to_time=time(ends))


def test_hours_of_the_week_are_gathered_as_people_say_them() -> None:
    office = [window(day, 9, day, 17) for day in range(5)]
    nights = [window(day, 22, (day + 1) % 7, 6) for day in (0, 2)]
    whole = [window(6, 0, 0, 0)]
    over = [window(4, 18, 0, 9)]

    says = layer_words.hours([*office, *nights, *whole, *over])

    assert (
        says == "Sun all day; Mon to Fri 09:00–17:00; Mon and Wed 22:00–06:00; "
        "Fri 18:00 to Mon 09:00"
    )


def test_a_layer_says_what_limits_it() -> None:
    held = layer(Unit.DAY, 1, window(0, 0, 0, 0), on_holidays=OnHolidays.ONLY)

    assert layer_words.limits(held) == ["only the whole week", "on holidays only"]


@pytest.mark.parametrize(("number", "says"), [(1, "1st"), (2, "2nd"), (11, "11th"), (23, "23rd")])
def test_ordinals(number: int, says: str) -> None:
    assert layer_words.ordinal(number) == says
