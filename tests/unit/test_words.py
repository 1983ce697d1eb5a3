"""Times and spans in words: the same on every page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from redphone.web import words

AT = datetime(2026, 11, 23, 14, 32, 5, tzinfo=UTC)


def after(**span: float) -> datetime:
    return AT + timedelta(**span)


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (after(minutes=12, seconds=59), "in 12 minutes"),
        (after(seconds=59), "in 59 seconds"),
        (after(seconds=1), "in 1 second"),
        (AT, "now"),
        (after(minutes=-2), "2 minutes late"),
        (after(hours=1), "in 1 hour"),
        (after(hours=1, minutes=5), "in 1 hour 5 minutes"),
        (after(hours=47, minutes=1), "in 47 hours 1 minute"),
        (after(days=5, hours=7), "in 5 days"),
    ],
)
def test_how_long_is_left_is_said_in_words(due: datetime, said: str) -> None:
    assert words.left(due, AT) == said


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (after(minutes=1, seconds=18), "1:18"),
        (after(hours=2, minutes=57, seconds=44), "2:57:44"),
        (after(minutes=-2, seconds=-6), "−2:06"),
        (AT, "0:00"),
        (after(days=3), "3 days"),
    ],
)
def test_a_clocks_figures_are_short(due: datetime, said: str) -> None:
    assert words.digits(due, AT) == said


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (after(seconds=-9), "just now"),
        (after(minutes=-12), "12 minutes ago"),
        (after(days=-3), "3 days ago"),
        (after(minutes=3), "in 3 minutes"),
    ],
)
def test_how_long_it_has_been(then: datetime, said: str) -> None:
    assert words.ago(then, AT) == said


def test_a_time_has_its_zone_and_its_day_where_that_is_another() -> None:
    assert words.clock_time(AT, AT) == "14:32 UTC"
    assert words.clock_time(after(days=-1), AT) == "22 Nov, 14:32 UTC"
    assert words.clock_time(after(days=-365), AT) == "23 Nov 2025, 14:32 UTC"
    assert words.exact(AT) == "23 Nov 2026, 14:32:05 UTC"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=41), "41 s"),
        (timedelta(minutes=2, seconds=41), "2 min 41 s"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(hours=1, minutes=12, seconds=9), "1 h 12 min"),
        (timedelta(days=5), "5 days"),
    ],
)
def test_a_span_takes_little_room(length: timedelta, said: str) -> None:
    assert words.span(length) == said


def test_names_read_as_a_sentence() -> None:
    assert words.people_list([]) == ""
    assert words.people_list(["Ana"]) == "Ana"
    assert words.people_list(["Ana", "Bo", "Ines"]) == "Ana, Bo and Ines"
