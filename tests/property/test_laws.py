"""Laws of the core that hold for any input: deadlines, explanations, and the order of notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.core import case as cases
from redphone.core import clocks, command, duty
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.likeness import likeness
from redphone.core.oncall import Override, Rota, Shift, on_call
from redphone.core.policy import Target
from redphone.core.policy.file import load_policy
from redphone.core.spans import SpanUnit
from redphone.core.stream import Entry

POLICY = load_policy((Path(__file__).parents[2] / "policies" / "urgent-support.toml").read_text())
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANA, INES = "person:1", "person:10"
EXAMPLES = settings(max_examples=200, deadline=None)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(min_value=0, max_value=500 * 24 * 3600).map(
    lambda seconds: NEW_YEAR + timedelta(seconds=seconds)
)
near = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4))
zones = st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
calendars = zones.map(
    lambda zone: BusinessHours(
        name="desk hours",
        time_zone=zone,
        week=POLICY.hours.week,
        holidays=frozenset({date(2026, 11, 26), date(2026, 12, 25)}),
    )
)
targets = st.sampled_from(
    [
        *POLICY.plans["pro"].first_response,
        *POLICY.plans["enterprise"].first_response,
        *[p.post_incident_report for p in POLICY.plans.values() if p.post_incident_report],
        *[p.escalation.review_within for p in POLICY.plans.values() if p.escalation],
    ]
)
types = st.lists(
    st.sampled_from(sorted(POLICY.issue_types)), min_size=1, max_size=3, unique=True
).map(tuple)
plans = st.sampled_from(["enterprise", "pro"])


def opened(kinds: tuple[str, ...], plan: str = "enterprise", at: datetime = NOON) -> Incident:
    entry = command.open_incident(types=kinds, plan=plan, at=at, started_at=at, actor="system")
    return incidents.apply(None, entry, ref="INC-101")


def opened_case(plan: str | None, at: datetime = NOON) -> Case:
    entry = cases.open_case(
        at=at,
        incident="INC-101",
        channel="button",
        plan=plan,
        customer=None,
        off_channel=False,
        triage={"issue_type": "system-outage", "urgent": True},
        actor="system",
        words="",
    )
    return cases.apply(None, entry, ref="RP-1001")


# ── Deadlines ────────────────────────────────────────────────────────────────────────────────────


@EXAMPLES
@given(target=targets, at=moments, later=near, hours=calendars)
def test_a_later_report_never_has_an_earlier_deadline(
    target: Target, at: datetime, later: timedelta, hours: BusinessHours
) -> None:
    """FAQ-3, FAQ-7, FAQ-8: across nights, weekends, holidays and the clocks' change."""
    first = clocks.due_at(target, start=at, hours=hours)
    second = clocks.due_at(target, start=at + later, hours=hours)

    assert at < first <= second


@EXAMPLES
@given(at=moments, hours=calendars)
def test_pro_waits_at_most_two_hours_and_at_least_thirty_minutes(
    at: datetime, hours: BusinessHours
) -> None:
    """FAQ-3."""
    (target,) = POLICY.plans["pro"].first_response

    due = clocks.due_at(target, start=at, hours=hours)

    assert timedelta(minutes=30) <= due - at <= timedelta(hours=2)


@EXAMPLES
@given(kinds=types, plan=plans, other=plans, after=near, hours=calendars)
def test_a_joining_report_moves_no_deadline_earlier(
    kinds: tuple[str, ...], plan: str, other: str, after: timedelta, hours: BusinessHours
) -> None:
    """FAQ-3, EMG-1 to EMG-5: a plan that joins adds its promises and changes no other."""
    before = opened(kinds, plan)
    after_join = before
    for entry in command.join_plan(before, plan=other, at=NOON + after, actor="system"):
        after_join = incidents.apply(after_join, entry, ref="INC-101")

    def said(state: Incident) -> set[tuple[str, str, datetime]]:
        running = clocks.running(state, POLICY, hours)
        return {(clock.key, c.clause, c.due_at) for clock in running for c in clock.claims}

    assert said(before) <= said(after_join)


