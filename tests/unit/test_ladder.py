"""Whose turn it is: the two reasons to climb, and all that stops a ladder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from redphone.core import command, ladder, updates
from redphone.core.command import IncidentEnded, NotAPerson

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, BO, INES = "person:1", "person:2", "person:10"

NewIncident = Callable[..., "Story"]


def acknowledge(story: Story, by: str, minute: float) -> None:
    story.do(command.acknowledge(story.incident, by=by, at=story.at(minute)))
    story.tick(minute)


def confirm(story: Story, minute: float, *types: str) -> None:
    kinds = types or story.incident.types
    entry = command.confirm(story.incident, types=kinds, by=INES, why="seen", at=story.at(minute))
    story.do(entry)
    story.tick(minute)


def resolve(story: Story, minute: float) -> None:
    entry = command.resolve(story.incident, by=INES, words="All is well.", at=story.at(minute))
    story.do(entry)
    story.tick(minute)


def call_by_hand(story: Story, lane: str, minute: float) -> None:
    at = story.at(minute)
    turn = ladder.call_next(story.incident, story.policy, lane=lane, by=INES, at=at)
    people = tuple(p for team in turn.teams for p in story.on_call.get(team, ()))
    story.do(ladder.ask(turn, people=people, at=at, actor=INES))
    story.tick(minute)


def test_a_page_nobody_answers_goes_up_every_five_minutes(new_incident: NewIncident) -> None:
    """EMG-1: L1, then the on-call engineer, then the CTO."""
    story = new_incident()

    story.advance(14)

    assert story.calls() == [
        (0, "L1 Support", "opened"),
        (5, "On-call Engineer", "unanswered"),
        (10, "CTO", "unanswered"),
    ]


def test_an_outage_nobody_answers_is_walked_three_times_and_then_given_up(
    new_incident: NewIncident,
) -> None:
    """EMG-1: every escalation ends, and says so once."""
    story = new_incident()

    story.advance(24 * 60)

    assert len(story.calls()) == 9
    ends = [entry for entry in story.entries if entry.kind == "ladder_exhausted"]
    assert [(entry.at, entry.data) for entry in ends] == [
        (story.at(45), {"lane": "system-outage"})
    ]


def test_the_ciso_and_legal_are_called_together(new_incident: NewIncident) -> None:
    """EMG-2."""
    story = new_incident("data-security-incident")

    story.advance(6)

    assert story.calls()[1] == (5, "CISO+Legal", "unanswered")
    assert story.incident.asks[1].people == ("person:5", "person:6")


def test_nobody_on_call_is_passed_at_once_and_says_so(new_incident: NewIncident) -> None:
    """EMG-1."""
    story = new_incident()
    story.on_call = {"CTO": ("person:3",)}

    story.tick(0)

    assert story.calls() == [
        (0, "L1 Support", "opened"),
        (0, "On-call Engineer", "nobody_on_call"),
        (0, "CTO", "nobody_on_call"),
    ]
    assert [ask.people for ask in story.incident.asks] == [(), (), ("person:3",)]


def test_a_desk_with_nobody_at_all_ends_too(new_incident: NewIncident) -> None:
    story = new_incident()
    story.on_call = {}

    story.advance(24 * 60)

    assert len(story.calls()) == 9
    assert story.incident.exhausted == ("system-outage",)


def test_a_page_that_reaches_nobody_is_passed_at_once(new_incident: NewIncident) -> None:
    """EMG-1: a device that takes nothing is as good as nobody on call."""
    story = new_incident()
    story.tick(0)

    lost = updates.delivery_failed(
        key="k", purpose=updates.Purpose.PAGE, to=ANA, lane="system-outage", why="refused",
        at=story.at(1),
    )  # fmt: skip
    story.do(lost)
    story.tick(1)

    assert story.calls()[1] == (1, "On-call Engineer", "nobody_reached")


def test_an_acknowledgement_ends_the_ringing(new_incident: NewIncident) -> None:
    """EMG-1: nothing is called after it, until half of the resolution target has gone."""
    story = new_incident()
    story.advance(5)

    acknowledge(story, BO, 7)
    story.advance(119)

    assert len(story.calls()) == 2
    assert not ladder.still_rings(story.incident, ANA, "system-outage")
    assert not ladder.still_rings(story.incident, BO, "system-outage")


def test_an_acknowledgement_written_down_late_ends_what_was_called_since(
    new_incident: NewIncident,
) -> None:
    story = new_incident()
    story.advance(6)

    story.do(command.acknowledge(story.incident, by=ANA, at=story.at(4)))
    story.advance(119)

    assert len(story.calls()) == 2
    assert story.incident.engaged_at == story.at(4)


def test_confirming_calls_the_second_step(new_incident: NewIncident) -> None:
    """EMG-1: no progress, whoever has it."""
    story = new_incident()
    story.tick(0)
    acknowledge(story, ANA, 1)

    confirm(story, 2)

    assert story.calls()[1:] == [(2, "On-call Engineer", "no_progress")]


def test_half_of_the_resolution_target_calls_the_last_step(new_incident: NewIncident) -> None:
    """EMG-1: four hours, so after two; counted from detection."""
    story = new_incident(started=-30)
    story.tick(0)
    acknowledge(story, ANA, 1)

    story.advance(89)
    before = story.calls()
    story.advance(90)

    assert before == [(0, "L1 Support", "opened")]
    assert story.calls()[1:] == [(90, "CTO", "no_progress")]


def test_what_is_called_after_an_acknowledgement_rings_once_and_does_not_climb(
    new_incident: NewIncident,
) -> None:
    """EMG-1: someone has it, so that no page goes up for want of an answer."""
    story = new_incident()
    story.tick(0)
    acknowledge(story, ANA, 1)
    confirm(story, 2)

    story.advance(24 * 60)

    assert [reason for _, _, reason in story.calls()] == ["opened", "no_progress", "no_progress"]
    assert ladder.still_rings(story.incident, BO, "system-outage")
    assert story.incident.exhausted == ()


def test_a_later_step_with_nobody_on_call_is_passed_even_then(new_incident: NewIncident) -> None:
    """EMG-1: the call is for somebody who can help."""
    story = new_incident()
    story.on_call = {"L1 Support": (ANA,), "CTO": ("person:3",)}
    story.tick(0)
    acknowledge(story, ANA, 1)

    confirm(story, 2)
    story.advance(24 * 60)

    assert story.calls()[1:] == [
        (2, "On-call Engineer", "no_progress"),
        (2, "CTO", "nobody_on_call"),
    ]


def test_nobody_to_pass_it_to_ends_the_later_call(new_incident: NewIncident) -> None:
    story = new_incident()
    story.on_call = {"L1 Support": (ANA,)}
    story.tick(0)
    acknowledge(story, ANA, 1)

    confirm(story, 2)
    story.advance(24 * 60)

    assert len(story.calls()) == 3
    assert story.incident.exhausted == ()


def test_confirming_before_anyone_answers_lets_both_reasons_climb(
    new_incident: NewIncident,
) -> None:
    story = new_incident()
    story.tick(0)

    confirm(story, 1)
    story.advance(7)

    assert story.calls()[1:] == [
        (1, "On-call Engineer", "no_progress"),
        (6, "CTO", "unanswered"),
    ]


def test_what_is_contained_makes_progress(new_incident: NewIncident) -> None:
    """EMG-2: contained, the last step is not called for lack of progress."""
    story = new_incident("data-security-incident")
    story.tick(0)
    acknowledge(story, "person:4", 1)

    entry = command.contain(story.incident, by=INES, evidence="Keys revoked.", at=story.at(30))
    story.do(entry)
    confirm(story, 31)
    story.advance(24 * 60)

    assert [reason for _, _, reason in story.calls()] == ["opened"]


def test_containment_s_half_calls_the_ceo(new_incident: NewIncident) -> None:
    """EMG-2: no resolution is promised, so the two hours of containment count."""
    story = new_incident("data-security-incident")
    story.tick(0)
    acknowledge(story, "person:4", 1)

    story.advance(24 * 60)

    assert story.calls()[1:] == [(60, "CEO", "no_progress")]


def test_a_pro_lockout_has_no_half_time(new_incident: NewIncident) -> None:
    """EMG-5 speaks of Enterprise only: there is no target to be half of."""
    story = new_incident("account-lockout", plan="pro")
    story.tick(0)
    acknowledge(story, ANA, 1)

    story.advance(24 * 60)

    assert [reason for _, _, reason in story.calls()] == ["opened"]


def test_the_on_call_engineer_stands_beside_billing(new_incident: NewIncident) -> None:
    """EMG-3: until the cause is known to be outside."""
    story = new_incident("payment-processing-failure")

    story.tick(0)

    assert sorted(story.calls()) == [
        (0, "Billing Support", "opened"),
        (0, "On-call Engineer", "opened"),
    ]


def test_who_stands_beside_is_let_go_when_the_cause_is_outside(new_incident: NewIncident) -> None:
    """EMG-3."""
    story = new_incident("payment-processing-failure")
    story.tick(0)
    beside = "payment-processing-failure/beside"
    rang = ladder.still_rings(story.incident, BO, beside)

    entry = command.name_cause(
        story.incident, by=ANA, words="The bank is down.", is_outside=True, at=story.at(2)
    )
    story.do(entry)
    story.advance(20)

    assert rang
    assert not ladder.still_rings(story.incident, BO, beside)
    assert [teams for _, teams, _ in story.calls()].count("On-call Engineer") == 1


def test_each_of_several_types_has_its_own_ladder(new_incident: NewIncident) -> None:
    """EMG-1, EMG-2: side by side; who answers in one leaves the other ringing."""
    story = new_incident("system-outage", "data-security-incident")
    story.tick(0)

    acknowledge(story, ANA, 1)
    story.advance(6)

    assert sorted(story.calls()) == [
        (0, "L1 Support", "opened"),
        (0, "Security Team", "opened"),
        (5, "CISO+Legal", "unanswered"),
    ]


def test_somebody_who_was_not_asked_answers_for_every_ladder(new_incident: NewIncident) -> None:
    """POL-1: whoever takes it has it."""
    story = new_incident("system-outage", "data-security-incident")
    story.tick(0)

    acknowledge(story, INES, 1)
    story.advance(24 * 60)

    assert {reason for _, _, reason in story.calls()} == {"opened", "no_progress"}


def test_a_type_that_was_changed_rings_no_more(new_incident: NewIncident) -> None:
    """POL-10: the new type's ladder stands instead."""
    story = new_incident("system-outage")
    story.tick(0)

    confirm(story, 1, "account-lockout")
    story.advance(3)

    assert not ladder.still_rings(story.incident, ANA, "system-outage")
    assert ladder.still_rings(story.incident, ANA, "account-lockout")


