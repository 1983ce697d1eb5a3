"""What a case does, entry by entry: the first response, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from redphone.core import case as cases
from redphone.core.stream import Entry

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, MIRA = "person:1", "person:90"

NewCase = Callable[..., "Story"]


def answer(story: Story, minute: float, by: str = ANA) -> None:
    entry = cases.respond(story.case, by=by, words="We are on it.", at=story.at(minute))
    story.do(entry)


def test_enterprise_has_fifteen_minutes_at_any_hour(new_case: NewCase) -> None:
    """POL-2, FAQ-3: the promise and the aim, the promise's clause on show with the other."""
    night = new_case(at=datetime(2026, 11, 26, 3, 0, tzinfo=UTC))

    clock = night.running()["first_response"]

    assert clock.due_at == datetime(2026, 11, 26, 3, 15, tzinfo=UTC)
    assert [(c.clause, c.strength) for c in clock.claims] == [
        ("POL-2", "target"),
        ("FAQ-3", "promise"),
    ]


def test_an_unknown_caller_has_the_enterprise_clock(new_case: NewCase) -> None:
    """POL-6, FAQ-2, FAQ-3."""
    stranger = new_case(plan=None)

    assert stranger.due("first_response") == 15


def test_a_person_s_words_end_the_clock(new_case: NewCase) -> None:
    """POL-2."""
    story = new_case()

    answer(story, 14)
    story.advance(600)

    assert story.running() == {}
    assert story.missed() == []


def test_an_answer_at_the_very_moment_is_in_time(new_case: NewCase) -> None:
    """FAQ-3: within fifteen minutes."""
    story = new_case()

    answer(story, 15)

    assert story.missed() == []


def test_an_answer_after_the_moment_leaves_the_miss_though_no_loop_came_by(
    new_case: NewCase,
) -> None:
    """FAQ-3: a loop that was down must not hide that the answer was late."""
    story = new_case()

    answer(story, 16)

    assert story.missed() == [("first_response", "POL-2"), ("first_response", "FAQ-3")]
    assert [entry.kind for entry in story.entries] == ["opened", "missed", "responded"]


def test_an_answer_written_down_late_takes_the_miss_back(new_case: NewCase) -> None:
    """FAQ-3: rules go by when a thing happened."""
    story = new_case()
    story.advance(20)

    answer(story, 10)

    assert story.missed() == []
    assert story.case.first_response_at == story.at(10)


def test_an_answer_at_the_very_moment_takes_the_miss_back(new_case: NewCase) -> None:
    """FAQ-3: in time is in time, whoever wrote first."""
    story = new_case()
    story.tick(15)

    answer(story, 15)

    assert story.missed() == []


def test_a_second_answer_that_came_first_counts(new_case: NewCase) -> None:
    """POL-2: the earliest answer is the first response, in whichever order they were noted."""
    story = new_case()

    answer(story, 14)
    answer(story, 9)

    assert story.case.first_response_at == story.at(9)


def test_a_later_answer_moves_nothing(new_case: NewCase) -> None:
    story = new_case()

    answer(story, 9)
    answer(story, 40)

    assert story.case.first_response_at == story.at(9)


@pytest.mark.parametrize("by", ["clock", "system", "api:3", "anonymous"])
def test_no_machine_gives_a_first_response(new_case: NewCase, by: str) -> None:
    """POL-2: an automatic receipt is none."""
    story = new_case()

    with pytest.raises(cases.NotAPerson, match="Only a person"):
        answer(story, 1, by=by)


def test_an_empty_answer_is_none(new_case: NewCase) -> None:
    story = new_case()

    with pytest.raises(cases.WordsMissing, match="Nothing was written"):
        cases.respond(story.case, by=ANA, words=" \n", at=story.at(1))


def test_adding_to_a_report_stops_no_clock(new_case: NewCase) -> None:
    """FAQ-6: the rest is asked while the page is out."""
    story = new_case()

    story.do(
        cases.add(story.case, by=MIRA, words="Since 11:50.", at=story.at(2), fields=["z", "a"])
    )

    assert story.due("first_response") == 15
    assert story.entries[-1].data == {"fields": ["a", "z"]}


