"""Fair nights: whose nights count, where, and what an even share would be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from redphone.core.fairness import evenness, loads, night_of
from redphone.core.oncall import Layer, Rota, Span, Unit, spans

ANA, BO = "ana", "bo"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(person: str, start: str, end: str) -> Span:
    return Span(starts_at=utc(start), ends_at=utc(end), people=(person,))


def test_a_week_each_is_even_and_says_so() -> None:
    rota = Rota(
        team="L1",
        time_zone="UTC",
        layers=(
            Layer(
                id="1",
                name="Weekly",
                priority=1,
                time_zone="UTC",
                turns=((ANA,), (BO,)),
                unit=Unit.WEEK,
                every=1,
                starts_at=utc("2026-01-05T09:00"),
            ),
        ),
    )
    found = loads(spans(rota, utc("2026-01-05T09:00"), utc("2026-01-19T09:00")), {}, zone="UTC")

    assert [(load.person, load.nights, load.weekend_days) for load in found] == [
        (ANA, 7, 2),
        (BO, 7, 2),
    ]
    assert found[0].on_call == timedelta(days=7)
    assert evenness(found).percent == 100


def test_nine_of_fourteen_nights_are_said_as_such() -> None:
    shares = [span(ANA, "2026-01-05T09:00", "2026-01-14T09:00")]
    shares += [span(BO, "2026-01-14T09:00", "2026-01-19T09:00")]

    found = evenness(loads(shares, {}, zone="UTC"))

    assert (found.heaviest, found.most, found.nights) == (ANA, 9, 14)
    assert (found.even_share, found.to_move) == (7, 2)
    assert found.percent == 71


def test_a_night_is_one_by_the_person_s_own_wall() -> None:
    """Eight in the evening in Berlin is four in the morning in Tokyo."""
    shares = [span(ANA, "2026-01-05T16:00", "2026-01-05T20:00")]

    at_home = loads(shares, {ANA: "Europe/Berlin"}, zone="UTC")
    abroad = loads(shares, {ANA: "Asia/Tokyo"}, zone="UTC")

    assert at_home[0].nights == 0
    assert abroad[0].nights == 1


def test_half_an_hour_around_a_hand_over_is_no_night() -> None:
    short = loads([span(ANA, "2026-01-05T06:30", "2026-01-05T18:00")], {}, zone="UTC")
    hour = loads([span(ANA, "2026-01-05T06:00", "2026-01-05T18:00")], {}, zone="UTC")

    assert short[0].nights == 0
    assert hour[0].nights == 1


def test_holidays_and_people_without_any_load_are_counted() -> None:
    shares = [span(ANA, "2026-12-24T08:00", "2026-12-26T08:00")]

    found = loads(shares, {}, zone="UTC", holidays={date(2026, 12, 25)}, people=(BO,))

    assert [(load.person, load.holidays) for load in found] == [(ANA, 1), (BO, 0)]
    assert evenness(found).percent == 0


def test_nobody_at_all_is_even() -> None:
    found = evenness(())

    assert (found.heaviest, found.percent) == (None, 100)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    assert night_of(utc("2026-01-05T22:59"), "UTC") is None
    assert night_of(utc("2026-01-05T23:00"), "UTC") == date(2026, 1, 5)
    assert night_of(utc("2026-01-06T06:59"), "UTC") == date(2026, 1, 5)
    assert night_of(utc("2026-01-06T07:00"), "UTC") is None
    assert night_of(utc("2026-01-06T03:00"), "America/New_York") is None
