"""Steps that say more than a team: people, roles, each of several, repeats, business hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.core import command, duty, ladder, updates
from redphone.core import incident as incidents
from redphone.core.command import WhyMissing
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.ladder import NoSuchStep
from redphone.core.policy import Callee, EscalationStep, Named, Policy
from redphone.core.updates import Purpose

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, BO, CARLA, INES = "person:1", "person:2", "person:3", "person:10"
OUTAGE = "system-outage"

New = Callable[..., "Story"]

KNOWN = {
    (Named.PERSON, "carla@ours.example"): (CARLA,),
    (Named.ROLE, "executive"): (CARLA, BO),
    (Named.ACCOUNT_MANAGER, ""): (INES,),
}


def find(callee: Callee, incident: str) -> tuple[str, ...]:
    return KNOWN.get((callee.kind, callee.name), ())


def with_steps(policy: Policy, *steps: EscalationStep) -> Policy:
    """An outage with these steps, and no resolution target: nothing is called for its half."""
    outage = replace(policy.issue_types[OUTAGE], steps=steps, resolve_within=None)
    return replace(policy, issue_types={**policy.issue_types, OUTAGE: outage})


def opened(new_incident: New, *steps: EscalationStep) -> Story:
    story = new_incident()
    story.policy = with_steps(story.policy, *steps)
    story.find = find
    story.tick(0)
    return story


def acknowledge(story: Story, by: str, minute: float) -> None:
    story.do(command.acknowledge(story.incident, by=by, at=story.at(minute)))
    story.tick(minute)


def rung(story: Story) -> list[tuple[float, list[str]]]:
    return [
        ((e.at - story.at(0)) / timedelta(minutes=1), list(e.data["people"]))
        for e in story.entries
        if e.kind == "asked"
    ]


L1 = EscalationStep(teams=("L1 Support",))
ON_CALL = EscalationStep(teams=("On-call Engineer",))
CTO = EscalationStep(teams=("CTO",))


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_calls_teams_people_roles_and_the_account_manager_at_once(
    new_incident: New,
) -> None:
    """EMG-1 to EMG-5: and whoever is meant twice is rung once."""
    step = EscalationStep(
        teams=("L1 Support", "CTO"),
        people=("carla@ours.example",),
        roles=("executive",),
        account_manager=True,
    )

    story = opened(new_incident, step)

    assert rung(story) == [(0, [ANA, CARLA, BO, INES])]


def test_who_of_a_step_could_not_be_called_is_said_with_the_reason(new_incident: New) -> None:
    step = EscalationStep(
        teams=("Nobody's Team", "L1 Support"), people=("gone@ours.example",), roles=("admin",)
    )

    story = opened(new_incident, step)

    asked = next(entry for entry in story.entries if entry.kind == "asked")
    assert asked.data["people"] == [ANA]
    assert asked.data["without"] == [
        ["Nobody's Team", "nobody is on call"],
        ["gone@ours.example", "is not one of the desk's people any more"],
        ["admins", "nobody has this role"],
    ]


def test_a_step_behind_which_nobody_stands_is_passed_at_once_and_the_next_says_so(
    new_incident: New,
) -> None:
    """EMG-1: directors are not paged without a word of why."""
    story = new_incident()
    story.policy = with_steps(story.policy, EscalationStep(account_manager=True), CTO)
    story.tick(0)

    first, second = (entry for entry in story.entries if entry.kind == "asked")

    assert (first.data["people"], second.data["reason"]) == ([], "nobody_on_call")
    assert second.at == first.at
    assert second.data["passed"] == [
        ["the account manager", "no affected customer has one"],
    ]


def test_whom_no_page_reached_is_named_by_the_step_that_follows(new_incident: New) -> None:
    story = opened(new_incident, L1, CTO)
    failed = updates.delivery_failed(
        key="x", purpose=Purpose.PAGE, to=ANA, lane=OUTAGE, why="refused", at=story.at(1)
    )
    story.do(failed)

    story.tick(1)

    last = [entry for entry in story.entries if entry.kind == "asked"][-1]
    assert last.data["reason"] == "nobody_reached"
    assert last.data["passed"] == [[ANA, "their address is refused"]]


# ── Each of several ──────────────────────────────────────────────────────────────────────────────


BOTH = EscalationStep(teams=("L1 Support", "On-call Engineer"), all_must_acknowledge=True)


def test_where_each_must_answer_the_first_answer_stops_only_their_own_ringing(
    new_incident: New,
) -> None:
    story = opened(new_incident, BOTH, CTO)

    acknowledge(story, ANA, 1)

    (ask,) = story.incident.asks
    assert (ask.answers, ask.missing) == ((ANA,), (BO,))
    assert not ladder.still_rings(story.incident, ANA, OUTAGE)
    assert ladder.still_rings(story.incident, BO, OUTAGE)
    assert story.incident.engaged_at == story.at(1)


def test_it_is_answered_when_each_has(new_incident: New) -> None:
    story = opened(new_incident, BOTH, CTO)
    acknowledge(story, ANA, 1)
    acknowledge(story, BO, 4)

    story.advance(60)

    assert rung(story) == [(0, [ANA, BO])]


def test_one_who_is_missing_makes_the_ladder_climb(new_incident: New) -> None:
    story = opened(new_incident, BOTH, CTO)
    acknowledge(story, ANA, 1)

    story.advance(5)

    assert rung(story)[1:] == [(5, [CARLA])]


def test_whoever_is_called_after_them_answers_for_the_one_who_is_missing(
    new_incident: New,
) -> None:
    story = opened(new_incident, BOTH, CTO)
    acknowledge(story, ANA, 1)
    story.advance(5)

    acknowledge(story, CARLA, 6)
    story.advance(60)

    assert len(rung(story)) == 2
    assert not any(ask.is_ringing for ask in story.incident.asks)


def test_somebody_who_was_not_asked_takes_it_and_those_who_must_are_still_rung(
    new_incident: New,
) -> None:
    story = opened(new_incident, BOTH, CTO)

    acknowledge(story, INES, 1)

    assert story.incident.engaged_at == story.at(1)
    assert story.incident.asks[0].missing == (ANA, BO)
    with pytest.raises(command.AlreadyAcknowledged):
        command.acknowledge(story.incident, by=INES, at=story.at(2))


# ── Again ────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_repeats_before_the_ladder_goes_on(new_incident: New) -> None:
    story = opened(new_incident, replace(L1, repeat=2), CTO)

    story.advance(16)

    assert rung(story) == [(0, [ANA]), (5, [ANA]), (10, [ANA]), (15, [CARLA])]


def test_a_repeat_rings_only_those_who_are_missing(new_incident: New) -> None:
    story = opened(new_incident, replace(BOTH, repeat=1), CTO)
    acknowledge(story, ANA, 2)

    story.advance(10)

    assert rung(story) == [(0, [ANA, BO]), (5, [BO]), (10, [CARLA])]


def test_both_calls_of_a_repeat_are_answered_by_the_last_one(new_incident: New) -> None:
    story = opened(new_incident, replace(BOTH, repeat=1), CTO)
    acknowledge(story, ANA, 2)
    story.advance(6)

    acknowledge(story, BO, 7)

    assert all(ask.answered_at for ask in story.incident.asks)


# ── Business hours ───────────────────────────────────────────────────────────────────────────────


IN_HOURS = replace(ON_CALL, only_in_business_hours=True)


def turn_at(policy: Policy, hours: BusinessHours, opened_at: datetime) -> ladder.Turn:
    """The second turn of an outage whose first step was called at once, and not answered."""
    state = _called(policy, hours, opened_at)
    (turn,) = ladder.turns(state, policy, hours)
    return turn


def _called(policy: Policy, hours: BusinessHours, at: datetime) -> Incident:
    entry = command.open_incident(
        types=(OUTAGE,), plan="enterprise", at=at, started_at=at, actor="system"
    )
    state = incidents.apply(None, entry, ref="INC-1")
    (turn,) = ladder.turns(state, policy, hours)
    return incidents.apply(state, ladder.ask(turn, people=(ANA,), at=at), ref="INC-1")


@pytest.mark.parametrize(
    ("opened_at", "called_at"),
    [
        ("2026-11-23T15:00", "2026-11-23T15:05"),  # Monday at ten in New York: it is open.
        ("2026-11-23T23:30", "2026-11-24T14:00"),  # Half past six in the evening: on Tuesday.
        ("2026-11-25T22:58", "2026-11-27T14:00"),  # Over Thanksgiving.
        ("2026-11-28T03:00", "2026-11-30T14:00"),  # Over the week-end.
        ("2027-03-13T03:00", "2027-03-15T13:00"),  # Over the change to summer time.
        ("2026-10-31T03:00", "2026-11-02T14:00"),  # And over the change back.
    ],
)
def test_a_step_for_business_hours_is_called_at_the_next_opening(
    policy: Policy, hours: BusinessHours, opened_at: str, called_at: str
) -> None:
    """Row 16: and only where the policy says so."""
    waits = with_steps(policy, L1, IN_HOURS, CTO)

    turn = turn_at(waits, hours, datetime.fromisoformat(opened_at).replace(tzinfo=UTC))

    assert turn.due_at == datetime.fromisoformat(called_at).replace(tzinfo=UTC)
    assert (turn.waits_since is not None) == (called_at[:10] != opened_at[:10])


def test_the_wait_for_an_answer_counts_from_the_opening(new_incident: New) -> None:
    """Noon is seven in New York: the second step waits two hours for nine o'clock."""
    story = opened(new_incident, L1, IN_HOURS, CTO)

    story.advance(130)

    assert rung(story) == [(0, [ANA]), (120, [BO]), (125, [CARLA]), (130, [ANA])]


