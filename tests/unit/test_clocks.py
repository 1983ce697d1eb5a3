"""What is owed by when: each clause's deadline, the union of several, and what ends a clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.core import clocks, command, targets
from redphone.core.clocks import Ending
from redphone.core.hours import BusinessHours
from redphone.core.policy import Policy
from redphone.core.targets import ClockKind
from redphone.core.updates import Stage, post_update

if TYPE_CHECKING:
    from tests.unit.conftest import Story

ANA, INES = "person:1", "person:10"

New = Callable[..., "Story"]

WORDS = iter(f"We tried the {n}th way and see fewer errors." for n in range(10_000))


def update(story: Story, minute: float, next_in: float = 30) -> None:
    entry = post_update(
        story.incident,
        story.policy,
        by=INES,
        words=next(WORDS),
        previous="",
        next_at=story.at(minute + next_in),
        stage=Stage.INVESTIGATING,
        at=story.at(minute),
    )
    story.do(entry)


def acknowledge(story: Story, minute: float) -> None:
    story.do(command.acknowledge(story.incident, by=ANA, at=story.at(minute)))


def resolve(story: Story, minute: float) -> None:
    words = "Restored, and checked from outside."
    story.do(command.resolve(story.incident, by=INES, words=words, at=story.at(minute)))


def reopen(story: Story, minute: float) -> None:
    story.do(command.reopen(story.incident, by=INES, why="It is back.", at=story.at(minute)))


def confirm(story: Story, minute: float, *types: str) -> None:
    kinds = types or story.incident.types
    entry = command.confirm(story.incident, types=kinds, by=INES, why="seen", at=story.at(minute))
    story.do(entry)


# ── The table ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("issue_type", "engaged", "resolution", "containment", "status"),
    [
        ("system-outage", 15, 240, None, 30),
        ("data-security-incident", 15, None, 120, None),
        ("payment-processing-failure", 30, 360, None, 30),
        ("critical-feature-failure", 30, 480, None, 60),
        ("account-lockout", 30, 120, None, None),
        ("other-emergency", 15, None, None, None),
    ],
)
def test_each_row_of_the_table_starts_its_clocks(
    new_incident: New,
    issue_type: str,
    engaged: int,
    resolution: int | None,
    containment: int | None,
    status: int | None,
) -> None:
    """POL-2, POL-3, POL-4, POL-10, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5."""
    story = new_incident(issue_type)

    due = {kind: story.due(kind) for kind in story.running() if " " not in kind}

    expected = {
        "engaged": engaged,
        "confirm_triage": 5,
        "senior_owner": 15,
        "incident_manager": 15,
        "next_update": 30,
        "resolution": resolution,
        "containment": containment,
        "status_update": status,
    }
    assert due == {kind: minute for kind, minute in expected.items() if minute is not None}


def test_several_types_are_the_union_of_their_clocks(new_incident: New) -> None:
    """EMG-1, EMG-2, EMG-5: the strictest of each kind decides, and all are on show."""
    story = new_incident("system-outage", "data-security-incident", "account-lockout")

    running = story.running()

    assert [c.clause for c in running["engaged"].claims] == ["EMG-1", "EMG-2", "EMG-5"]
    assert [(c.clause, c.says) for c in running["resolution"].claims] == [
        ("EMG-5", "2 h"),
        ("EMG-1", "4 h"),
    ]
    assert running["resolution"].deciding.clause == "EMG-5"
    assert story.due("containment") == 120


def test_each_clause_is_missed_by_itself(new_incident: New) -> None:
    """EMG-1, EMG-5: the clock goes on to the next clause's deadline."""
    story = new_incident("system-outage", "account-lockout")

    story.advance(130)
    after_one = story.due("resolution")
    story.advance(250)

    assert after_one == 240
    assert [c for kind, c in story.missed() if kind == "resolution"] == ["EMG-5", "EMG-1"]
    assert story.due("resolution") is None
    assert "resolution" in story.running()


def test_a_pro_lockout_is_an_emergency_without_the_two_hours(new_incident: New) -> None:
    """EMG-5, FAQ-3: the row speaks of Enterprise."""
    story = new_incident("account-lockout", plan="pro")

    assert "resolution" not in story.running()
    assert story.due("engaged") == 30


