"""Laws of business time, held against a naive minute-stepper. Source: FAQ-3, FAQ-7, FAQ-8.

The stepper knows nothing of windows between instants: it walks minute by minute, watches the wall
clock, and remembers the latest wall time it has seen. That is another way to say "a wall time that
comes twice means its first coming, a skipped one the moment of the skip".
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.core import hours as business
from redphone.core.hours import BusinessHours

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Whole, half and quarter hours; folds at 02:00, at midnight and across it; a half-hour shift.
ZONES = (
    "UTC",
    "America/New_York",
    "Europe/London",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Africa/Casablanca",
    "Pacific/Apia",
)
FIRST, LAST = date(2005, 1, 1), date(2028, 1, 1)


def _shifts(zone: str) -> list[datetime]:
    """Days on which the zone's offset changes, found by looking at each day."""
    here = ZoneInfo(zone)
    days = [
        datetime(FIRST.year, 1, 1, 12, tzinfo=UTC) + n * DAY for n in range((LAST - FIRST).days)
    ]
    offsets = [day.astimezone(here).utcoffset() for day in days]
    return [day for day, (one, two) in zip(days, pairwise(offsets), strict=False) if one != two]


SHIFTS = {zone: _shifts(zone) for zone in ZONES}


# Offsets change between midnight and four, or within the hour before midnight, nearly everywhere.
NIGHT = [*range(0, 49, 3), *range(276, 289, 3)]


