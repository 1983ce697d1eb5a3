"""A customer who waits in a chat is found by the clock: when, and who is called (FAQ-2, FAQ-3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.core import attend, chat, command, ladder
from redphone.core.attend import NobodyWaits
from redphone.core.command import IncidentEnded, NotAPerson

if TYPE_CHECKING:
    from tests.unit.conftest import Story

    from redphone.core.policy import Policy

ANA, BO, INES = "person:1", "person:2", "person:10"
CASE = "RP-1001"
TWO = timedelta(minutes=2)

NewIncident = Callable[..., "Story"]


@pytest.fixture
def talk(new_incident: NewIncident) -> Story:
    """A Pro customer has opened a chat at noon: nobody is called before 12:02."""
    story = new_incident(plan="pro", hold=TWO)
    writes(story, 0)
    story.tick(0)
    return story


def writes(story: Story, minute: float) -> None:
    at = story.at(minute)
    for entry in attend.wait(story.incident, case=CASE, by="person:90", at=at):
        story.do(entry)


def does(story: Story, verb: Callable[..., tuple[object, ...]], minute: float, by: str) -> None:
    for entry in verb(story.incident, case=CASE, by=by, at=story.at(minute)):
        story.do(entry)  # type: ignore[arg-type]
    story.tick(minute)


def called(story: Story) -> list[tuple[float, str, list[str]]]:
    """Each call: minute, whose ladder, whom."""
    return [
        ((e.at - story.at(0)) / timedelta(minutes=1), e.data["lane"], e.data["people"])
        for e in story.entries
        if e.kind == "asked"
    ]


@pytest.mark.parametrize(
    ("channel", "plan", "waits"),
    [
        ("chat", "pro", True),
        ("chat", "enterprise", False),
        ("chat", None, False),
        ("chat", "a plan of long ago", False),
        ("button", "pro", False),
    ],
)
def test_only_a_pro_customer_s_chat_is_held_for_two_minutes(
    policy: Policy, channel: str, plan: str | None, waits: bool
) -> None:
    """clauses.md, rows 8 and 9: an unknown caller counts as Enterprise, which pages at once."""
    assert chat.hold(channel, plan, policy) == (TWO if waits else timedelta())


def test_a_policy_without_the_wait_pages_at_once(policy: Policy) -> None:
    assert chat.hold("chat", "pro", replace(policy, chat_pages_after=None)) == timedelta()


def test_a_chat_unattended_for_two_minutes_pages_like_any_report(talk: Story) -> None:
    talk.advance(1.99)
    assert called(talk) == []

    talk.advance(8)

    assert talk.calls() == [
        (2, "L1 Support", "unattended"),
        (7, "On-call Engineer", "unanswered"),
    ]


def test_who_picks_it_up_in_time_is_paged_no_more_and_nobody_else_is(talk: Story) -> None:
    does(talk, attend.pick_up, 1, ANA)
    does(talk, attend.answer, 2.5, ANA)

    talk.advance(119)

    assert called(talk) == []
    assert talk.incident.engaged_at == talk.at(1)


def test_picking_up_and_saying_nothing_pages_who_picked_it_up(talk: Story) -> None:
    does(talk, attend.pick_up, 1, BO)

    talk.advance(14)

    assert called(talk) == [
        (3, "chat/RP-1001", [BO]),
        (8, "chat/RP-1001", [ANA]),
        (13, "chat/RP-1001", [BO]),
    ]


def test_a_page_that_is_answered_without_a_word_to_the_customer_comes_again(talk: Story) -> None:
    talk.advance(3)
    talk.do(command.acknowledge(talk.incident, by=ANA, at=talk.at(3)))

    talk.advance(5)
    talk.do(command.acknowledge(talk.incident, by=ANA, at=talk.at(6)))
    talk.advance(9)

    assert called(talk) == [
        (2, "system-outage", [ANA]),
        (5, "chat/RP-1001", [ANA]),
        (8, "chat/RP-1001", [ANA]),
    ]


def test_later_words_that_wait_two_minutes_page_whoever_has_the_chat(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    does(talk, attend.answer, 4, BO)

    writes(talk, 20)
    writes(talk, 21)
    talk.advance(24)

    assert called(talk) == [(22, "chat/RP-1001", [BO])]


def test_an_answer_ends_the_ringing_for_it(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    writes(talk, 20)
    talk.advance(23)
    assert ladder.still_rings(talk.incident, ANA, "chat/RP-1001")

    does(talk, attend.answer, 23, BO)
    talk.advance(60)

    assert not ladder.still_rings(talk.incident, ANA, "chat/RP-1001")
    assert len(called(talk)) == 1


def test_nobody_left_means_the_whole_ladder_and_then_the_managers(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    writes(talk, 20)

    talk.advance(24 * 60)

    assert len([call for call in called(talk) if call[1] == "chat/RP-1001"]) == 4 * 3
    assert "chat/RP-1001" in talk.incident.exhausted


def test_words_after_the_ladder_s_end_call_it_anew(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    writes(talk, 20)
    talk.advance(200)
    before = len(called(talk))

    writes(talk, 201)
    talk.advance(204)

    assert called(talk)[before:] == [(203, "chat/RP-1001", [ANA])]


def test_a_word_of_thanks_is_settled_by_hand(talk: Story) -> None:
    """Nothing decides by itself that words need no answer; a person may, and it is on record."""
    does(talk, attend.answer, 1, ANA)
    writes(talk, 20)

    does(talk, attend.settle, 21, ANA)
    talk.advance(119)

    assert called(talk) == []
    assert talk.entries[-1].kind != "asked"
    with pytest.raises(NobodyWaits):
        attend.settle(talk.incident, case=CASE, by=ANA, at=talk.at(22))


def test_an_enterprise_customer_who_joins_ends_the_wait(talk: Story) -> None:
    for entry in command.join_plan(
        talk.incident, plan="enterprise", at=talk.at(0.5), actor="system"
    ):
        talk.do(entry)

    talk.tick(0.5)

    assert called(talk) == [(0.5, "system-outage", [ANA])]


def test_a_type_that_joins_after_the_pick_up_calls_its_own_ladder(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    kinds = ("system-outage", "data-security-incident")

    talk.do(command.confirm(talk.incident, types=kinds, by=ANA, why="seen", at=talk.at(3)))
    talk.tick(3)

    assert (3, "Security Team", "unattended") in talk.calls()


def test_a_picked_up_chat_still_climbs_for_lack_of_progress(talk: Story) -> None:
    """EMG-1: confirmed calls the second step, half of four hours the last one."""
    does(talk, attend.answer, 1, ANA)
    why = command.confirm(
        talk.incident, types=("system-outage",), by=ANA, why="seen", at=talk.at(3)
    )
    talk.do(why)

    talk.advance(130)

    assert talk.calls() == [
        (3, "On-call Engineer", "no_progress"),
        (120, "CTO", "no_progress"),
    ]


def test_an_end_ends_the_wait_and_a_reopening_rings_again(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    writes(talk, 20)
    talk.do(command.resolve(talk.incident, by=ANA, words="All is well.", at=talk.at(21)))
    talk.advance(60)
    assert called(talk) == []

    talk.do(command.reopen(talk.incident, by="person:90", why="Back.", at=talk.at(60)))
    talk.tick(60)

    assert talk.calls() == [(60, "L1 Support", "reopened")]


def test_an_answer_written_down_late_answers_only_what_was_asked_before(talk: Story) -> None:
    does(talk, attend.answer, 1, ANA)
    writes(talk, 20)

    late = attend.answer(talk.incident, case=CASE, by=BO, at=talk.at(19))
    for entry in late:
        talk.do(entry)
    talk.advance(23)

    assert called(talk) == [(22, "chat/RP-1001", [BO])]


def test_a_machine_picks_nothing_up_and_an_ended_incident_has_no_chat(talk: Story) -> None:
    with pytest.raises(NotAPerson):
        attend.pick_up(talk.incident, case=CASE, by="system", at=talk.at(1))
    talk.do(command.decline(talk.incident, by=INES, reason="A test.", at=talk.at(1)))

    with pytest.raises(IncidentEnded):
        attend.pick_up(talk.incident, case=CASE, by=ANA, at=talk.at(2))


def test_a_chat_whose_case_has_moved_waits_there(talk: Story, new_incident: NewIncident) -> None:
    other = new_incident()
    other.tick(0)
    other.do(command.acknowledge(other.incident, by=INES, at=other.at(1)))

    for entry in attend.arrive(other.incident, talk.incident, case=CASE, by=ANA, at=other.at(1)):
        other.do(entry)
    for entry in attend.leave(talk.incident, case=CASE, by=ANA, at=talk.at(1)):
        talk.do(entry)
    other.advance(4)

    assert talk.incident.chats == ()
    assert called(other)[-1] == (3, "chat/RP-1001", [INES])