def test_one_enterprise_customer_is_enough_for_the_eight_hours(new_incident: New) -> None:
    """EMG-4, FAQ-1."""
    alone = new_incident("critical-feature-failure", plan="pro")

    alone.add(*command.join_plan(alone.incident, plan="enterprise", at=alone.at(50), actor="x"))

    assert alone.due("resolution") == 480


def test_the_resolution_counts_from_detection(new_incident: New) -> None:
    """EMG-1: engagement from the report, resolution from whichever was first."""
    story = new_incident(started=-60)

    assert (story.due("engaged"), story.due("resolution")) == (15, 180)


def test_a_change_of_type_restarts_nothing(new_incident: New) -> None:
    """POL-10, EMG-3: the clocks follow from the report on."""
    story = new_incident("system-outage")

    confirm(story, 20, "payment-processing-failure")

    running = story.running()
    assert (story.due("resolution"), running["resolution"].started_at) == (360, story.at(0))
    assert (story.due("status_update"), story.due("engaged")) == (30, 30)


# ── Updates ──────────────────────────────────────────────────────────────────────────────────────


def test_updates_are_owed_again_and_again(new_incident: New) -> None:
    """POL-4, FAQ-3."""
    story = new_incident("critical-feature-failure")

    due = [story.due("next_update")]
    for minute in (29, 40, 69):
        update(story, minute)
        due.append(story.due("next_update"))

    assert due == [30, 59, 70, 99]
    assert "next_update" not in {kind for kind, _ in story.missed()}


def test_the_status_page_has_its_own_cadence(new_incident: New) -> None:
    """EMG-4: the hour is the floor for the page, thirty minutes hold for customers directly."""
    story = new_incident("critical-feature-failure")

    update(story, 20)

    assert (story.due("next_update"), story.due("status_update")) == (50, 80)
    assert story.running()["status_update"].first.clause == "EMG-4"


def test_an_update_at_the_very_moment_is_in_time(new_incident: New) -> None:
    """POL-4."""
    story = new_incident()

    update(story, 30)

    assert "next_update" not in {kind for kind, _ in story.missed()}


def test_a_late_update_leaves_its_miss_and_the_next_is_counted_from_it(new_incident: New) -> None:
    """POL-4, FAQ-3: each promise by its own clause, once."""
    story = new_incident("other-emergency")
    update(story, 10)

    update(story, 41)

    assert [c for kind, c in story.missed() if kind == "next_update"] == ["POL-4", "FAQ-3"]
    assert story.due("next_update") == 71


def test_each_missed_cycle_is_one_miss_a_clause(new_incident: New) -> None:
    """POL-4: silence for two hours is not four misses; the clock stands until someone speaks."""
    story = new_incident("other-emergency")

    story.advance(120)

    assert [c for kind, c in story.missed() if kind == "next_update"] == ["POL-4", "FAQ-3"]


def test_a_clause_that_joins_after_the_miss_is_missed_alone(new_incident: New) -> None:
    """EMG-1, POL-2: two types with the same fifteen minutes, the second one named late."""
    story = new_incident("system-outage")
    story.advance(16)

    confirm(story, 20, "system-outage", "other-emergency")
    story.tick(20)

    assert [c for kind, c in story.missed() if kind == "engaged"] == ["EMG-1", "POL-2"]


def test_what_we_said_binds_us_when_it_is_sooner(new_incident: New) -> None:
    """POL-4: and when it is missed, the policy's own promise still stands."""
    story = new_incident()

    update(story, 10, next_in=10)
    said = story.running()["next_update"].deciding
    story.tick(20)

    assert (said.clause, said.due_at, said.strength) == (
        "POL-4 (as told)",
        story.at(20),
        "promise",
    )
    assert story.due("next_update") == 40


def test_an_update_noted_after_a_later_one_takes_back_no_word(new_incident: New) -> None:
    """POL-4: rules go by when a thing happened."""
    story = new_incident()
    update(story, 10)
    seen = story.due("next_update"), story.due("status_update"), story.incident.said_next_at

    update(story, 9, next_in=5)

    now = story.due("next_update"), story.due("status_update"), story.incident.said_next_at
    assert now == seen
    assert story.incident.updates == 2


