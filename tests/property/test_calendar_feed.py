"""Laws of our calendar feed: a calendar shows whom the resolver names."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from redphone.channels.schedules import FORMATS, Reading, feed
from redphone.channels.schedules.proof import compare
from redphone.core.oncall import Layer, Override, Rota, Shift, Unit, Window, on_call, spans

NOW = datetime(2026, 11, 24, 12, 34, 56, tzinfo=UTC)
START, END = feed.edges(NOW)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca")
PEOPLE = ("person:1", "person:2", "person:3", "person:4")
NAMES = dict(
    zip(PEOPLE, ("Ana; Reyes", "Bo, Chen", "Inês Ébène", "Rosa “R” 罗莎" * 6), strict=True)
)

zones = st.sampled_from(ZONES)
people = st.sampled_from(PEOPLE)
turns = st.lists(st.lists(people, max_size=2, unique=True).map(tuple), min_size=1, max_size=5)
moments = st.integers(0, 380 * 24).map(lambda hours: START + timedelta(hours=hours))
clocks = st.integers(0, 47).map(lambda n: time(n // 2, 30 * (n % 2)))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    return Layer(
        id=str(draw(st.integers(0, 99))),
        name="Turns",
        priority=draw(st.integers(1, 3)),
        time_zone=draw(zones),
        turns=tuple(draw(turns)),
        unit=draw(st.sampled_from(Unit)),
        every=draw(st.integers(5, 12)),
        starts_at=START - timedelta(hours=draw(st.integers(-5000, 5000))),
        windows=tuple(
            Window(
                from_day=draw(st.integers(0, 6)),
                from_time=draw(clocks),
                to_day=draw(st.integers(0, 6)),
                to_time=draw(clocks),
            )
            for _ in range(draw(st.integers(0, 2)))
        ),
    )


@st.composite
def rotas(draw: st.DrawFn) -> Rota:
    return Rota(
        team="L1, Support; night \\ day",
        time_zone=draw(zones),
        shifts=tuple(
            Shift(
                person=draw(people),
                weekday=draw(st.integers(0, 6)),
                starts=draw(clocks),
                ends=draw(clocks),
            )
            for _ in range(draw(st.integers(0, 3)))
        ),
        layers=tuple(draw(st.lists(layers(), min_size=1, max_size=3))),
        overrides=tuple(
            Override(
                person=draw(people),
                starts_at=since,
                ends_at=since + timedelta(hours=draw(st.integers(1, 90))),
                instead_of=draw(st.none() | people),
            )
            for since in draw(st.lists(moments, max_size=3))
        ),
    )


def written(rota: Rota) -> bytes:
    found = feed.duties(rota.team, spans(rota, *feed.wider(START, END)), NAMES, holes=True)
    within = feed.within(found, START, END, now=START)
    return feed.write("On call", within, changed_at=NOW, host="https://desk.example")


def changes_of_clocks(zone: ZoneInfo) -> list[datetime]:
    """The moments around every change of a zone's clocks in the feed's year."""
    found, at = [], START
    while at < END:
        if (
            at.astimezone(zone).utcoffset()
            != (at + timedelta(hours=1)).astimezone(zone).utcoffset()
        ):
            found += [at + timedelta(minutes=minutes) for minutes in range(-90, 150, 10)]
        at += timedelta(hours=1)
    return found


@given(rota=rotas(), seed=st.integers(0, 2**32))
@settings(max_examples=6)
def test_a_calendar_shows_whom_the_resolver_names(rota: Rota, seed: int) -> None:
    """At 1,000 moments and around each change of clocks, the events' people are those on call."""
    random_ = random.Random(seed)
    length = int((END - START).total_seconds())
    asked = [START + timedelta(seconds=random_.randrange(length)) for _ in range(1000)]
    for zone in {rota.time_zone, *(layer.time_zone for layer in rota.layers)}:
        asked += changes_of_clocks(ZoneInfo(zone))
    calendar = recurring_ical_events.of(Calendar.from_ical(written(rota)))
    events = [
        (each["DTSTART"].dt, each["DTEND"].dt, each)
        for each in calendar.between(START, END + timedelta(seconds=1))
    ]

    for at in asked:
        shown = [event for starts, ends, event in events if starts <= at < ends]
        named = {
            str(event["X-REDPHONE-ON-CALL"])
            for event in shown
            if "CATEGORIES" in event and "X-REDPHONE-ON-CALL" in event
        }
        assert named == {NAMES[person] for person in on_call(rota, at)}
        holes = [each for each in shown if str(each["SUMMARY"]).startswith("Nobody on call: L1,")]
        assert len(holes) == (not named)
    for at in asked[:20]:
        assert len(calendar.at(at)) == sum(starts <= at < ends for starts, ends, _ in events)


@given(rota=rotas())
@settings(max_examples=10)
def test_what_we_give_out_can_be_taken_in_again(rota: Rota) -> None:
    """Our own feed, imported, names the same people; each event has a number of its own."""
    raw = written(rota)
    uids = [line for line in raw.split(b"\r\n") if line.startswith(b"UID:")]
    assert len(uids) == len(set(uids))
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))

    how = Reading(starts_at=START + timedelta(days=30), ends_at=END - timedelta(days=1))
    found = FORMATS["icalendar"].read([raw], how)
    assert found.said is not None
    ours = [
        replace(span, people=tuple(NAMES[person] for person in span.people))
        for span in spans(rota, how.starts_at, how.ends_at)
    ]
    assert compare(found.said.spans, ours).differences == ()
    assert found.lost == ()


@given(rota=rotas())
@settings(max_examples=5)
def test_a_feed_that_says_the_same_is_the_same(rota: Rota) -> None:
    """Read a minute later, a feed has the same bytes; read a day later, the same numbers."""
    first = written(rota)
    later = feed.wider(START + timedelta(days=1), END + timedelta(days=1))
    found = list(feed.duties(rota.team, spans(rota, *later), NAMES, holes=True))
    tomorrow = feed.write(
        "On call",
        feed.within(found, START + timedelta(days=1), END + timedelta(days=1), now=START),
        changed_at=NOW,
        host="https://desk.example",
    )

    assert written(rota) == first
    today_s = {line for line in first.split(b"\r\n") if line.startswith(b"UID:")}
    tomorrow_s = {line for line in tomorrow.split(b"\r\n") if line.startswith(b"UID:")}
    # Only what came in at the end has another number.
    came_in = [
        each
        for each in feed.within(found, START, END + timedelta(days=1), now=START)
        if each.starts_at >= END
    ]
    assert len(tomorrow_s - today_s) <= len(came_in)
