"""A page that no device takes: the ladder does not wait, and someone who can act is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from redphone.core import command, incident, ladder, updates
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.ladder import Reason
from redphone.core.policy import Policy
from redphone.core.policy.file import load_policy
from redphone.core.updates import Audience, Purpose

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ANA, BO = "person:1", "person:2"
HOURS = BusinessHours(name="always", time_zone="UTC", week=(((time(0), time(0)),),) * 7)
OUTAGE = "system-outage"


@pytest.fixture(scope="module")
def policy() -> Policy:
    file = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
    return load_policy(file.read_text(), filename=file.name)


def ringing(policy: Policy, *people: str) -> Incident:
    """An outage whose first step was called at AT, with these people asked."""
    opened = command.open_incident(
        types=(OUTAGE,), plan="enterprise", at=AT, started_at=AT, actor="system"
    )
    state = incident.apply(None, opened, ref="INC-101")
    (turn,) = ladder.turns(state, policy, HOURS)
    return incident.apply(state, ladder.ask(turn, people=people, at=AT), ref="INC-101")


def failed(state: Incident, to: str, purpose: Purpose = Purpose.PAGE) -> Incident:
    entry = updates.delivery_failed(
        key=f"INC-101/2/{to}/mail/page", purpose=purpose, to=to, lane=OUTAGE, why="refused", at=AT
    )
    return incident.apply(state, entry, ref="INC-101")


def test_a_page_that_reaches_nobody_moves_the_ladder_at_once(policy: Policy) -> None:
    state = failed(ringing(policy, ANA), ANA)

    (turn,) = ladder.turns(state, policy, HOURS)

    assert (turn.step, turn.reason, turn.due_at) == (1, Reason.NOBODY_REACHED, AT)


def test_the_ladder_waits_while_one_of_two_was_reached(policy: Policy) -> None:
    state = failed(ringing(policy, ANA, BO), ANA)

    (turn,) = ladder.turns(state, policy, HOURS)

    wait = timedelta(minutes=5)
    assert (turn.reason, turn.due_at) == (Reason.UNANSWERED, AT + wait)
    assert state.asks[0].reached == (BO,)


def test_another_message_that_failed_moves_no_ladder(policy: Policy) -> None:
    before = ringing(policy, ANA)

    after = failed(before, ANA, Purpose.WARNING)

    assert ladder.turns(after, policy, HOURS) == ladder.turns(before, policy, HOURS)


def test_whom_the_page_did_not_reach_can_still_answer(policy: Policy) -> None:
    """They may hear of it from someone else, and take it on the incident's page."""
    state = failed(ringing(policy, ANA), ANA)

    after = incident.apply(state, command.acknowledge(state, by=ANA, at=AT), ref="INC-101")

    assert after.asks[0].answered_by == ANA
    assert Reason.NOBODY_REACHED not in {
        turn.reason for turn in ladder.turns(after, policy, HOURS)
    }


def test_a_failure_is_told_once_and_never_of_the_telling(policy: Policy) -> None:
    state = ringing(policy, ANA)
    page, telling = (
        updates.delivery_failed(key="k", purpose=p, to=ANA, lane="", why="refused", at=AT)
        for p in (Purpose.PAGE, Purpose.UNDELIVERED)
    )

    told = updates.notices(state, page, policy)
    again = updates.notices(state, telling, policy)

    assert [(n.purpose, n.audience) for n in told] == [(Purpose.UNDELIVERED, Audience.MANAGERS)]
    assert again == ()
