"""Spans as people write them. Source: FAQ-3, FAQ-7, FAQ-8."""

from datetime import timedelta

import pytest

from redphone.core.spans import Span, SpanUnit, SpanUnreadable, parse_span

WALL, HOURS, DAYS = SpanUnit.WALL, SpanUnit.BUSINESS_HOURS, SpanUnit.BUSINESS_DAYS


@pytest.mark.parametrize(
    ("text", "unit", "length"),
    [
        ("20 s", WALL, timedelta(seconds=20)),
        ("30 min", WALL, timedelta(minutes=30)),
        ("2 h", WALL, timedelta(hours=2)),
        ("1 h 30 min", WALL, timedelta(minutes=90)),
        ("90 days", WALL, timedelta(days=90)),
        ("1 business hour", HOURS, timedelta(hours=1)),
        ("2 Business Hours", HOURS, timedelta(hours=2)),
        ("90 business minutes", HOURS, timedelta(minutes=90)),
        ("5 business days", DAYS, timedelta(days=5)),
        ("  15   minutes ", WALL, timedelta(minutes=15)),
        ("15min", WALL, timedelta(minutes=15)),
    ],
)
def test_a_span_is_read_as_people_write_it(text: str, unit: SpanUnit, length: timedelta) -> None:
    assert parse_span(text) == Span(unit=unit, length=length)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", 'Write it like "30 min"'),
        ("soon", 'Write it like "30 min"'),
        ("30", 'Write it like "30 min"'),
        ("1.5 h", 'Write it like "30 min"'),
        ("-5 min", 'Write it like "30 min"'),
        ("30 fortnights", '"fortnights" is not a unit'),
        ("0 min", "Write 1 s or more"),
        ("1 h 2 h", "gives a unit twice"),
        ("1 business day 2 h", "mixes business time with other time"),
        ("1 business day 2 business hours", "mixes business time with other time"),
        ("99999 days", "Write a shorter span"),
        ("9" * 400 + " days", "Write a shorter span"),
    ],
)
def test_what_is_no_span_is_refused_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(SpanUnreadable, match=advice.replace("(", r"\(")):
        parse_span(text)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(unit=WALL, length=timedelta(minutes=30)), "30 min"),
        (Span(unit=WALL, length=timedelta(hours=24)), "24 h"),
        (Span(unit=WALL, length=timedelta(days=90)), "90 days"),
        (Span(unit=WALL, length=timedelta(minutes=90)), "1 h 30 min"),
        (Span(unit=HOURS, length=timedelta(hours=1)), "1 business hour"),
        (Span(unit=HOURS, length=timedelta(hours=8)), "8 business hours"),
        (Span(unit=DAYS, length=timedelta(days=1)), "1 business day"),
        (Span(unit=DAYS, length=timedelta(days=5)), "5 business days"),
    ],
)
def test_a_span_is_written_as_people_write_it(span: Span, words: str) -> None:
    assert str(span) == words


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        (WALL, timedelta(0)),
        (WALL, timedelta(seconds=-1)),
        (WALL, timedelta(microseconds=1)),
        (DAYS, timedelta(hours=36)),
    ],
)
def test_a_span_that_means_nothing_cannot_be_made(unit: SpanUnit, length: timedelta) -> None:
    with pytest.raises(ValueError, match="whole"):
        Span(unit=unit, length=length)
