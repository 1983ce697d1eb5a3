"""Layers: turns by the wall and by the clock, windows, priorities, absences, holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from redphone.core.oncall import (
    Absence,
    Layer,
    OnHolidays,
    Override,
    Rota,
    Shift,
    Source,
    Unit,
    Window,
    effect,
    explain,
    holes,
    on_call,
    spans,
)

ANA, BO, CY = "person:1", "person:2", "person:3"
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(*people: str, **more: Any) -> Layer:
    given: dict[str, Any] = {
        "id": "1",
        "name": "Primary",
        "priority": 1,
        "time_zone": "UTC",
        "turns": tuple((person,) for person in people),
        "unit": Unit.DAY,
        "every": 1,
        "starts_at": utc("2026-01-05T09:00"),
    }
    return Layer(**given | more)


def rota(*layers: Layer, **more: Any) -> Rota:
    return Rota(team="L1 Support", time_zone="UTC", layers=layers, **more)


def window(from_day: int, starts: str, to_day: int, ends: str) -> Window:
    return Window(
        from_day=from_day,
        from_time=time.fromisoformat(starts),
        to_day=to_day,
        to_time=time.fromisoformat(ends),
    )


def handovers(given: Rota, start: str, end: str) -> list[str]:
    """Who begins when, in UTC."""
    found = spans(given, utc(start), utc(end))
    return [f"{s.starts_at:%m-%d %H:%M} {'+'.join(s.people) or 'nobody'}" for s in found]


def test_days_are_handed_over_by_the_wall_when_clocks_go_forward() -> None:
    """New York's nine is 14:00 UTC until 8 March 2026, and 13:00 from then on."""
    found = rota(layer(ANA, BO, time_zone="America/New_York", starts_at=utc("2026-03-06T14:00")))

    assert handovers(found, "2026-03-06T14:00", "2026-03-10T00:00") == [
        f"03-06 14:00 {ANA}",
        f"03-07 14:00 {BO}",
        f"03-08 13:00 {ANA}",
        f"03-09 13:00 {BO}",
    ]


def test_hours_are_handed_over_by_elapsed_time() -> None:
    found = rota(
        layer(
            ANA,
            BO,
            unit=Unit.HOUR,
            every=12,
            time_zone="America/New_York",
            starts_at=utc("2026-03-07T14:00"),
        )
    )

    assert handovers(found, "2026-03-07T14:00", "2026-03-08T20:00") == [
        f"03-07 14:00 {ANA}",
        f"03-08 02:00 {BO}",
        f"03-08 14:00 {ANA}",
    ]


def test_a_hand_over_at_a_skipped_wall_is_at_the_skip() -> None:
    """02:30 is left out in New York on 8 March 2026: the clocks skip at 07:00 UTC."""
    found = rota(layer(ANA, BO, time_zone="America/New_York", starts_at=utc("2026-03-07T07:30")))

    assert handovers(found, "2026-03-08T00:00", "2026-03-08T12:00") == [
        f"03-08 00:00 {ANA}",
        f"03-08 07:00 {BO}",
    ]


def test_a_hand_over_at_a_wall_that_comes_twice_is_at_the_first() -> None:
    """01:30 comes twice in New York on 1 November 2026, first at 05:30 UTC."""
    found = rota(layer(ANA, BO, time_zone="America/New_York", starts_at=utc("2026-10-31T05:30")))

    assert handovers(found, "2026-11-01T00:00", "2026-11-01T12:00") == [
        f"11-01 00:00 {ANA}",
        f"11-01 05:30 {BO}",
    ]


def test_a_day_that_a_zone_leaves_out_has_a_turn_from_the_skip_on() -> None:
    """Samoa had no 30 December 2011: 29 December ended at 10:00 UTC, and the 31st began."""
    found = rota(layer(ANA, BO, CY, time_zone="Pacific/Apia", starts_at=utc("2011-12-28T19:00")))

    assert handovers(found, "2011-12-29T00:00", "2011-12-31T00:00") == [
        f"12-29 00:00 {ANA}",
        f"12-29 19:00 {BO}",
        f"12-30 10:00 {CY}",
        f"12-30 19:00 {ANA}",
    ]


def test_months_are_handed_over_on_their_last_day_where_they_are_short() -> None:
    found = rota(layer(ANA, BO, unit=Unit.MONTH, starts_at=utc("2026-01-31T09:00")))

    assert handovers(found, "2026-02-01T00:00", "2026-06-01T00:00") == [
        f"02-01 00:00 {ANA}",
        f"02-28 09:00 {BO}",
        f"03-31 09:00 {ANA}",
        f"04-30 09:00 {BO}",
        f"05-31 09:00 {ANA}",
    ]


