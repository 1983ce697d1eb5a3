"""Business time: when the desk is open, and where a span of business time ends.

The conventions, all of which a deadline depends on:

- An opening is inside, a closing is outside: a desk open 09:00-18:00 is open at 09:00:00 and
  closed at 18:00:00. What arrives at closing counts from the next opening.
- A span that ends exactly at closing ends at closing, not at the next opening.
- Everything is counted between UTC instants; walls are only looked up. On the day the clocks go
  forward a window that spans the gap is an hour shorter, on the day they go back an hour longer.
- A wall time that comes twice means its first coming (as in RFC 5545). One that is skipped means
  the moment of the skip: a desk that opens at 02:30 opens then on a day without a 02:30.
- A holiday closes the whole local day. A window may end at 24:00; one that goes on past midnight
  is two windows, on two days, and nothing is lost between them.

Every function takes aware datetimes of any zone and gives UTC; a naive one is a ValueError. They
go by days, not by minutes.

Source: FAQ-3, FAQ-7, FAQ-8; clauses.md, rows 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from redphone.core.spans import Span, SpanUnit

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_MIDNIGHT = time(0, 0)


class HoursError(Exception):
    """Business hours that can't be what they say."""


class HoursNeverOpen(HoursError):
    """These business hours never open again. Give the week at least one window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """A calendar: a zone, a week of windows by the wall, and days off.

    `week` is seven tuples, Monday first, of (opens, closes) in order and without overlap; a
    `closes` of 00:00 is the end of the day. An empty tuple is a closed day.

    Raises:
        HoursError: the zone is unknown, or the week isn't seven days of ordered windows.
    """

    time_zone: str
    week: tuple[tuple[tuple[time, time], ...], ...]
    holidays: frozenset[date] = frozenset()
    name: str = "business hours"

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (OSError, ValueError, LookupError):
            raise HoursError(
                f'"{self.time_zone}" is not a time zone. Use a name like "Europe/Berlin".'
            ) from None
        if len(self.week) != 7:
            raise HoursError(f"A week has seven days, not {len(self.week)}. Begin with Monday.")
        for windows in self.week:
            _check_day(windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of time that was counted or not, and why: an explanation, for people to read."""

    start: datetime
    end: datetime
    counted: bool
    why: str


def _check_day(windows: tuple[tuple[time, time], ...]) -> None:
    """The edges of the day's windows, in seconds since midnight, may only go up."""
    reached = 0
    for opens, closes in windows:
        start, end = _seconds(opens), _seconds(closes) or 24 * 3600
        if not reached <= start < end:
            raise HoursError(f"These windows overlap or end before they begin: {windows!r}.")
        reached = end


def _seconds(wall: time) -> int:
    return wall.hour * 3600 + wall.minute * 60 + wall.second


# ── Walls and instants ──────────────────────────────────────────────────────────────────────────