def test_no_step_of_our_policy_waits(policy: Policy) -> None:
    """An emergency is answered at any hour."""
    steps = [step for kind in policy.issue_types.values() for step in kind.steps]

    assert not any(step.only_in_business_hours for step in steps)


# ── Skipping ─────────────────────────────────────────────────────────────────────────────────────


def skip(story: Story, step: int, minute: float, why: str = "The database is gone.") -> None:
    at = story.at(minute)
    turn = ladder.skip_to(
        story.incident, story.policy, lane=OUTAGE, step=step, by=INES, why=why, at=at
    )
    people, _ = duty.whom(turn, "INC-1", story.who, find, at)
    story.do(ladder.ask(turn, people=people, at=at, actor=INES, words=why))
    story.tick(minute)


def test_a_person_skips_to_a_step_and_the_ladder_goes_on_from_there(new_incident: New) -> None:
    story = opened(new_incident, L1, ON_CALL, CTO, EscalationStep(people=("carla@ours.example",)))

    skip(story, 2, 1)
    story.advance(6)

    reasons = [e.data["reason"] for e in story.entries if e.kind == "asked"]
    assert rung(story) == [(0, [ANA]), (1, [CARLA]), (6, [CARLA])]
    assert reasons == ["opened", "skipped", "unanswered"]


