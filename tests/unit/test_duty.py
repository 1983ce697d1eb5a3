"""What the desk owes at a moment: in order, once, and to an end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from redphone.core import duty, ladder
from redphone.core.policy import EscalationStep
from redphone.core.stream import CLOCK

if TYPE_CHECKING:
    from tests.unit.conftest import Story

New = Callable[..., "Story"]


def test_what_is_owed_is_owed_once(new_incident: New) -> None:
    """POL-2: a second loop at the same moment finds nothing."""
    story = new_incident()
    story.tick(0)

    first, second = story.tick(16), story.tick(16)

    assert first
    assert second == []


def test_misses_come_before_calls_and_the_oldest_first(new_incident: New) -> None:
    """POL-1, POL-4: everything at its own moment, however late the loop is; at last those are
    called who could take the parts that nobody has."""
    story = new_incident()

    entries = story.tick(35)

    kinds = [entry.kind for entry in entries]
    missed = [entry.at for entry in entries if entry.kind == "missed"]
    assert kinds == [*(["missed"] * len(missed)), "asked", "wanted", "wanted"]
    assert missed == sorted(missed)
    assert {(entry.at, entry.actor) for entry in entries[-3:]} == {(story.at(35), CLOCK)}


def test_nothing_is_owed_before_its_moment(new_incident: New) -> None:
    """EMG-1."""
    story = new_incident(minute=1)

    assert story.tick(0) == []


def test_a_case_has_no_ladder(new_case: New) -> None:
    story = new_case()

    assert {entry.kind for entry in story.tick(600)} == {"missed"}


def test_everyone_on_call_for_a_step_is_called_once() -> None:
    """EMG-2: who is both, the CISO and Legal, gets one page."""
    turn = ladder.Turn(
        lane="data-security-incident",
        clause="EMG-2",
        step=1,
        calls=EscalationStep(teams=("CISO", "Legal")),
        reason=ladder.Reason.UNANSWERED,
        since=datetime.fromisoformat("2026-11-23T12:00+00:00"),
        due_at=datetime.fromisoformat("2026-11-23T12:05+00:00"),
    )
    rota = {"CISO": ("person:5", "person:6"), "Legal": ("person:6",)}

    found = duty.whom(turn, "INC-1", lambda team, at: rota[team], duty.nobody, turn.due_at)

    assert found == (("person:5", "person:6"), ())


def test_what_is_overdue_goes_before_what_a_person_does(new_incident: New) -> None:
    """POL-2, POL-10: only misses, only those before the moment, and no warnings or calls."""
    story = new_incident()

    def missed_by(minute: float) -> list[str]:
        at = story.at(minute)
        return [
            f"{entry.kind} {entry.data['kind']}"
            for entry in duty.overdue(story.state, story.policy, story.hours, at)
        ]

    assert missed_by(5) == []
    assert missed_by(5.01) == ["missed confirm_triage"]
    assert missed_by(15) == ["missed confirm_triage"]
    assert missed_by(16) == [
        "missed confirm_triage",
        "missed engaged",
        "missed incident_manager",
        "missed senior_owner",
    ]


def test_every_clause_that_is_overdue_is_marked(new_incident: New) -> None:
    """EMG-1, EMG-5: one clock, two deadlines gone by."""
    story = new_incident("system-outage", "account-lockout")

    found = duty.overdue(story.state, story.policy, story.hours, story.at(300))

    resolution = [e.data["clauses"] for e in found if e.data["kind"] == "resolution"]
    assert resolution == [["EMG-5"], ["EMG-1"]]