def test_a_type_named_twice_has_one_ladder(new_incident: NewIncident) -> None:
    story = new_incident("system-outage", "system-outage")

    confirm(story, 1, "system-outage", "system-outage")

    assert story.incident.types == ("system-outage",)
    assert [lane.name for lane in ladder.lanes(story.incident, story.policy)] == ["system-outage"]


def test_an_ended_incident_calls_nobody(new_incident: NewIncident) -> None:
    """POL-8."""
    story = new_incident()
    story.tick(0)

    resolve(story, 3)
    story.advance(24 * 60)

    assert len(story.calls()) == 1
    assert not ladder.still_rings(story.incident, ANA, "system-outage")


def test_a_reopened_incident_is_rung_from_the_first_step_again(new_incident: NewIncident) -> None:
    """EMG-1: whoever had it may be asleep by now."""
    story = new_incident()
    story.tick(0)
    acknowledge(story, ANA, 1)
    resolve(story, 30)

    story.do(command.reopen(story.incident, by=INES, why="It is back.", at=story.at(60)))
    story.advance(66)

    assert story.calls()[1:] == [
        (60, "L1 Support", "reopened"),
        (65, "On-call Engineer", "unanswered"),
    ]


def test_a_page_of_before_the_end_does_not_ring_after_the_reopening(
    new_incident: NewIncident,
) -> None:
    story = new_incident()
    story.advance(5)
    resolve(story, 6)

    story.do(command.reopen(story.incident, by=INES, why="It is back.", at=story.at(60)))
    story.tick(60)

    assert ladder.still_rings(story.incident, ANA, "system-outage")
    assert not ladder.still_rings(story.incident, BO, "system-outage")