def test_a_private_update_noted_late_is_no_word_on_the_page(new_incident: New) -> None:
    """EMG-1, EMG-2: only what stood on the page satisfies the page's clock."""
    story = new_incident()
    update(story, 5)
    hide = command.publish(story.incident, by=INES, is_public=False, why="x", at=story.at(6))
    story.do(hide)
    update(story, 20)

    show = command.publish(story.incident, by=INES, is_public=True, why="y", at=story.at(21))
    story.do(show)

    assert story.incident.last_status_at == story.at(5)
    assert story.due("status_update") == 35


def test_a_reopened_incident_owes_its_next_update_from_then(new_incident: New) -> None:
    """POL-4: nobody was owed any while it was resolved."""
    story = new_incident()
    update(story, 10)
    resolve(story, 20)

    reopen(story, 300)

    assert (story.due("next_update"), story.due("status_update")) == (330, 330)


def test_security_incidents_are_kept_off_the_page_beside_an_outage(new_incident: New) -> None:
    """EMG-2: the strictest holds for who may know, too."""
    both = new_incident("system-outage", "data-security-incident")

    assert not targets.is_public(both.incident, both.policy)
    assert "status_update" not in both.running()


# ── Warnings and misses ──────────────────────────────────────────────────────────────────────────


def test_a_clock_warns_when_a_third_is_left(new_incident: New) -> None:
    """POL-2, POL-4: five minutes of fifteen, ten of thirty; an hour at most."""
    story = new_incident()

    warn = {
        kind: (clock.warn_at - story.at(0)) / timedelta(minutes=1)
        for kind, clock in story.running().items()
        if clock.warn_at
    }

    assert warn == {
        "engaged": 10,
        "confirm_triage": 3,
        "senior_owner": 10,
        "incident_manager": 10,
        "next_update": 20,
        "status_update": 20,
        "resolution": 180,
    }


def test_a_warning_is_given_once_and_before_the_miss(new_incident: New) -> None:
    story = new_incident("other-emergency")
    acknowledge(story, 0)

    entries = [e for minute in (19, 20, 21, 29, 30, 31) for e in story.tick(minute)]

    marks = [(e.kind, e.at) for e in entries if e.data.get("kind") == "next_update"]
    assert marks == [("warned", story.at(20)), ("missed", story.at(30))]


def test_a_miss_happened_when_it_was_due_however_late_the_loop_comes_by(new_case: New) -> None:
    """FAQ-3."""
    story = new_case()

    (miss,) = story.tick(300)

    assert (miss.at, miss.actor, miss.data["due_at"]) == (
        story.at(15),
        "clock",
        story.at(15).isoformat(),
    )
    assert miss.data["strength"] == "promise"
    assert story.tick(301) == []


def test_a_missed_target_of_our_own_is_no_promise(new_incident: New) -> None:
    """EMG-1: row 3, an aim is not owed."""
    story = new_incident()

    misses = {e.data["kind"]: e.data["strength"] for e in story.tick(16) if e.kind == "missed"}

    assert misses == {
        "engaged": "target",
        "confirm_triage": "target",
        "senior_owner": "target",
        "incident_manager": "target",
    }


# ── Pro, by day and by night ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23T14:00", "2026-11-23T14:30"),  # Monday, nine in New York: it opens.
        ("2026-11-23T13:59", "2026-11-23T14:30"),  # A minute before.
        ("2026-11-23T12:29", "2026-11-23T14:29"),  # Two hours are earlier than the opening's.
        ("2026-11-23T12:30", "2026-11-23T14:30"),
        ("2026-11-23T22:59", "2026-11-23T23:29"),  # A minute before closing: by the wall.
        ("2026-11-23T23:00", "2026-11-24T01:00"),  # Closing time belongs to the night.
        ("2026-11-26T15:00", "2026-11-26T17:00"),  # Thanksgiving.
        ("2026-11-28T15:00", "2026-11-28T17:00"),  # Saturday.
    ],
)
def test_pro_has_thirty_minutes_by_day_and_two_hours_by_night(
    new_case: New, received: str, due: str
) -> None:
    """FAQ-3: by night two hours, or half an hour after opening, whichever is first."""
    story = new_case(plan="pro", at=datetime.fromisoformat(received).replace(tzinfo=UTC))

    clock = story.running()["first_response"]

    assert clock.due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "stretches", "calendar"),
    [
        ("2026-11-23T22:50", [(30, True)], "the clock on the wall"),
        ("2026-11-24T02:00", [(120, True)], "the clock on the wall"),
        ("2026-11-24T13:30", [(30, False), (30, True)], "Support desk hours"),
    ],
)
def test_the_explanation_shows_which_minutes_count(
    new_case: New, received: str, stretches: list[tuple[int, bool]], calendar: str
) -> None:
    """FAQ-3: by the wall every minute counts; what waits for the opening counts from there."""
    story = new_case(plan="pro", at=datetime.fromisoformat(received).replace(tzinfo=UTC))

    (claim,) = story.running()["first_response"].claims

    shown = [((s.end - s.start) / timedelta(minutes=1), s.counted) for s in claim.segments]
    assert (shown, claim.calendar) == (stretches, calendar)


