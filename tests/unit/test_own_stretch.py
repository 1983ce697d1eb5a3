"""Whoever gives a shift away gives all of it, whoever comes and goes beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from redphone.core.oncall import Span
from redphone.records.queries.duty import own_stretch

START = datetime(2026, 11, 27, tzinfo=UTC)
HOUR = timedelta(hours=1)


def spans(*people: tuple[str, ...]) -> tuple[Span, ...]:
    return tuple(
        Span(starts_at=START + n * HOUR, ends_at=START + (n + 1) * HOUR, people=each)
        for n, each in enumerate(people)
    )


def test_an_overlap_at_either_end_belongs_to_the_duty() -> None:
    found = spans(("bo",), ("bo", "ana"), ("ana",), ("ana", "cy"), ("cy",))

    stretches = {own_stretch(found, place, "ana") for place in (1, 2, 3)}

    assert stretches == {(START + HOUR, START + 4 * HOUR)}


def test_who_is_not_on_call_then_has_none() -> None:
    found = spans(("ana",), ("bo",), ("ana",))

    assert own_stretch(found, 1, "ana") is None
    assert own_stretch(found, 2, "ana") == (START + 2 * HOUR, START + 3 * HOUR)
