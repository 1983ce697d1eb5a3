"""Business hours as the policy writes them, made into the core's own calendar.

The `holidays` library is known here and nowhere else. The years are fixed, not counted from today,
so that a deadline computed again later, by `redphone verify`, meets the very same calendar.

Source: FAQ-3, FAQ-7, FAQ-8; clauses.md, row 6.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

from redphone.core.hours import BusinessHours
from redphone.core.policy import HoursSource

YEARS = range(2015, 2061)


class CalendarUnknown(Exception):
    """No public holidays are known under this name. Write a country such as "US" or "US-NY"."""


@lru_cache(maxsize=256)
def business_hours(source: HoursSource) -> BusinessHours:
    """The calendar that a policy, or a contract of its own, describes.

    Raises:
        CalendarUnknown: the holidays' country or part of a country is not known.
        HoursError: the week or the time zone can't be used.
    """
    closed = (_public_holidays(source.holidays) | set(source.closed_on)) - set(source.open_on)
    return BusinessHours(
        name=source.name,
        time_zone=source.time_zone,
        week=source.week,
        holidays=frozenset(closed),
    )


def _public_holidays(place: str) -> set[date]:
    """Public holidays in `YEARS`, with the days off in lieu of those that fall on a weekend."""
    if not place:
        return set()
    country, _, part = place.partition("-")
    try:
        return set(holidays.country_holidays(country, subdiv=part or None, years=YEARS))
    except NotImplementedError:
        raise CalendarUnknown(
            f'No public holidays are known for "{place}". '
            'Write a country such as "US", one of its parts such as "US-NY", or nothing.'
        ) from None