def test_a_person_calls_the_next_step_by_hand(new_incident: NewIncident) -> None:
    """POL-7."""
    story = new_incident()
    story.tick(0)
    acknowledge(story, ANA, 1)

    call_by_hand(story, "system-outage", 3)
    call_by_hand(story, "system-outage", 4)

    assert story.calls()[1:] == [
        (3, "On-call Engineer", "by_hand"),
        (4, "CTO", "by_hand"),
    ]
    assert [entry.actor for entry in story.entries if entry.kind == "asked"][1:] == [INES, INES]


def test_there_is_nobody_after_the_last_step(new_incident: NewIncident) -> None:
    """POL-7: the refusal says what to do instead."""
    story = new_incident()
    story.advance(12)

    with pytest.raises(ladder.NoStepLeft, match="Call a person directly"):
        call_by_hand(story, "system-outage", 12)


def test_a_ladder_that_does_not_stand_has_no_step(new_incident: NewIncident) -> None:
    story = new_incident()

    with pytest.raises(ladder.NoStepLeft):
        call_by_hand(story, "account-lockout", 1)


def test_only_a_person_calls_by_hand_and_only_while_it_is_open(new_incident: NewIncident) -> None:
    story = new_incident()

    with pytest.raises(NotAPerson):
        ladder.call_next(
            story.incident, story.policy, lane="system-outage", by="api:1", at=story.at(1)
        )
    resolve(story, 2)
    with pytest.raises(IncidentEnded):
        call_by_hand(story, "system-outage", 3)


def test_an_acknowledgement_after_the_ladder_gave_up_still_counts(
    new_incident: NewIncident,
) -> None:
    story = new_incident()
    story.advance(60)

    acknowledge(story, ANA, 61)

    assert story.incident.exhausted == ()
    assert all(ask.answered_by == ANA for ask in story.incident.asks)


@pytest.mark.parametrize(
    ("issue_type", "teams"),
    [
        ("system-outage", "L1 Support > On-call Engineer > CTO"),
        ("data-security-incident", "Security Team > CISO+Legal > CEO"),
        (
            "payment-processing-failure",
            "Billing Support > Finance Team > Payment Provider Liaison",
        ),
        ("critical-feature-failure", "L2 Support > Product Engineering > Product Manager"),
        ("account-lockout", "L2 Support > Security Team > Account Manager"),
    ],
)
def test_each_row_of_the_table_has_its_path(
    new_incident: NewIncident, issue_type: str, teams: str
) -> None:
    """EMG-1, EMG-2, EMG-3, EMG-4, EMG-5: the escalation paths, as the source draws them."""
    story = new_incident(issue_type)

    first, *_ = ladder.lanes(story.incident, story.policy)

    assert " > ".join("+".join(step.teams) for step in first.steps) == teams