def test_a_skip_does_not_wait_for_business_hours(new_incident: New) -> None:
    story = opened(new_incident, L1, IN_HOURS, CTO)

    skip(story, 1, 1)

    assert rung(story)[-1] == (1, [BO])


def test_a_skip_says_why_and_names_a_step_that_is_there(new_incident: New) -> None:
    story = opened(new_incident, L1, CTO)

    with pytest.raises(WhyMissing):
        skip(story, 1, 1, why=" ")
    for step in (-1, 2):
        with pytest.raises(NoSuchStep):
            skip(story, step, 1)


# ── "I can't" ────────────────────────────────────────────────────────────────────────────────────

EXECUTIVES = EscalationStep(roles=("executive",))


def decline(story: Story, by: str, minute: float) -> None:
    story.do(command.decline_page(story.incident, by=by, at=story.at(minute)))
    story.tick(minute)


def test_while_others_of_the_step_ring_a_no_calls_nobody_else(new_incident: New) -> None:
    """EMG-1: the last one of them makes it climb, at once."""
    story = opened(new_incident, EXECUTIVES, CTO)

    decline(story, CARLA, 1)
    one = len(rung(story))
    assert not ladder.still_rings(story.incident, CARLA, OUTAGE)
    assert ladder.still_rings(story.incident, BO, OUTAGE)
    decline(story, BO, 2)

    assert one == 1
    assert [minute for minute, _ in rung(story)] == [0, 2]
    assert story.entries[-1].data["reason"] == "declined"


def test_who_has_said_no_is_not_called_by_the_repeat_and_may_still_take_it(
    new_incident: New,
) -> None:
    story = opened(new_incident, replace(EXECUTIVES, repeat=1), CTO)
    decline(story, CARLA, 1)

    story.advance(5)
    acknowledge(story, CARLA, 6)
    story.advance(30)

    assert rung(story)[1] == (5, [BO])
    assert not any(ask.is_ringing for ask in story.incident.asks)


def test_nobody_who_is_not_rung_says_no(new_incident: New) -> None:
    story = opened(new_incident, L1, CTO)

    with pytest.raises(command.NothingRings):
        command.decline_page(story.incident, by=CARLA, at=story.at(1))
    with pytest.raises(command.NotAPerson):
        command.decline_page(story.incident, by="clock", at=story.at(1))


def test_a_no_is_no_work_on_it(new_incident: New) -> None:
    """POL-8: whoever has it is asked all the same whether they are still on it."""
    story = opened(new_incident, EXECUTIVES, CTO)
    before = story.incident.deed_at

    decline(story, CARLA, 1)

    assert story.incident.deed_at == before