def test_each_is_handed_over_to_at_nine_in_their_own_zone() -> None:
    """Ana in Berlin at 08:00 UTC, Bo in New York at 14:00 UTC."""
    found = rota(
        layer(ANA, BO, handover_in_persons_zone=True),
        zones={ANA: "Europe/Berlin", BO: "America/New_York"},
    )

    assert handovers(found, "2026-01-05T09:00", "2026-01-08T00:00") == [
        f"01-05 09:00 {ANA}",
        f"01-06 14:00 {BO}",
        f"01-07 08:00 {ANA}",
    ]


def test_a_layer_of_ten_years_ago_still_counts_its_turns() -> None:
    """3,653 days after 5 January 2016 it is the turn 3,653 modulo 3."""
    old = rota(layer(ANA, BO, CY, starts_at=utc("2016-01-05T09:00")))

    assert on_call(old, utc("2026-01-05T08:59")) == (ANA, BO, CY)[3652 % 3 : 3652 % 3 + 1]
    assert on_call(old, utc("2026-01-05T09:00")) == (ANA, BO, CY)[3653 % 3 : 3653 % 3 + 1]


def test_a_window_runs_over_the_week_s_end() -> None:
    """Friday 18:00 to Monday 09:00; the week plan has the rest."""
    weekend = layer(ANA, unit=Unit.WEEK, windows=(window(4, "18:00", 0, "09:00"),))
    week = tuple(Shift(person=BO, weekday=day, starts=time(0), ends=time(0)) for day in range(7))

    assert handovers(rota(weekend, shifts=week), "2026-01-08T00:00", "2026-01-14T00:00") == [
        f"01-08 00:00 {BO}",
        f"01-09 18:00 {ANA}",
        f"01-12 09:00 {BO}",
    ]


def test_who_follows_the_sun_is_on_call_by_day_in_each_zone() -> None:
    days = tuple(window(day, "08:00", day, "20:00") for day in range(7))
    berlin = layer(ANA, id="1", time_zone="Europe/Berlin", windows=days)
    sydney = layer(BO, id="2", time_zone="Australia/Sydney", windows=days)

    assert handovers(rota(berlin, sydney), "2026-07-01T00:00", "2026-07-02T00:00") == [
        f"07-01 00:00 {BO}",
        f"07-01 06:00 {ANA}+{BO}",
        f"07-01 10:00 {ANA}",
        "07-01 18:00 nobody",
        f"07-01 22:00 {BO}",
    ]


def test_a_higher_layer_hides_a_lower_one_only_where_it_has_somebody() -> None:
    high = layer(turns=((ANA,), ()), priority=2)
    low = layer(BO, id="2")

    assert handovers(rota(low, high), "2026-01-05T09:00", "2026-01-08T09:00") == [
        f"01-05 09:00 {ANA}",
        f"01-06 09:00 {BO}",
        f"01-07 09:00 {ANA}",
    ]


def test_those_of_one_turn_and_of_equal_layers_are_on_call_together_each_once() -> None:
    first = layer(turns=((ANA, BO),))
    second = layer(BO, CY, id="2")

    assert on_call(rota(first, second), utc("2026-01-05T10:00")) == (ANA, BO)
    assert on_call(rota(first, second), utc("2026-01-06T10:00")) == (ANA, BO, CY)


def test_a_layer_holds_from_its_start_until_its_end_and_not_before_it_was_made() -> None:
    short = layer(ANA, BO, holds_from=utc("2026-01-06T12:00"), ends_at=utc("2026-01-07T12:00"))

    assert handovers(rota(short), "2026-01-05T00:00", "2026-01-08T00:00") == [
        "01-05 00:00 nobody",
        f"01-06 12:00 {BO}",
        f"01-07 09:00 {ANA}",
        "01-07 12:00 nobody",
    ]


def test_nobody_is_named_while_away_and_the_layer_below_shows() -> None:
    away = (
        Absence(person=ANA, starts_at=utc("2026-01-05T12:00"), ends_at=utc("2026-01-05T15:00")),
    )
    found = rota(layer(ANA, priority=2), layer(BO, id="2"), absences=away)

    assert handovers(found, "2026-01-05T09:00", "2026-01-06T00:00") == [
        f"01-05 09:00 {ANA}",
        f"01-05 12:00 {BO}",
        f"01-05 15:00 {ANA}",
    ]


