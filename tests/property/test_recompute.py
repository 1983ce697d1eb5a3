"""Law: the second reckoning of business time, minute by minute, agrees with the first."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_hours import calendars

from redphone.core import clocks, recompute_minutes
from redphone.core.hours import BusinessHours, HoursNeverOpen
from redphone.core.policy import HoursSource, Strength, Target
from redphone.core.recompute_minutes import Calendar, NeverOpen
from redphone.core.spans import Span, SpanUnit

MINUTES = st.integers(1, 3000).map(lambda n: timedelta(minutes=n))
SPANS = st.one_of(
    MINUTES.map(lambda length: Span(unit=SpanUnit.WALL, length=length)),
    MINUTES.map(lambda length: Span(unit=SpanUnit.BUSINESS_HOURS, length=length)),
    st.integers(1, 7).map(lambda n: Span(unit=SpanUnit.BUSINESS_DAYS, length=timedelta(days=n))),
)
TARGETS = st.builds(
    Target,
    within=SPANS,
    clause=st.just("FAQ-3"),
    strength=st.just(Strength.PROMISE),
    outside_business_hours=st.none() | SPANS,
)


@settings(max_examples=60)
@given(drawn=calendars(), seconds=st.integers(0, 59), target=TARGETS)
def test_both_reckonings_of_a_deadline_agree(
    drawn: tuple[BusinessHours, datetime], seconds: int, target: Target
) -> None:
    """FAQ-3, FAQ-7, FAQ-8: whatever the calendar, the moment and the span."""
    hours, at = drawn
    start = at + timedelta(seconds=seconds)
    source = HoursSource(name=hours.name, time_zone=hours.time_zone, week=hours.week)
    calendar = Calendar(source, hours.holidays)

    try:
        first = clocks.due_at(target, start=start, hours=hours)
    except HoursNeverOpen:
        return
    try:
        second: datetime | None = recompute_minutes.due(target, start, calendar)
    except NeverOpen:
        second = None

    assert second == first