def test_nothing_can_be_added_without_words(new_case: NewCase) -> None:
    story = new_case()

    with pytest.raises(cases.WordsMissing):
        cases.add(story.case, by=MIRA, words="", at=story.at(2))


def test_declining_ends_the_clock_with_its_reason(new_case: NewCase) -> None:
    """POL-10, FAQ-5: no emergency, and nothing is owed on it any more."""
    story = new_case()

    story.do(cases.decline(story.case, by=ANA, reason="A wish for a feature.", at=story.at(5)))
    story.advance(600)

    assert story.case.status == "declined"
    assert (story.running(), story.missed()) == ({}, [])
    assert story.entries[-1].words == "A wish for a feature."


def test_a_decline_written_down_late_takes_back_what_was_missed_after_it(
    new_case: NewCase,
) -> None:
    """POL-10: from then on nothing was owed."""
    story = new_case()
    story.advance(20)

    story.do(cases.decline(story.case, by=ANA, reason="A wish for a feature.", at=story.at(10)))

    assert story.missed() == []


def test_a_decline_after_the_miss_leaves_it(new_case: NewCase) -> None:
    story = new_case()

    story.do(cases.decline(story.case, by=ANA, reason="A wish for a feature.", at=story.at(16)))

    assert ("first_response", "FAQ-3") in story.missed()


def test_only_a_person_with_a_reason_declines(new_case: NewCase) -> None:
    """POL-10, FAQ-1: the desk never declines by itself."""
    story = new_case()

    with pytest.raises(cases.NotAPerson):
        cases.decline(story.case, by="system", reason="It says so.", at=story.at(1))
    with pytest.raises(cases.ReasonMissing, match="A reason is needed"):
        cases.decline(story.case, by=ANA, reason=" ", at=story.at(1))


def identify(story: Story, plan: str, minute: float) -> None:
    entry = cases.identify(
        story.case, customer="13", plan=plan, channels=("chat",), by=ANA, at=story.at(minute)
    )
    story.do(entry)


def test_knowing_the_plan_moves_the_deadline_and_restarts_nothing(new_case: NewCase) -> None:
    """FAQ-3: seven in the morning in New York is outside business hours: two hours."""
    story = new_case(plan=None)

    identify(story, "pro", 10)

    clock = story.running()["first_response"]
    assert (story.due("first_response"), clock.started_at) == (120, story.at(0))
    assert story.case.off_channel is True


def test_knowing_the_plan_late_can_be_a_miss_at_once(new_case: NewCase) -> None:
    """FAQ-3: Enterprise all along, and fifteen minutes from the report."""
    story = new_case(plan="pro")
    identify(story, "enterprise", 40)

    (miss,) = story.tick(40)

    assert (miss.kind, miss.at, miss.data["clauses"]) == (
        "missed",
        story.at(15),
        ["POL-2", "FAQ-3"],
    )


def test_a_stranger_who_turns_out_pro_is_still_owed_the_pro_promise(new_case: NewCase) -> None:
    """FAQ-3: a miss on the provisional clock doesn't use up the real one."""
    story = new_case(plan=None)
    story.advance(16)

    identify(story, "pro", 20)

    assert story.due("first_response") == 120


def test_a_stranger_who_turns_out_enterprise_is_missed_once(new_case: NewCase) -> None:
    story = new_case(plan=None)
    story.advance(16)

    identify(story, "enterprise", 20)

    assert story.tick(30) == []
    assert story.due("first_response") is None


def test_a_case_joins_another_incident_and_keeps_its_clock(new_case: NewCase) -> None:
    story = new_case()

    entry = cases.move(story.case, to="INC-105", by=ANA, at=story.at(3), why="The same gateway.")
    story.do(entry)

    assert story.case.incident == "INC-105"
    assert story.entries[-1].data == {"to": "INC-105", "from": "INC-101"}
    assert story.due("first_response") == 15