def test_who_stands_in_for_somebody_away_has_their_place() -> None:
    day: dict[str, Any] = {
        "starts_at": utc("2026-01-05T00:00"),
        "ends_at": utc("2026-01-06T00:00"),
    }
    found = rota(
        layer(ANA, priority=2),
        layer(BO, id="2"),
        absences=(Absence(person=ANA, **day),),
        overrides=(Override(person=CY, instead_of=ANA, **day),),
    )

    assert on_call(found, utc("2026-01-05T10:00")) == (CY,)


def test_who_replaces_all_is_alone_unless_they_are_away() -> None:
    day: dict[str, Any] = {
        "starts_at": utc("2026-01-05T00:00"),
        "ends_at": utc("2026-01-06T00:00"),
    }
    alone = (Override(person=CY, replaces_all=True, **day), Override(person=BO, **day))

    here = rota(layer(ANA), overrides=alone)
    away = rota(layer(ANA), overrides=alone, absences=(Absence(person=CY, **day),))

    assert on_call(here, utc("2026-01-05T10:00")) == (CY,)
    assert on_call(away, utc("2026-01-05T10:00")) == (ANA, BO)


@pytest.mark.parametrize(
    ("on_holidays", "people"),
    [(OnHolidays.ALSO, (ANA,)), (OnHolidays.NEVER, ()), (OnHolidays.ONLY, (ANA,))],
)
def test_a_holiday_is_the_layer_s_own_day(
    on_holidays: OnHolidays, people: tuple[str, ...]
) -> None:
    """Christmas in Sydney begins at 13:00 UTC on the 24th."""
    found = rota(
        layer(ANA, time_zone="Australia/Sydney", on_holidays=on_holidays),
        holidays=frozenset({date(2026, 12, 25)}),
    )

    before = () if on_holidays is OnHolidays.ONLY else (ANA,)
    assert on_call(found, utc("2026-12-24T12:59")) == before
    assert on_call(found, utc("2026-12-24T13:00")) == people
    assert on_call(found, utc("2026-12-25T13:00")) == before


def test_each_has_a_reason() -> None:
    day: dict[str, Any] = {
        "starts_at": utc("2026-01-05T00:00"),
        "ends_at": utc("2026-01-06T00:00"),
    }
    found = rota(
        layer(ANA, id="7", name="Nights"),
        overrides=(Override(person=BO, instead_of=ANA, **day), Override(person=CY, **day)),
    )

    stand_in, beside = explain(found, utc("2026-01-05T10:00"))

    assert (stand_in.person, stand_in.source, stand_in.layer, stand_in.name) == (
        BO,
        Source.OVERRIDE,
        "7",
        "Nights",
    )
    assert stand_in.instead_of == ANA
    assert (beside.person, beside.source, beside.name) == (CY, Source.OVERRIDE, "")


def test_a_hole_is_where_no_layer_and_no_shift_has_anybody() -> None:
    found = rota(
        layer(ANA, windows=tuple(window(day, "06:00", day + 1, "00:00") for day in range(6)))
    )

    assert holes(found, utc("2026-01-06T00:00"), utc("2026-01-07T06:00")) == (
        (utc("2026-01-06T00:00"), utc("2026-01-06T06:00")),
        (utc("2026-01-07T00:00"), utc("2026-01-07T06:00")),
    )


def test_the_effect_of_a_change_is_where_others_are_on_call() -> None:
    before, after = rota(layer(ANA, BO)), rota(layer(ANA, CY))

    found = effect(before, after, utc("2026-01-05T09:00"), utc("2026-01-09T09:00"))

    assert [(change.starts_at, change.ends_at) for change in found] == [
        (utc("2026-01-06T09:00"), utc("2026-01-07T09:00")),
        (utc("2026-01-08T09:00"), utc("2026-01-09T09:00")),
    ]
    assert {(change.before, change.after) for change in found} == {((BO,), (CY,))}
    assert effect(before, before, utc("2026-01-05T09:00"), utc("2026-01-09T09:00")) == ()


def test_a_turn_lasts_something() -> None:
    with pytest.raises(ValueError, match="one or more"):
        layer(ANA, every=0)


def test_a_turn_of_a_thousand_years_ends_no_calendar() -> None:
    slow = rota(layer(ANA, BO, unit=Unit.MONTH, every=12_000))

    assert on_call(slow, utc("2026-02-01T00:00")) == (ANA,)
