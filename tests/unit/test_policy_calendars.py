"""The policy's hours as a calendar, with public holidays. Source: FAQ-3, FAQ-7, FAQ-8."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from redphone.core import hours as business
from redphone.core.policy.file import load_policy
from redphone.records.calendars import CalendarUnknown, business_hours

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
SOURCE = load_policy(FILE.read_text(encoding="utf-8")).hours


def test_the_desk_is_closed_on_public_holidays_and_on_days_in_lieu() -> None:
    calendar = business_hours(SOURCE)

    assert date(2026, 11, 26) in calendar.holidays  # Thanksgiving
    assert date(2027, 7, 5) in calendar.holidays  # the Monday after a 4th of July on a Sunday
    assert not business.is_open(calendar, datetime(2026, 11, 26, 15, tzinfo=UTC))
    assert business.is_open(calendar, datetime(2026, 11, 27, 15, tzinfo=UTC))


def test_days_of_its_own_are_added_and_taken_away() -> None:
    source = replace(SOURCE, closed_on=(date(2026, 12, 24),), open_on=(date(2026, 11, 26),))

    calendar = business_hours(source)

    assert date(2026, 12, 24) in calendar.holidays
    assert date(2026, 11, 26) not in calendar.holidays


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    bavaria = business_hours(replace(SOURCE, holidays="DE-BY", time_zone="Europe/Berlin"))
    germany = business_hours(replace(SOURCE, holidays="DE", time_zone="Europe/Berlin"))

    assert date(2026, 1, 6) in bavaria.holidays - germany.holidays


def test_no_country_means_no_holidays() -> None:
    assert business_hours(replace(SOURCE, holidays="")).holidays == frozenset()


@pytest.mark.parametrize("place", ["XX", "US-ZZ"])
def test_an_unknown_place_is_refused_with_what_to_write(place: str) -> None:
    with pytest.raises(CalendarUnknown, match=f'known for "{place}". Write a country'):
        business_hours(replace(SOURCE, holidays=place))