def test_only_a_person_moves_a_case_and_to_somewhere_else(new_case: NewCase) -> None:
    story = new_case()

    with pytest.raises(cases.NotAPerson):
        cases.move(story.case, to="INC-105", by="system", at=story.at(3), why="alike")
    with pytest.raises(cases.CaseThereAlready, match="belongs to that incident"):
        cases.move(story.case, to="INC-101", by=ANA, at=story.at(3), why="alike")


def test_a_case_is_resolved_closed_and_reopened(new_case: NewCase) -> None:
    """POL-8: open until resolved, and open again when it is back."""
    story = new_case()
    seen = [story.case.status]

    for verb in (cases.resolve, cases.close, cases.reopen):
        story.do(verb(story.case, by=ANA, at=story.at(10)))
        seen.append(story.case.status)

    assert seen == ["open", "resolved", "closed", "open"]
    assert (story.case.resolved_at, story.case.closed_at) == (None, None)


def test_a_resolution_takes_back_what_was_missed_after_it(new_case: NewCase) -> None:
    """FAQ-3: resolved at ten, noted at twenty: nothing was owed at fifteen."""
    story = new_case()
    story.advance(20)

    story.do(cases.resolve(story.case, by=ANA, at=story.at(10)))

    assert story.missed() == []


def test_a_reopened_case_without_an_answer_has_its_old_clock(new_case: NewCase) -> None:
    """FAQ-3: nothing restarts."""
    story = new_case()
    story.do(cases.resolve(story.case, by=ANA, at=story.at(5)))

    story.do(cases.reopen(story.case, by=ANA, at=story.at(8)))

    assert story.due("first_response") == 15


@pytest.mark.parametrize(
    ("end", "refused", "sentence"),
    [
        ("decline", "respond", "This case is over"),
        ("close", "respond", "This case is over"),
        ("decline", "decline", "This case is over"),
        ("resolve", "decline", "This case is over"),
        ("resolve", "move", "This case is over"),
        ("resolve", "resolve", "This case is over"),
        ("decline", "reopen", "nothing to reopen"),
        ("decline", "close", "Only a resolved case"),
        ("close", "close", "Only a resolved case"),
    ],
)
def test_what_is_over_refuses_in_a_clear_sentence(
    new_case: NewCase, end: str, refused: str, sentence: str
) -> None:
    story = new_case()
    if end == "close":
        do(story, "resolve")
    do(story, end)

    with pytest.raises(cases.CaseError, match=sentence):
        do(story, refused)


@pytest.mark.parametrize(("verb", "sentence"), [("close", "Resolve"), ("reopen", "is open")])
def test_what_is_open_is_neither_closed_nor_reopened(
    new_case: NewCase, verb: str, sentence: str
) -> None:
    story = new_case()

    with pytest.raises(cases.CaseError, match=sentence):
        do(story, verb)


def test_a_resolved_case_can_still_be_answered(new_case: NewCase) -> None:
    story = new_case()
    do(story, "resolve")

    answer(story, 12)

    assert story.case.status == "resolved"


def test_an_entry_of_an_unknown_kind_changes_nothing(new_case: NewCase) -> None:
    story = new_case()
    before = story.case

    story.add(Entry(kind="erased", at=story.at(1), actor="system"))

    assert story.case == before


def test_replay_gives_the_same_state(new_case: NewCase) -> None:
    story = new_case()
    story.advance(20)
    answer(story, 21)

    assert cases.replay(story.entries, ref="RP-1001") == story.case


def do(story: Story, verb: str) -> None:
    at = story.at(10)
    entry = {
        "respond": lambda: cases.respond(story.case, by=ANA, words="We are on it.", at=at),
        "decline": lambda: cases.decline(story.case, by=ANA, reason="No emergency.", at=at),
        "move": lambda: cases.move(story.case, to="INC-105", by=ANA, at=at, why="the same"),
        "resolve": lambda: cases.resolve(story.case, by=ANA, at=at),
        "close": lambda: cases.close(story.case, by=ANA, at=at),
        "reopen": lambda: cases.reopen(story.case, by=ANA, at=at),
    }[verb]()
    story.do(entry)
