"""Who is on call, held to a slow reading that walks through every minute.

The slow reading knows no instants of hand-overs: it keeps, for each zone, the latest wall time
that has been shown so far. A wall time that comes twice has then begun at its first coming, and
one that is skipped has begun with the skip.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.core.oncall import (
    Absence,
    Layer,
    OnHolidays,
    Override,
    Rota,
    Shift,
    Span,
    Unit,
    Window,
    explain,
    holes,
    on_call,
    spans,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
MINUTES = 2 * 24 * 60
# Around changes of the clocks: half an hour, backwards in summer, a day left out, Ramadan.
CHANGES = {
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00"),
    "Pacific/Apia": ("2011-12-30T10:00", "2011-09-24T14:00"),
    "Europe/Dublin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Asia/Kathmandu": ("2026-02-27T12:00", "2026-12-31T04:00"),
    "America/Havana": ("2026-03-08T05:00", "2026-11-01T05:00"),
}
PEOPLE = ("ana", "bo", "cy", "di")
EVERYWHERE = st.sampled_from(sorted(CHANGES))
people = st.sampled_from(PEOPLE)
# Most clocks are changed in the small hours: walls that are skipped or come twice are there.
hours = st.sampled_from((0, 1, 2, 3)) | st.integers(0, 23)
times = st.builds(time, hours, st.sampled_from((0, 10, 30, 45)))
days = st.lists(st.integers(-1, 3), max_size=2)
turns = st.lists(st.lists(people, max_size=2, unique=True).map(tuple), max_size=4).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Rota, datetime]:
    zone = draw(EVERYWHERE)
    change = datetime.fromisoformat(draw(st.sampled_from(CHANGES[zone]))).replace(tzinfo=UTC)
    start = change - MINUTE * draw(st.integers(60, MINUTES - 60))
    about = st.builds(
        lambda days, minutes: change + DAY * days + MINUTE * minutes,
        st.integers(-40, 1),
        st.integers(-90, 90),
    )
    near = about | st.integers(-60 * 24 * 40, MINUTES).map(lambda n: start + MINUTE * n)
    soon = st.integers(-600, MINUTES).map(lambda n: start + MINUTE * n)
    # The walls that a change skips or shows twice belong to the night around it.
    weekdays = st.sampled_from((change.weekday(), (change.weekday() - 1) % 7)) | st.integers(0, 6)
    shifts = st.builds(Shift, person=people, weekday=weekdays, starts=times, ends=times)
    windows = st.builds(Window, from_day=weekdays, from_time=times, to_day=weekdays, to_time=times)
    zones = st.sampled_from((zone, zone, draw(EVERYWHERE)))
    return (
        Rota(
            team="L1",
            time_zone=zone,
            shifts=tuple(draw(st.lists(shifts, max_size=4))),
            layers=tuple(draw(st.lists(layers(zones, near, soon, windows), max_size=4))),
            overrides=tuple(draw(st.lists(overrides(soon), max_size=4))),
            absences=tuple(draw(st.lists(absences(soon), max_size=2))),
            zones={person: draw(EVERYWHERE) for person in PEOPLE[:3]},
            holidays=frozenset(start.date() + DAY * n for n in draw(days)),
        ),
        start,
    )


@st.composite
def layers(
    draw: st.DrawFn,
    zones: st.SearchStrategy[str],
    near: st.SearchStrategy[datetime],
    soon: st.SearchStrategy[datetime],
    windows: st.SearchStrategy[Window],
) -> Layer:
    starts_at = draw(near)
    return Layer(
        id=str(draw(st.integers(1, 99))),
        name="A layer",
        priority=draw(st.integers(1, 3)),
        time_zone=draw(zones),
        turns=draw(turns),
        unit=draw(st.sampled_from(Unit)),
        every=draw(st.integers(1, 3)),
        starts_at=starts_at,
        ends_at=draw(st.none() | soon.filter(lambda at: at > starts_at)),
        holds_from=draw(st.none() | soon),
        handover_in_persons_zone=draw(st.booleans()),
        windows=tuple(draw(st.lists(windows, max_size=2))),
        on_holidays=draw(st.sampled_from(OnHolidays)),
    )


@st.composite
def overrides(draw: st.DrawFn, soon: st.SearchStrategy[datetime]) -> Override:
    starts_at = draw(soon)
    instead_of = draw(st.none() | people)
    return Override(
        person=draw(people),
        starts_at=starts_at,
        ends_at=starts_at + MINUTE * draw(st.integers(1, 900)),
        instead_of=instead_of,
        replaces_all=instead_of is None and draw(st.booleans()),
    )


@st.composite
def absences(draw: st.DrawFn, soon: st.SearchStrategy[datetime]) -> Absence:
    starts_at = draw(soon)
    return Absence(
        person=draw(people),
        starts_at=starts_at,
        ends_at=starts_at + MINUTE * draw(st.integers(1, 2000)),
    )


class Slow:
    """The slow reading. `shown` is the latest wall time that a zone has shown, by the minute."""

    def __init__(self, rota: Rota, start: datetime) -> None:
        self.rota = rota
        self.shown = {zone: latest_walls(zone, start) for zone in CHANGES}
        self.start = start
        self.handovers = [handover_walls(layer) for layer in rota.layers]

    def on_call(self, minute: int) -> tuple[str, ...]:
        at = self.start + MINUTE * minute
        rota = self.rota
        over = [o for o in rota.overrides if o.starts_at <= at and not at >= o.ends_at]
        away = {a.person for a in rota.absences if a.starts_at <= at and not at >= a.ends_at}
        sole = [p for o in over if o.replaces_all for p in self.instead(o.person, over, away)]
        if sole:
            return once(sole)
        found: list[str] = []
        for priority in (3, 2, 1, 0):
            for person in self.named(priority, minute):
                found += self.instead(person, over, away)
            if found:
                break
        found += [
            o.person
            for o in over
            if not o.replaces_all and not o.instead_of and o.person not in away
        ]
        return once(found)

    def instead(self, person: str, over: list[Override], away: set[str]) -> list[str]:
        paths, ends = [[person]], []
        while paths:
            path = paths.pop(0)
            onward = [o.person for o in over if o.instead_of == path[-1]]
            onward = [each for each in onward if each not in path]
            if onward:
                # Depth first, in the order in which they were made.
                paths = [[*path, each] for each in onward] + paths
            elif path[-1] not in away:
                ends.append(path[-1])
        return ends

    def named(self, priority: int, minute: int) -> list[str]:
        rota = self.rota
        if priority == 0:
            wall = self.shown[rota.time_zone][minute]
            return [shift.person for shift in rota.shifts if in_shift(shift, wall)]
        return [
            person
            for layer, walls in zip(rota.layers, self.handovers, strict=True)
            if layer.priority == priority
            for person in self.turn(layer, walls, minute)
        ]

    def turn(self, layer: Layer, walls: list[datetime], minute: int) -> tuple[str, ...]:
        at = self.start + MINUTE * minute
        wall = self.shown[layer.time_zone][minute]
        if not layer.turns or at < layer.starts_at or (layer.ends_at and at >= layer.ends_at):
            return ()
        if layer.holds_from and at < layer.holds_from:
            return ()
        if layer.windows and not any(in_window(window, wall) for window in layer.windows):
            return ()
        if layer.on_holidays is not OnHolidays.ALSO and (
            (wall.date() in self.rota.holidays) is (layer.on_holidays is OnHolidays.NEVER)
        ):
            return ()
        return layer.turns[self.number(layer, walls, minute) % len(layer.turns)]

    def number(self, layer: Layer, walls: list[datetime], minute: int) -> int:
        at = self.start + MINUTE * minute
        if layer.unit is Unit.HOUR:
            return int((at - layer.starts_at).total_seconds() / 3600 / layer.every)
        reached = 0
        for number, wall in enumerate(walls):
            turn = layer.turns[number % len(layer.turns)]
            zone = layer.time_zone
            if layer.handover_in_persons_zone and turn:
                zone = self.rota.zones.get(turn[0], zone)
            if self.shown[zone][minute] >= wall:
                reached = number
        return reached


def once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def latest_walls(zone: str, start: datetime) -> list[datetime]:
    """For each minute the latest wall time shown so far, from a day before on."""
    here, latest, found = ZoneInfo(zone), datetime.min, []  # noqa: DTZ901
    for minute in range(-24 * 60, MINUTES):
        wall = (start + MINUTE * minute).astimezone(here).replace(tzinfo=None)
        latest = max(latest, wall)
        if minute >= 0:
            found.append(latest)
    return found


def handover_walls(layer: Layer) -> list[datetime]:
    """The walls of the hand-overs of some fifty days, from the layer's beginning on."""
    first = layer.starts_at.astimezone(ZoneInfo(layer.time_zone)).replace(tzinfo=None)
    if layer.unit is Unit.MONTH:
        return [months_later(first, layer.every * number) for number in range(4)]
    length = DAY * layer.every * (7 if layer.unit is Unit.WEEK else 1)
    return [first + length * number for number in range(50 // length.days + 2)]


def months_later(first: datetime, months: int) -> datetime:
    year, month = first.year, first.month + months
    while month > 12:
        year, month = year + 1, month - 12
    for day in range(first.day, 0, -1):
        try:
            return first.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError


def in_window(window: Window, wall: datetime) -> bool:
    starts = (window.from_day, window.from_time)
    ends = (window.to_day, window.to_time)
    now = (wall.weekday(), wall.time())
    if starts < ends:
        return starts <= now < ends
    return now >= starts or now < ends


def in_shift(shift: Shift, wall: datetime) -> bool:
    now = wall.time()
    if shift.starts < shift.ends:
        return shift.weekday == wall.weekday() and shift.starts <= now < shift.ends
    if shift.weekday == wall.weekday():
        return now >= shift.starts
    return (shift.weekday + 1) % 7 == wall.weekday() and now < shift.ends


@settings(max_examples=120)
@given(cases())
def test_spans_are_what_a_walk_through_every_minute_finds(case: tuple[Rota, datetime]) -> None:
    """Over two days around a change of the clocks, minute by minute, over any rota."""
    rota, start = case
    slow = Slow(rota, start)

    found = spans(rota, start, start + MINUTE * MINUTES)

    walked = [people for span in found for people in [span.people] * minutes(span)]
    assert len(walked) == MINUTES
    for minute in range(MINUTES):
        assert walked[minute] == slow.on_call(minute), start + MINUTE * minute


def minutes(span: Span) -> int:
    return int((span.ends_at - span.starts_at) / MINUTE)


@settings(max_examples=60)
@given(cases(), st.lists(st.integers(0, MINUTES - 1), min_size=1, max_size=30))
def test_a_moment_a_span_and_the_reasons_say_the_same(
    case: tuple[Rota, datetime], at_minutes: list[int]
) -> None:
    """Whoever is on call at a moment is whom the span around it names, each for a reason."""
    rota, start = case
    found = spans(rota, start, start + MINUTE * MINUTES)

    for minute in at_minutes:
        at = start + MINUTE * minute
        around = next(span for span in found if span.starts_at <= at < span.ends_at)
        assert on_call(rota, at) == around.people
        assert {because.person for because in explain(rota, at)} == set(around.people)


@settings(max_examples=60)
@given(cases())
def test_spans_cover_the_time_and_neighbours_differ(case: tuple[Rota, datetime]) -> None:
    """From start to end without gaps; no two neighbours are alike; holes are those of nobody."""
    rota, start = case
    end = start + MINUTE * MINUTES

    found = spans(rota, start, end)

    assert [found[0].starts_at, *(s.ends_at for s in found)] == [
        *(s.starts_at for s in found),
        end,
    ]
    assert all(one.people != two.people for one, two in pairwise(found))
    assert holes(rota, start, end) == tuple(
        (s.starts_at, s.ends_at) for s in found if not s.people
    )