# ── The post-incident report ─────────────────────────────────────────────────────────────────────


def test_a_report_is_due_five_business_days_after_an_outage(new_incident: New) -> None:
    """POL-5, FAQ-7: Monday noon; Thanksgiving and the weekend don't count; Tuesday at closing."""
    story = new_incident()

    resolve(story, 60)

    (clock,) = story.running().values()
    assert clock.kind is ClockKind.POST_INCIDENT_REPORT
    assert clock.due_at == datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
    assert clock.first.calendar == "Support desk hours"
    closed = [s.why for s in clock.first.segments if "holiday" in s.why]
    assert closed == ["holiday on Thursday 26 November 2026"]


@pytest.mark.parametrize(
    ("issue_type", "plan", "resolved", "owed"),
    [
        ("system-outage", "enterprise", 60, True),
        ("data-security-incident", "enterprise", 60, True),
        ("system-outage", "pro", 60, False),
        ("account-lockout", "enterprise", 60, False),
        ("account-lockout", "enterprise", 120, False),
        ("account-lockout", "enterprise", 121, True),
        ("payment-processing-failure", "enterprise", 361, True),
        ("account-lockout", "pro", 121, False),
        ("other-emergency", "enterprise", 900, False),
    ],
)
def test_a_report_is_owed_only_where_it_is_promised(
    new_incident: New, issue_type: str, plan: str, resolved: int, owed: bool
) -> None:
    """POL-5, FAQ-7: outages, security, and every missed resolution; to Enterprise."""
    story = new_incident(issue_type, plan=plan)

    resolve(story, resolved)

    assert list(story.running()) == (["post_incident_report"] if owed else [])
    assert targets.owes_report(story.incident, story.policy) is owed


def test_what_was_no_emergency_owes_no_report(new_incident: New) -> None:
    """POL-10, FAQ-7."""
    story = new_incident()

    story.do(command.decline(story.incident, by=ANA, reason="A drill.", at=story.at(5)))

    assert story.running() == {}


def test_the_report_s_clock_runs_on_when_the_incident_is_closed(new_incident: New) -> None:
    """FAQ-7."""
    story = new_incident()
    resolve(story, 60)
    before = story.running()

    story.do(command.close(story.incident, by=INES, at=story.at(90)))

    assert story.running() == before


# ── Ends ─────────────────────────────────────────────────────────────────────────────────────────


def test_reopening_goes_on_with_the_same_resolution_clock(new_incident: New) -> None:
    """EMG-1, POL-8: four hours from the start, through the pause."""
    story = new_incident()
    resolve(story, 60)

    reopen(story, 90)

    clock = story.running()["resolution"]
    assert (story.due("resolution"), clock.started_at) == (240, story.at(0))


def test_reopened_after_its_target_it_is_missed_at_once(new_incident: New) -> None:
    """EMG-1: what was thought restored was not."""
    story = new_incident()
    resolve(story, 60)

    reopen(story, 300)
    story.tick(300)

    assert ("resolution", "EMG-1") in story.missed()


def test_a_resolution_in_time_but_noted_late_takes_every_later_miss_back(
    new_incident: New,
) -> None:
    """EMG-1: and with it the report that a missed resolution would have called for."""
    story = new_incident("account-lockout")
    acknowledge(story, 1)
    update(story, 29)
    update(story, 58)
    update(story, 87)
    update(story, 110)
    story.advance(150)

    resolve(story, 115)

    kinds = [kind for kind, _ in story.missed()]
    assert kinds == ["confirm_triage", "incident_manager", "senior_owner"]
    assert story.running() == {}