@EXAMPLES
@given(at=moments, plan=st.sampled_from(["enterprise", "pro", None]), hours=calendars)
def test_a_clock_s_explanation_has_no_gap_and_adds_up(
    at: datetime, plan: str | None, hours: BusinessHours
) -> None:
    """FAQ-3, FAQ-7: from start to deadline, and what is counted is the span."""
    case = opened_case(plan, at)
    resolved = incidents.apply(
        opened(("system-outage",), at=at),
        Entry(kind="resolved", at=at, actor=INES),
        ref="INC-101",
    )

    for state in (case, resolved):
        for clock in clocks.running(state, POLICY, hours):
            for claim in clock.claims:
                check_explanation(claim, clock.started_at)


def check_explanation(claim: clocks.Claim, start: datetime) -> None:
    edges = [(s.start, s.end) for s in claim.segments]
    assert edges[0][0] == start
    assert edges[-1][1] == claim.due_at
    assert all(one[1] == two[0] for one, two in pairwise(edges))
    counted = sum((s.end - s.start for s in claim.segments if s.counted), timedelta(0))
    if claim.clause != "FAQ-7":
        spans = {timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=2)}
        assert counted in spans


@EXAMPLES
@given(kinds=types, plan=plans, hours=calendars, passed=near)
def test_a_clock_s_parts_agree(
    kinds: tuple[str, ...], plan: str, hours: BusinessHours, passed: timedelta
) -> None:
    """The strictest claim comes first, the next deadline is the first that was not missed."""
    state: Case | Incident = opened(kinds, plan)
    for entry in duty.overdue(state, POLICY, hours, NOON + passed):
        state = duty.apply(state, entry)

    running = clocks.running(state, POLICY, hours)

    assert len({clock.key for clock in running}) == len(running)
    for clock in running:
        due = [claim.due_at for claim in clock.claims]
        assert due == sorted(due)
        assert clock.due_at is None or clock.due_at in due
        assert clock.warn_at is None or clock.started_at < clock.warn_at < clock.due_at  # type: ignore[operator]
        assert clock.due_at is None or clock.due_at >= NOON + passed or clock.kind.is_ladder


# ── Notes that come late, and loops that come rarely ─────────────────────────────────────────────


FACTS: dict[str, dict[str, Any] | None] = {
    "acknowledged": {"lanes": []},
    "confirmed": None,
    "manager_accepted": {"from": None},
    "contained": {},
    "resolved": {},
    "declined": {},
}

facts = st.lists(
    st.tuples(
        st.sampled_from(sorted(FACTS)),
        st.integers(min_value=0, max_value=300),
        st.integers(min_value=0, max_value=60),
    ),
    max_size=6,
    unique_by=lambda fact: fact[0],
)
"""What happened to an incident: kind, minute, and how many minutes later it was written down."""


def story(
    kinds: tuple[str, ...], told: Sequence[tuple[int, Entry]], hours: BusinessHours, every: int
) -> set[tuple[str, str, datetime]]:
    """The misses that stand after eight hours, with a clock loop every so many minutes."""
    state: Case | Incident = opened(kinds)
    waiting = sorted(told, key=lambda pair: pair[0])
    for minute in range(481):
        at = NOON + timedelta(minutes=minute)
        while waiting and waiting[0][0] <= minute:
            _, entry = waiting.pop(0)
            for each in (*duty.overdue(state, POLICY, hours, entry.at), entry):
                state = duty.apply(state, each)
        # Every deadline here falls on a multiple of five minutes.
        if minute % every == 0 or minute == 480:
            for each in duty.owed(state, POLICY, hours, lambda team, at: (), at):
                state = duty.apply(state, each)
    return {(m.clock.partition("|")[0], m.clause, m.due_at) for m in state.missed}


@settings(max_examples=80, deadline=None)
@given(kinds=types, happened=facts, hours=calendars, every=st.integers(min_value=5, max_value=90))
def test_what_is_missed_depends_on_when_things_happened_alone(
    kinds: tuple[str, ...],
    happened: list[tuple[str, int, int]],
    hours: BusinessHours,
    every: int,
) -> None:
    """POL-2 to POL-5, EMG-1 to EMG-5: not on when they were noted, nor on how often a loop looks.

    One end at most: after it the desk takes no more notes.
    """
    ends = [fact for fact in happened if fact[0] in {"resolved", "declined"}][:1]
    end = min((minute for _, minute, _ in ends), default=10_000)
    others = [f for f in happened if f[0] not in {"resolved", "declined"} and f[1] < end]
    noted = max([end, *(minute + late for _, minute, late in others)])
    entries = [(minute, late, fact(kind, minute, kinds)) for kind, minute, late in others]
    last = [
        (minute, noted - minute + late, fact(kind, minute, kinds)) for kind, minute, late in ends
    ]

    punctual = [(minute, entry) for minute, _, entry in (*entries, *last)]
    belated = [(minute + late, entry) for minute, late, entry in (*entries, *last)]

    assert story(kinds, belated, hours, every) == story(kinds, punctual, hours, 5)


