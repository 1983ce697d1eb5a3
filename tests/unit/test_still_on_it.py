"""Acknowledged, and then nothing: whoever has it is asked, and then the ladder goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.core import attend, command, updates
from redphone.core.command import AlreadyAcknowledged
from redphone.core.spans import Span, SpanUnit
from redphone.core.updates import Purpose

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, BO, INES = "person:1", "person:2", "person:10"
OUTAGE = "system-outage"

New = Callable[..., "Story"]


@pytest.fixture
def taken(new_incident: New) -> Story:
    """An outage that Ana, the first step, has taken at once; the file's half hour holds."""
    story = new_incident()
    half_an_hour = Span(unit=SpanUnit.WALL, length=timedelta(minutes=30))
    rules = replace(story.policy.ladder, still_on_it_after=half_an_hour)
    story.policy = replace(story.policy, ladder=rules)
    story.tick(0)
    acknowledge(story, ANA, 1)
    return story


def acknowledge(story: Story, by: str, minute: float) -> None:
    story.do(command.acknowledge(story.incident, by=by, at=story.at(minute)))
    story.tick(minute)


def note(story: Story, minute: float, marked: str = "") -> None:
    entry = command.note(
        story.incident, by=ANA, words="Still looking.", at=story.at(minute), marked=marked
    )
    story.do(entry)
    story.tick(minute)


def asked_again(story: Story) -> list[float]:
    return [
        (entry.at - story.at(0)) / timedelta(minutes=1)
        for entry in story.entries
        if entry.kind == "asked_again"
    ]


def test_whoever_has_it_and_writes_nothing_is_asked_and_then_the_next_step_is_called(
    taken: Story,
) -> None:
    """POL-1, POL-8: at the step after theirs, with a reason of its own."""
    taken.advance(36)

    assert asked_again(taken) == [31]
    assert taken.calls()[1:] == [(36, "On-call Engineer", "went_quiet")]


def test_it_is_asked_of_who_has_it(taken: Story) -> None:
    taken.advance(31)
    entry = next(e for e in taken.entries if e.kind == "asked_again")

    (notice,) = updates.notices(taken.incident, entry, taken.policy)

    assert (notice.purpose, notice.people) == (Purpose.STILL_ON_IT, (ANA,))


@pytest.mark.parametrize("minute", [10, 30.9, 33])
def test_a_note_puts_the_question_off_by_the_whole_span(taken: Story, minute: float) -> None:
    taken.advance(min(minute, 32))

    note(taken, minute)
    taken.advance(minute + 29)

    assert taken.calls() == [(0, "L1 Support", "opened")]
    assert taken.due("still_on_it") == minute + 30


def test_an_answering_machine_is_no_sign_of_life(taken: Story) -> None:
    note(taken, 20, marked="auto_reply")

    taken.advance(31)

    assert asked_again(taken) == [31]


def test_yes_still_on_it_is_said_by_acknowledging(taken: Story) -> None:
    taken.advance(32)
    acknowledge(taken, ANA, 33)

    taken.advance(60)

    assert taken.calls() == [(0, "L1 Support", "opened")]
    assert taken.due("still_on_it") == 63


def test_without_a_question_nobody_can_acknowledge_twice(taken: Story) -> None:
    with pytest.raises(AlreadyAcknowledged):
        command.acknowledge(taken.incident, by=ANA, at=taken.at(20))


def test_any_deed_ends_the_ringing_of_who_was_called_since(taken: Story) -> None:
    taken.advance(38)

    note(taken, 39)
    taken.advance(60)

    assert [step for _, step, _ in taken.calls()] == ["L1 Support", "On-call Engineer"]
    assert not any(ask.is_ringing for ask in taken.incident.asks)


def test_a_reply_to_a_customer_is_a_deed(taken: Story) -> None:
    (entry,) = attend.work(taken.incident, through="RP-1001", by=ANA, at=taken.at(25))
    taken.do(entry)

    taken.advance(54)

    assert asked_again(taken) == []


def test_replies_that_follow_each_other_closely_are_noted_once(taken: Story) -> None:
    assert attend.work(taken.incident, through="RP-1001", by=ANA, at=taken.at(3)) == ()


def test_silence_walks_the_ladder_to_its_end_and_tells_the_managers(taken: Story) -> None:
    """Every escalation ends, this one too: three walks, and the managers are told once."""
    taken.advance(600)

    assert asked_again(taken) == [31]
    assert len(taken.calls()) < 1 + 3 * 3
    assert [e.kind for e in taken.entries].count("ladder_exhausted") == 1


def test_whoever_is_called_then_and_comes_has_it(taken: Story) -> None:
    taken.advance(36)
    acknowledge(taken, BO, 37)

    taken.advance(72)

    assert asked_again(taken) == [31, 67]
    assert taken.calls()[-1] == (72, "CTO", "went_quiet")


def test_after_the_last_step_it_begins_with_the_first(taken: Story) -> None:
    taken.advance(36)
    taken.advance(41)
    acknowledge(taken, "person:3", 42)

    taken.advance(77)

    assert taken.calls()[-1] == (77, "L1 Support", "went_quiet")


def test_containment_ends_the_question(new_incident: New) -> None:
    """EMG-2: it spreads no further; the updates to customers are still owed."""
    story = new_incident("data-security-incident")
    story.tick(0)
    acknowledge(story, "person:4", 1)
    story.do(command.contain(story.incident, by=INES, evidence="Keys revoked.", at=story.at(2)))

    assert "still_on_it" not in story.running()


def test_a_type_may_be_asked_sooner(taken: Story) -> None:
    outage = taken.policy.issue_types[OUTAGE]
    soon = replace(outage, still_on_it_after=Span(unit=SpanUnit.WALL, length=timedelta(minutes=9)))
    taken.policy = replace(taken.policy, issue_types={**taken.policy.issue_types, OUTAGE: soon})

    assert taken.due("still_on_it") == 10


def test_an_incident_of_before_keeps_its_rules(taken: Story) -> None:
    """What was opened before the desk asked again is verified by the rules it was opened under."""
    taken.state = replace(taken.incident, rules=1)

    assert "still_on_it" not in taken.running()
    assert "senior_owner" not in taken.running()