def _instant(zone: ZoneInfo, wall: datetime) -> datetime:
    """The UTC instant of a wall time: its first coming, or the moment of the skip over it."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return early if early <= late else _skip(zone, late, early)


def _skip(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second after `before` at which the zone's offset is that of `after`."""
    offset = after.astimezone(zone).utcoffset()
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        reached = (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        low, high = (low, middle) if reached else (middle, high)
    return before + timedelta(seconds=high)


def _utc(at: datetime) -> datetime:
    """The same moment in UTC; arithmetic on any other zone would be by the wall."""
    if at.tzinfo is None:
        raise ValueError(f"A moment has a time zone; {at!r} has none.")
    return at.astimezone(UTC)


def _local_day(hours: BusinessHours, at: datetime) -> date:
    return at.astimezone(ZoneInfo(hours.time_zone)).date()


@lru_cache(maxsize=8192)
def _open_on(hours: BusinessHours, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches between instants during which the desk is open on this local day."""
    if day in hours.holidays:
        return ()
    zone = ZoneInfo(hours.time_zone)
    stretches = []
    for opens, closes in hours.week[day.weekday()]:
        last_day = day + _DAY if closes == _MIDNIGHT else day
        start = _instant(zone, datetime.combine(day, opens))
        end = _instant(zone, datetime.combine(last_day, closes))
        # A window that lies wholly in a skipped hour is no window on that day.
        if start < end:
            stretches.append((start, end))
    return tuple(stretches)


def _business_days(
    hours: BusinessHours, first: date
) -> Iterator[tuple[tuple[datetime, datetime], ...]]:
    """The open stretches of each day that has any, from `first` on, without end.

    Raises:
        HoursNeverOpen: there are no more, however long one waits.
    """
    # Past the last holiday all weeks are alike; a third one allows for windows that are skipped.
    patience = 3 * 7 * _DAY
    give_up = max(first, max(hours.holidays, default=first)) + patience
    day = first
    while day <= give_up:
        if stretches := _open_on(hours, day):
            yield stretches
            give_up = max(give_up, day + patience)
        day += _DAY
    raise HoursNeverOpen(f"The {hours.name} never open after {first}. Give the week its hours.")


def _stretches(hours: BusinessHours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every open stretch that ends after `at`, in order, without end."""
    for stretches in _business_days(hours, _local_day(hours, at)):
        for start, end in stretches:
            if end > at:
                yield max(start, at), end


# ── Questions ───────────────────────────────────────────────────────────────────────────────────


def is_open(hours: BusinessHours, at: datetime) -> bool:
    """Whether the desk is open at this moment: at opening yes, at closing no."""
    at = _utc(at)
    day = _local_day(hours, at)
    # Where the clocks go back across midnight, a day that had begun is open on the day before.
    return any(
        start <= at < end for each in (day, day + _DAY) for start, end in _open_on(hours, each)
    )


def next_opening(hours: BusinessHours, at: datetime) -> datetime:
    """The first moment from `at` on at which the desk is open; `at` itself when it is open.

    Raises:
        HoursNeverOpen: it never is.
    """
    start, _ = next(_stretches(hours, _utc(at)))
    return start


def forward(hours: BusinessHours, at: datetime, span: timedelta) -> datetime:
    """The moment by which the desk has been open for `span` since `at`.

    A span that is used up exactly at closing ends there. No span at all gives the next opening.

    Raises:
        HoursNeverOpen: the desk never opens again.
        ValueError: the span is negative.
    """
    if span < _NOTHING:
        raise ValueError(f"A span forward is not negative: {span!r}.")
    left = span
    for start, end in _stretches(hours, _utc(at)):
        if left <= end - start:
            return start + left
        left -= end - start
    raise AssertionError("the stretches never end")


def between(hours: BusinessHours, start: datetime, end: datetime) -> timedelta:
    """How long the desk is open from `start` to `end`; negative when `end` comes first."""
    start, end = _utc(start), _utc(end)
    if end < start:
        return -between(hours, end, start)
    total = _NOTHING
    day, last = _local_day(hours, start), _local_day(hours, end) + _DAY
    while day <= last:
        for opened, closed in _open_on(hours, day):
            total += max(_NOTHING, min(closed, end) - max(opened, start))
        day += _DAY
    return total


def is_business_day(hours: BusinessHours, day: date) -> bool:
    """Whether the desk opens at all on this local day."""
    return bool(_open_on(hours, day))


def end_of_business_day(hours: BusinessHours, at: datetime, n: int) -> datetime:
    """The closing of the n-th business day after the local day of `at`, whatever that day is.

    "Within 5 business days" of a Monday morning is thus the next Monday's closing.

    Raises:
        HoursNeverOpen: there aren't so many business days.
        ValueError: `n` is less than 1.

    Source: FAQ-7; clauses.md, row 18.
    """
    if n < 1:
        raise ValueError(f"The first business day after a moment is number 1, not {n}.")
    days = _business_days(hours, _local_day(hours, _utc(at)) + _DAY)
    _, closing = next(islice(days, n - 1, None))[-1]
    return closing


def deadline(span: Span, *, start: datetime, hours: BusinessHours) -> datetime:
    """The moment at which a span that began at `start` is over, by the clock the span names.

    Raises:
        HoursNeverOpen: the span is in business time and the desk never opens again.

    Source: FAQ-3, FAQ-7, FAQ-8.
    """
    match span.unit:
        case SpanUnit.WALL:
            return _utc(start) + span.length
        case SpanUnit.BUSINESS_HOURS:
            return forward(hours, start, span.length)
        case SpanUnit.BUSINESS_DAYS:
            return end_of_business_day(hours, start, span.length.days)


# ── Explanations ────────────────────────────────────────────────────────────────────────────────


def segments(hours: BusinessHours, start: datetime, end: datetime) -> tuple[Segment, ...]:
    """The time from `start` to `end` in stretches, counted and not, without a gap between them.

    The counted stretches add up to `between(hours, start, end)`.
    """
    start, end = _utc(start), _utc(end)
    zone = ZoneInfo(hours.time_zone)
    pieces: list[Segment] = []
    day, last = _local_day(hours, start), _local_day(hours, end) + _DAY
    while day <= last:
        midnight = _instant(zone, datetime.combine(day, _MIDNIGHT))
        next_midnight = _instant(zone, datetime.combine(day + _DAY, _MIDNIGHT))
        reached = midnight
        for opened, closed in _open_on(hours, day):
            pieces.append(_piece(reached, opened, counted=False, why=_why_closed(hours, day)))
            pieces.append(_piece(opened, closed, counted=True, why="business hours"))
            reached = closed
        pieces.append(_piece(reached, next_midnight, counted=False, why=_why_closed(hours, day)))
        day += _DAY
    return _joined(pieces, start, end)


def _piece(start: datetime, end: datetime, *, counted: bool, why: str) -> Segment:
    return Segment(start=start, end=end, counted=counted, why=why)


def _why_closed(hours: BusinessHours, day: date) -> str:
    if day in hours.holidays:
        return f"holiday on {day:%A} {day.day} {day:%B %Y}"
    if not hours.week[day.weekday()]:
        return f"closed on {day:%A}s"
    return "outside business hours"


def _joined(pieces: list[Segment], start: datetime, end: datetime) -> tuple[Segment, ...]:
    """The pieces cut to start and end, without empty ones, neighbours of one kind made one."""
    joined: list[Segment] = []
    for piece in pieces:
        first, last = max(piece.start, start), min(piece.end, end)
        if first >= last:
            continue
        if joined and (joined[-1].counted, joined[-1].why) == (piece.counted, piece.why):
            first = joined.pop().start
        joined.append(_piece(first, last, counted=piece.counted, why=piece.why))
    return tuple(joined)
