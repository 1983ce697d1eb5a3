"""Who is on call: weekly shifts, over midnight and over the clocks' change, and overrides."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from redphone.core.oncall import Override, Rota, Shift, holes, on_call

ANA, BO, CY = "person:1", "person:2", "person:3"
MON, TUE, SUN = 0, 1, 6

# The corpora lie in a folder beside the repository, or beside a folder that it is in.
SHARED = "shared/real/calendars/vectors/goalert-rule-isactive.json"
BESIDE = [parent / SHARED for parent in Path(__file__).parents[3:]]
GOALERT = next((path for path in BESIDE if path.exists()), BESIDE[0])


def shift(person: str, weekday: int, starts: str, ends: str) -> Shift:
    return Shift(
        person=person,
        weekday=weekday,
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
    )


def rota(*shifts: Shift, zone: str = "UTC", overrides: tuple[Override, ...] = ()) -> Rota:
    return Rota(team="L1 Support", time_zone=zone, shifts=shifts, overrides=overrides)


def override(person: str, starts: str, ends: str, instead_of: str | None = None) -> Override:
    return Override(person=person, starts_at=utc(starts), ends_at=utc(ends), instead_of=instead_of)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def vectors() -> list[Any]:
    if not GOALERT.exists():
        reason = f"No {GOALERT.name} beside the repository: GoAlert's vectors are not tried."
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    known = json.loads(GOALERT.read_text())["vectors"]
    return [pytest.param(v, id=f"{n}-{v['note']}") for n, v in enumerate(known)]


@pytest.mark.parametrize("vector", vectors())
def test_a_week_is_read_as_another_desk_reads_it(vector: dict[str, Any]) -> None:
    """GoAlert's own cases; its weeks begin on Sunday."""
    days = [(number - 1) % 7 for number, on in enumerate(vector["days_sun_to_sat"]) if on]
    week = rota(*(shift(ANA, day, vector["start"], vector["end"]) for day in days))

    found = on_call(week, datetime.fromisoformat(vector["at_utc"]))

    assert bool(found) is vector["active"]


def test_a_start_is_inside_and_an_end_outside() -> None:
    monday = rota(shift(ANA, MON, "09:00", "17:00"))

    found = [
        on_call(monday, utc(f"2026-11-23T{at}"))
        for at in ("08:59:59", "09:00", "16:59:59", "17:00")
    ]

    assert found == [(), (ANA,), (ANA,), ()]


def test_a_night_belongs_to_the_day_on_which_it_starts() -> None:
    sunday_night = rota(shift(ANA, SUN, "20:00", "08:00"))

    found = {
        at: on_call(sunday_night, utc(at))
        for at in ("2026-11-22T07:00", "2026-11-22T20:00", "2026-11-23T07:59", "2026-11-23T08:00")
    }

    assert list(found.values()) == [(), (ANA,), (ANA,), ()]


def test_equal_times_are_a_full_day() -> None:
    monday = rota(shift(ANA, MON, "09:00", "09:00"))

    found = [
        on_call(monday, utc(at))
        for at in ("2026-11-23T08:59", "2026-11-23T09:00", "2026-11-24T08:59", "2026-11-24T09:00")
    ]

    assert found == [(), (ANA,), (ANA,), ()]


def test_a_shift_goes_by_the_team_s_own_wall() -> None:
    """New York's clocks went back on 1 November 2026: nine is 14:00 UTC from then on."""
    every_day = [shift(ANA, day, "09:00", "17:00") for day in range(7)]
    week = rota(*every_day, zone="America/New_York")

    assert on_call(week, utc("2026-10-31T13:00")) == (ANA,)
    assert on_call(week, utc("2026-11-01T13:59")) == ()
    assert on_call(week, utc("2026-11-01T14:00")) == (ANA,)


def test_two_on_one_shift_are_both_called_in_order() -> None:
    both = rota(
        shift(BO, MON, "09:00", "17:00"),
        shift(ANA, MON, "08:00", "18:00"),
        shift(BO, MON, "12:00", "13:00"),
    )

    assert on_call(both, utc("2026-11-23T12:30")) == (BO, ANA)


def test_an_override_takes_a_place_for_its_time() -> None:
    week = rota(
        shift(ANA, MON, "09:00", "17:00"),
        overrides=(override(BO, "2026-11-23T10:00", "2026-11-23T12:00", instead_of=ANA),),
    )

    found = [on_call(week, utc(f"2026-11-23T{at}")) for at in ("09:59", "10:00", "11:59", "12:00")]

    assert found == [(ANA,), (BO,), (BO,), (ANA,)]


def test_who_stands_in_has_the_shifts_and_no_more() -> None:
    """A week for somebody else is not a week around the clock."""
    week = rota(
        shift(ANA, MON, "09:00", "17:00"),
        overrides=(override(BO, "2026-11-23T00:00", "2026-11-30T00:00", instead_of=ANA),),
    )

    assert on_call(week, utc("2026-11-23T10:00")) == (BO,)
    assert on_call(week, utc("2026-11-23T20:00")) == ()


def test_an_override_beside_the_rota_adds_somebody() -> None:
    week = rota(
        shift(ANA, MON, "09:00", "17:00"),
        overrides=(override(BO, "2026-11-23T08:00", "2026-11-23T12:00"),),
    )

    assert on_call(week, utc("2026-11-23T08:00")) == (BO,)
    assert on_call(week, utc("2026-11-23T10:00")) == (ANA, BO)


def test_who_stands_in_can_be_stood_in_for() -> None:
    day = ("2026-11-23T00:00", "2026-11-24T00:00")
    week = rota(
        shift(ANA, MON, "09:00", "17:00"),
        overrides=(override(BO, *day, instead_of=ANA), override(CY, *day, instead_of=BO)),
    )

    assert on_call(week, utc("2026-11-23T10:00")) == (CY,)


def test_two_who_swap_leave_no_shift_empty() -> None:
    day = ("2026-11-23T00:00", "2026-11-24T00:00")
    week = rota(
        shift(ANA, MON, "09:00", "12:00"),
        shift(BO, MON, "12:00", "17:00"),
        overrides=(override(BO, *day, instead_of=ANA), override(ANA, *day, instead_of=BO)),
    )

    assert on_call(week, utc("2026-11-23T10:00")) == (BO,)
    assert on_call(week, utc("2026-11-23T13:00")) == (ANA,)


def test_an_empty_rota_has_nobody() -> None:
    assert on_call(rota(), utc("2026-11-23T10:00")) == ()


def test_a_hole_in_the_week_is_found_and_an_override_fills_it() -> None:
    start, end = utc("2026-11-23T00:00"), utc("2026-11-24T00:00")
    shifts = (shift(ANA, MON, "00:00", "09:00"), shift(ANA, MON, "12:00", "00:00"))
    filled = (override(BO, "2026-11-23T10:00", "2026-11-23T12:00"),)

    before = holes(rota(*shifts), start, end)
    after = holes(rota(*shifts, overrides=filled), start, end)

    assert before == ((utc("2026-11-23T09:00"), utc("2026-11-23T12:00")),)
    assert after == ((utc("2026-11-23T09:00"), utc("2026-11-23T10:00")),)
