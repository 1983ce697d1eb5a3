"""Holes in a rota, by intervals and by walking through every quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from redphone.core.oncall import Override, Rota, Shift, holes, on_call

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
QUARTER = timedelta(minutes=15)
# Around the changes of the clocks of 2026, and an ordinary week.
STARTS = (
    datetime(2026, 3, 6, 5, 0, tzinfo=UTC),
    datetime(2026, 3, 27, tzinfo=UTC),
    datetime(2026, 4, 3, 11, 0, tzinfo=UTC),
    datetime(2026, 10, 23, tzinfo=UTC),
    datetime(2026, 10, 30, 4, 0, tzinfo=UTC),
    datetime(2026, 7, 6, tzinfo=UTC),
)
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
people = st.sampled_from(("ana", "bo"))
shifts = st.builds(Shift, person=people, weekday=st.integers(0, 6), starts=times, ends=times)


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rota, datetime]:
    start = draw(st.sampled_from(STARTS))
    overrides = []
    for _ in range(draw(st.integers(0, 2))):
        begins = start + QUARTER * draw(st.integers(-40, 400))
        ends = begins + QUARTER * draw(st.integers(1, 300))
        overrides.append(
            Override(
                person=draw(people),
                starts_at=begins,
                ends_at=ends,
                instead_of=draw(st.sampled_from((None, "ana", "bo"))),
            )
        )
    rota = Rota(
        team="L1",
        time_zone=draw(st.sampled_from(ZONES)),
        shifts=tuple(draw(st.lists(shifts, max_size=6))),
        overrides=tuple(overrides),
    )
    return rota, start


@given(rotas())
def test_a_moment_is_in_a_hole_exactly_when_nobody_is_on_call(
    given: tuple[Rota, datetime],
) -> None:
    """For each quarter of an hour of four days: nobody on call, and in a hole, mean the same."""
    rota, start = given
    end = start + timedelta(days=4)

    found = holes(rota, start, end)

    at = start
    while at < end:
        in_hole = any(since <= at < until for since, until in found)
        assert in_hole == (not on_call(rota, at)), at
        at += QUARTER


@given(rotas())
def test_holes_are_in_order_and_never_touch(given: tuple[Rota, datetime]) -> None:
    """Holes lie within the span, in order, each with time between it and the next."""
    rota, start = given
    end = start + timedelta(days=4)

    found = holes(rota, start, end)

    edges = [edge for hole in found for edge in hole]
    assert edges == sorted(set(edges))
    assert all(start <= edge <= end for edge in edges)