def fact(kind: str, minute: int, kinds: tuple[str, ...]) -> Entry:
    data = FACTS[kind]
    return Entry(
        kind=kind,
        at=NOON + timedelta(minutes=minute),
        actor=INES,
        data={"types": list(kinds)} if data is None else data,
    )


@EXAMPLES
@given(
    plan=st.sampled_from(["enterprise", "pro", None]),
    answered=st.integers(min_value=0, max_value=200),
    noted=st.integers(min_value=0, max_value=200),
    looked=st.lists(st.integers(min_value=0, max_value=400), max_size=4),
    hours=calendars,
)
def test_a_first_response_is_kept_or_has_exactly_one_miss_a_clause(
    plan: str | None, answered: int, noted: int, looked: list[int], hours: BusinessHours
) -> None:
    """POL-2, FAQ-3: whenever it was noted, and whenever loops came by."""
    case = opened_case(plan)
    due = {c.clause: c.due_at for c in clocks.running(case, POLICY, hours)[0].claims}
    answer = NOON + timedelta(minutes=answered)
    steps = [(minute, 0) for minute in looked] + [(answered + noted, 1)]

    state: Case | Incident = case
    for minute, is_answer in sorted(steps):
        at = NOON + timedelta(minutes=minute)
        if is_answer:
            entry = Entry(kind="responded", at=answer, actor=ANA, data={"through": "reply"})
            owed = (*duty.overdue(state, POLICY, hours, answer), entry)
        else:
            owed = duty.owed(state, POLICY, hours, lambda team, at: (), at)
        for each in owed:
            state = duty.apply(state, each)

    late = sorted(clause for clause, moment in due.items() if answer > moment)
    assert sorted(mark.clause for mark in state.missed) == late


@EXAMPLES
@given(kinds=types, at=near, hours=calendars, people=st.sampled_from([(), (ANA,)]))
def test_what_is_owed_takes_away_what_called_for_it(
    kinds: tuple[str, ...], at: timedelta, hours: BusinessHours, people: tuple[str, ...]
) -> None:
    """Two loops record a miss once: the second finds nothing left at the same moment."""
    state: Case | Incident = opened(kinds)

    owed = duty.owed(state, POLICY, hours, lambda team, at: people, NOON + at)
    for entry in owed:
        state = duty.apply(state, entry)

    assert duty.owed(state, POLICY, hours, lambda team, at: people, NOON + at) == ()
    assert len(owed) < 60


# ── Who is on call, and what is alike ────────────────────────────────────────────────────────────

clock_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
crew = st.sampled_from(["person:1", "person:2", "person:3"])
shifts = st.builds(
    Shift, person=crew, weekday=st.integers(min_value=0, max_value=6), starts=clock_times,
    ends=clock_times,
)  # fmt: skip


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    starts = draw(moments)
    length = draw(st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=60)))
    instead = draw(st.none() | crew)
    return Override(
        person=draw(crew), starts_at=starts, ends_at=starts + length, instead_of=instead
    )


@EXAMPLES
@given(
    shifts=st.lists(shifts, max_size=6).map(tuple),
    standing=st.lists(overrides(), max_size=4).map(tuple),
    zone=zones,
    at=moments,
)
def test_a_stand_in_empties_no_shift_and_nobody_is_called_twice(
    shifts: tuple[Shift, ...], standing: tuple[Override, ...], zone: str, at: datetime
) -> None:
    """Whoever replaces whom: where somebody was on call, somebody is."""
    plain = on_call(Rota(team="L1", time_zone=zone, shifts=shifts), at)

    people = on_call(Rota(team="L1", time_zone=zone, shifts=shifts, overrides=standing), at)

    assert len(set(people)) == len(people)
    assert not plain or people


@EXAMPLES
@given(one=st.text(max_size=80), other=st.text(max_size=80))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    """POL-8."""
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1


def test_the_targets_that_are_tried_are_of_every_kind() -> None:
    """The laws above are worth what they are tried on."""
    kinds = {target.within.unit for target in targets.elements}  # type: ignore[attr-defined]

    assert kinds == set(SpanUnit)