@st.composite
def windows(draw: st.DrawFn, marks: list[int]) -> tuple[tuple[time, time], ...]:
    """Up to three windows of a day; `marks` are the steps of five minutes they may begin at."""
    count = draw(st.integers(0, 3))
    edges = draw(
        st.lists(st.sampled_from(marks), min_size=2 * count, max_size=2 * count, unique=True)
    )
    walls = [time(edge // 12 % 24, edge % 12 * 5) for edge in sorted(edges)]
    return tuple(zip(walls[::2], walls[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[BusinessHours, datetime]:
    """A calendar that opens at least once a week, and a minute, often in a night of a shift."""
    zone = draw(st.sampled_from(ZONES))
    night = bool(SHIFTS[zone]) and draw(st.booleans())
    marks = NIGHT if night else list(range(289))
    week = draw(st.tuples(*[windows(marks)] * 7).filter(any))
    if night:
        base = draw(st.sampled_from(SHIFTS[zone]))
    else:
        base = datetime.combine(draw(st.dates(FIRST, LAST)), time(12), tzinfo=UTC)
    at = base + draw(st.integers(-1440, 1440)) * MINUTE
    holidays = draw(st.frozensets(st.integers(-3, 8), max_size=3))
    days = frozenset(at.date() + n * DAY for n in holidays)
    return BusinessHours(time_zone=zone, week=week, holidays=days), at


class Stepper:
    """Walks from two days before `at`, one minute a step, with the latest wall time seen."""

    def __init__(self, hours: BusinessHours, at: datetime) -> None:
        self.hours, self.at = hours, at
        self._zone = ZoneInfo(hours.time_zone)

    def minutes(self) -> Iterator[tuple[datetime, date, bool]]:
        """Each minute from `at` on, the day the desk is living in, and whether it is open."""
        moment = self.at - 2 * DAY
        latest = datetime(1, 1, 1)  # noqa: DTZ001  (a wall time has no zone)
        while True:
            latest = max(latest, moment.astimezone(self._zone).replace(tzinfo=None))
            if moment >= self.at:
                yield moment, latest.date(), self._is_open(latest)
            moment += MINUTE

    def _is_open(self, wall: datetime) -> bool:
        if wall.date() in self.hours.holidays:
            return False
        minute = wall.hour * 60 + wall.minute
        for opens, closes in self.hours.week[wall.weekday()]:
            end = closes.hour * 60 + closes.minute or 1440
            if opens.hour * 60 + opens.minute <= minute < end:
                return True
        return False


@settings(max_examples=80, deadline=None)
@given(calendars(), st.integers(0, 2 * 1440))
def test_open_and_counted_minutes_are_those_of_the_stepper(
    drawn: tuple[BusinessHours, datetime], length: int
) -> None:
    """Law: a minute is business time exactly when a person at the desk's wall says so."""
    hours, at = drawn

    steps = [step for step, _ in zip(Stepper(hours, at).minutes(), range(length), strict=False)]

    assert [business.is_open(hours, moment) for moment, _, _ in steps[::7]] == [
        is_open for _, _, is_open in steps[::7]
    ]
    counted = sum(is_open for _, _, is_open in steps)
    assert business.between(hours, at, at + length * MINUTE) == counted * MINUTE


@settings(max_examples=80, deadline=None)
@given(calendars(), st.integers(1, 600))
def test_a_span_forward_ends_where_the_stepper_has_counted_it(
    drawn: tuple[BusinessHours, datetime], span: int
) -> None:
    """Law: the deadline is the end of the last minute counted, and never the next opening."""
    hours, at = drawn
    due = business.forward(hours, at, span * MINUTE)

    left = span
    for moment, _, is_open in Stepper(hours, at).minutes():
        left -= is_open
        if left == 0 or moment > at + 40 * DAY:
            break

    # A calendar that is seldom open is followed for forty days; the law of the inverse goes on.
    assert due == moment + MINUTE if left == 0 else due > moment


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(1, 3))
def test_the_nth_business_day_ends_where_the_stepper_sees_it_close(
    drawn: tuple[BusinessHours, datetime], n: int
) -> None:
    """Law: business days are the days after today on which the desk was open for a minute."""
    hours, at = drawn
    today = at.astimezone(ZoneInfo(hours.time_zone)).date()
    due = business.end_of_business_day(hours, at, n)

    closings: dict[date, datetime] = {}
    for moment, day, is_open in Stepper(hours, at).minutes():
        if moment > at + 18 * DAY or (len(closings) > n):
            break
        if is_open and day > today:
            closings[day] = moment + MINUTE

    if len(closings) >= n:
        assert due == closings[sorted(closings)[n - 1]]
    else:
        assert due > moment


@given(calendars(), st.timedeltas(timedelta(0), timedelta(hours=200)))
def test_between_takes_forward_back(
    drawn: tuple[BusinessHours, datetime], span: timedelta
) -> None:
    """Law: from a start to its deadline exactly the span is counted, to the microsecond."""
    hours, at = drawn

    due = business.forward(hours, at, span)

    assert due >= at
    assert business.between(hours, at, due) == span
    assert business.between(hours, due, at) == -span


@given(calendars(), st.integers(1, 7 * 1440))
def test_a_span_that_is_used_up_at_closing_ends_at_closing(
    drawn: tuple[BusinessHours, datetime], length: int
) -> None:
    """Law: every closing is the deadline of the span that was counted until then."""
    hours, at = drawn

    pieces = business.segments(hours, at, at + length * MINUTE)

    for piece in pieces:
        if piece.counted:
            assert business.forward(hours, at, business.between(hours, at, piece.end)) == piece.end


@given(calendars(), st.integers(0, 5 * 1440), st.integers(0, 900), st.integers(0, 900))
def test_a_later_start_or_a_longer_span_never_ends_earlier(
    drawn: tuple[BusinessHours, datetime], later: int, span: int, longer: int
) -> None:
    """Law: business time is monotone."""
    hours, at = drawn
    due = business.forward(hours, at, span * MINUTE)

    assert business.forward(hours, at + later * MINUTE, span * MINUTE) >= due
    assert business.forward(hours, at, (span + longer) * MINUTE) >= due
    assert business.end_of_business_day(hours, at, 2) > business.end_of_business_day(hours, at, 1)


@given(calendars())
def test_the_next_opening_is_open_and_nothing_before_it_is(
    drawn: tuple[BusinessHours, datetime],
) -> None:
    """Law: the next opening is the first open moment from now on."""
    hours, at = drawn

    opening = business.next_opening(hours, at)

    assert opening >= at
    assert business.is_open(hours, opening)
    assert business.between(hours, at, opening) == timedelta(0)
    assert opening == at or not business.is_open(hours, opening - timedelta(microseconds=1))


@given(calendars(), st.integers(0, 10 * 1440))
def test_an_explanation_covers_all_the_time_and_counts_what_was_counted(
    drawn: tuple[BusinessHours, datetime], length: int
) -> None:
    """Law: the segments leave no gap, and the counted ones add up to the business time."""
    hours, at = drawn
    end = at + length * MINUTE

    pieces = business.segments(hours, at, end)

    counted = sum((each.end - each.start for each in pieces if each.counted), timedelta(0))
    assert counted == business.between(hours, at, end)
    assert sum((each.end - each.start for each in pieces), timedelta(0)) == end - at
    assert all(one.end == two.start for one, two in pairwise(pieces))
    assert all(business.is_open(hours, each.start) is each.counted for each in pieces)
    assert not pieces or (pieces[0].start, pieces[-1].end) == (at, end)