def test_nothing_runs_and_nothing_is_missed_after_the_end(new_incident: New) -> None:
    """POL-8."""
    story = new_incident("account-lockout")
    resolve(story, 4)

    assert story.advance(48 * 60) == []
    assert story.missed() == []


def test_a_loop_that_was_down_hides_no_missed_resolution(new_incident: New) -> None:
    """EMG-5, FAQ-7: nobody looked for hours, and the report is owed all the same."""
    story = new_incident("account-lockout")

    resolve(story, 200)

    assert ("resolution", "EMG-5") in story.missed()
    assert "post_incident_report" in story.running()


@pytest.mark.parametrize(
    ("kind", "end", "outcome"),
    [
        ("engaged", "acknowledge", Ending.KEPT),
        ("confirm_triage", "confirm", Ending.KEPT),
        ("incident_manager", "take", Ending.KEPT),
        ("senior_owner", "own", Ending.KEPT),
        ("containment", "contain", Ending.KEPT),
        ("next_update", "update", Ending.KEPT),
        ("status_update", "update", Ending.KEPT),
        ("next_update", "resolve", Ending.KEPT),
        ("status_update", "resolve", Ending.KEPT),
        ("resolution", "resolve", Ending.KEPT),
        ("resolution", "decline", Ending.DROPPED),
        ("next_update", "decline", Ending.DROPPED),
        ("engaged", "decline", Ending.DROPPED),
        ("incident_manager", "resolve", Ending.DROPPED),
        ("resolution", "retype", Ending.DROPPED),
        ("status_update", "retype", Ending.DROPPED),
    ],
)
def test_how_a_clock_ended(new_incident: New, kind: str, end: str, outcome: Ending) -> None:
    """POL-2 to POL-4: kept, or let go because nobody is owed it any more."""
    types = ("system-outage", "data-security-incident") if kind == "containment" else ()
    story = new_incident(*types)
    key = story.running()[kind].key

    at = story.at(4)
    {
        "acknowledge": lambda: acknowledge(story, 4),
        "confirm": lambda: confirm(story, 4),
        "take": lambda: story.do(command.take(story.incident, by=INES, at=at)),
        "own": lambda: story.do(command.own(story.incident, by=INES, is_senior=True, at=at)),
        "contain": lambda: story.do(
            command.contain(story.incident, by=INES, evidence="Keys revoked.", at=at)
        ),
        "update": lambda: update(story, 4),
        "resolve": lambda: resolve(story, 4),
        "decline": lambda: story.do(
            command.decline(story.incident, by=INES, reason="A drill.", at=at)
        ),
        "retype": lambda: confirm(story, 4, "other-emergency"),
    }[end]()

    assert key not in {clock.key for clock in story.running().values()}
    assert clocks.ending(key, story.incident) is outcome


def test_a_late_end_is_a_miss(new_incident: New, new_case: New) -> None:
    story = new_incident()
    key = story.running()["engaged"].key

    acknowledge(story, 16)

    assert clocks.ending(key, story.incident) is Ending.MISSED


def test_a_case_that_was_declined_was_let_go(new_case: New) -> None:
    """POL-10."""
    from redphone.core import case as cases

    story = new_case()
    key = story.running()["first_response"].key

    story.do(cases.decline(story.case, by=ANA, reason="A wish.", at=story.at(3)))

    assert clocks.ending(key, story.case) is Ending.DROPPED


def test_clocks_come_soonest_first_and_the_wholly_late_last(new_incident: New) -> None:
    story = new_incident()
    story.tick(16)

    due = [c.due_at for c in clocks.running(story.incident, story.policy, story.hours)]

    known = [moment for moment in due if moment is not None]
    assert due == [*known, None, None, None, None]
    assert known == sorted(known)


def test_a_policy_s_longer_day_is_counted_in_business_time(
    policy: Policy, hours: BusinessHours
) -> None:
    """FAQ-8: one business hour from Friday evening ends on Monday morning."""
    review = policy.plan("pro").escalation
    assert review is not None

    due = clocks.due_at(
        review.review_within, start=datetime(2026, 11, 20, 22, 30, tzinfo=UTC), hours=hours
    )

    assert due == datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
