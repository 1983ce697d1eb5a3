"""Laws of a calendar's days, in zones with odd changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from redphone.web import walls
from redphone.web.responder import calendar_days
from redphone.web.responder.calendar_days import MINUTES, Stretch

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"),
    *("Pacific/Apia", "Europe/Dublin", "America/Sao_Paulo", "Asia/Kathmandu"),
)
zones = st.sampled_from(ZONES).map(walls.zone)
firsts = st.dates(date(2008, 1, 1), date(2030, 1, 1))
lengths = st.lists(st.integers(1, 4000), min_size=1, max_size=40)


@given(zone=zones, first=firsts, count=st.integers(0, 40))
def test_days_follow_each_other_without_gap(zone: ZoneInfo, first: date, count: int) -> None:
    """Each moment between the first midnight and the last belongs to one day."""
    last = first + timedelta(days=count)

    shown = calendar_days.days(first, last, zone, datetime(2026, 1, 1, tzinfo=UTC))

    assert all(one.ends_at == other.starts_at for one, other in pairwise(shown))
    assert all(day.starts_at.astimezone(zone).date() == day.on for day in shown)


@given(zone=zones, first=firsts, minutes=lengths)
def test_what_is_drawn_of_a_day_covers_it_and_nothing_twice(
    zone: ZoneInfo, first: date, minutes: list[int]
) -> None:
    """Stretches that follow each other are drawn edge to edge, on every day that they fill."""
    at = walls.midnight(first, zone)
    stretches = []
    for number, length in enumerate(minutes):
        until = at + timedelta(minutes=length)
        stretches.append(Stretch(starts_at=at, ends_at=until, says=(str(number),)))
        at = until
    shown = calendar_days.days(first, first + timedelta(days=9), zone, at)

    for cell in calendar_days.cells(stretches, shown, zone, at):
        if cell.day.ends_at > at:
            continue
        reached = 0
        for piece in cell.pieces:
            assert abs(piece.x - reached) <= 1
            reached = piece.x + piece.width
        assert abs(reached - MINUTES) <= 1
        assert not cell.goes_on or len(cell.pieces) == 1
