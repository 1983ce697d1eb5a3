"""Laws of ladders whose steps say more than a team: they end, and both readings agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.core import clocks, command, duty, ladder, updates
from redphone.core import incident as incidents
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.policy import Callee, EscalationStep, Policy
from redphone.core.policy.file import load_policy
from redphone.core.recompute_minutes import Calendar
from redphone.core.recompute_rules import Line, Notes
from redphone.core.stream import DeskError, Entry
from redphone.core.updates import Purpose

OURS = load_policy((Path(__file__).parents[2] / "policies" / "urgent-support.toml").read_text())
HOURS = BusinessHours(name=OURS.hours.name, time_zone=OURS.hours.time_zone, week=OURS.hours.week)
OUTAGE = "system-outage"
PEOPLE = [f"person:{n}" for n in range(1, 5)]
STARTS = [
    datetime(2026, 11, 27, 22, 30, tzinfo=UTC),  # Friday, half an hour before closing.
    datetime(2026, 10, 31, 22, 0, tzinfo=UTC),  # The night in which an hour comes twice.
    datetime(2027, 3, 13, 23, 0, tzinfo=UTC),  # The night in which one is left out.
    datetime(2026, 11, 23, 15, 0, tzinfo=UTC),
]

steps = st.builds(
    EscalationStep,
    teams=st.lists(st.sampled_from(["A", "B", "Nobody"]), min_size=1, max_size=2, unique=True).map(
        tuple
    ),
    people=st.sampled_from([(), ("one@ours.example",)]),
    account_manager=st.booleans(),
    all_must_acknowledge=st.booleans(),
    repeat=st.integers(0, 2),
    only_in_business_hours=st.booleans(),
)
policies = st.lists(steps, min_size=1, max_size=4).map(
    lambda found: replace(
        OURS,
        issue_types={
            **OURS.issue_types,
            OUTAGE: replace(OURS.issue_types[OUTAGE], steps=tuple(found)),
        },
    )
)
deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["acknowledge", "decline", "note", "confirm", "skip", "next", "lose", "contain"]
        ),
        st.sampled_from(PEOPLE),
        st.integers(0, 3),
        st.integers(0, 70),
    ),
    max_size=8,
)


def on_call(team: str, at: datetime) -> tuple[str, ...]:
    return {"A": ("person:1", "person:2"), "B": ("person:2", "person:3")}.get(team, ())


def find(callee: Callee, incident: str) -> tuple[str, ...]:
    return ("person:4",) if callee.name == "one@ours.example" else ()


class Told:
    """One incident, with its entries as both readings know them."""

    def __init__(self, policy: Policy, at: datetime) -> None:
        self.policy, self.now = policy, at
        self.entries: list[Entry] = []
        self.notes = Notes(False, policy, Calendar(policy.hours, frozenset()))
        opened = command.open_incident(
            types=(OUTAGE,), plan="enterprise", at=at, started_at=at, actor="system"
        )
        self.state = incidents.apply(None, opened, ref="INC-1")
        self._read(opened)
        self.settle()

    def _read(self, entry: Entry) -> None:
        self.entries.append(entry)
        line = Line(len(self.entries), entry.kind, entry.at, entry.at, entry.actor, entry.data)
        self.notes.read(line)

    def add(self, entry: Entry) -> None:
        self.state = incidents.apply(self.state, entry, ref="INC-1")
        self._read(entry)
        first = {(t.lane, t.due_at) for t in ladder.turns(self.state, self.policy, HOURS)}
        second = {(owed.lane, owed.due_at) for owed in self.notes.ladders()}
        assert first == second, entry

    def settle(self) -> None:
        for entry in duty.owed(self.state, self.policy, HOURS, on_call, self.now, find):
            self.add(entry)

    def advance(self, until: datetime) -> None:
        while (due := self._next()) is not None and due <= until:
            self.now = max(self.now, due)
            self.settle()
        self.now = until

    def _next(self) -> datetime | None:
        running = clocks.running(self.state, self.policy, HOURS)
        return min((clock.next_at for clock in running if clock.next_at), default=None)

    def do(self, what: str, by: str, number: int) -> None:
        try:
            entry = self._entry(what, by, number)
        except DeskError:
            return
        self.add(entry)
        self.settle()

    def _entry(self, what: str, by: str, number: int) -> Entry:
        state, at = self.state, self.now
        match what:
            case "acknowledge":
                return command.acknowledge(state, by=by, at=at)
            case "decline":
                return command.decline_page(state, by=by, at=at)
            case "confirm":
                return command.confirm(state, types=(OUTAGE,), by=by, why="", at=at)
            case "contain":
                return command.contain(state, by=by, evidence="It is.", at=at)
            case "skip":
                turn = ladder.skip_to(
                    state, self.policy, lane=OUTAGE, step=number, by=by, why="So.", at=at
                )
                return self._call(turn, by)
            case "next":
                turn = ladder.call_next(state, self.policy, lane=OUTAGE, by=by, at=at)
                return self._call(turn, by)
            case "lose":
                return updates.delivery_failed(
                    key="x", purpose=Purpose.PAGE, to=by, lane=OUTAGE, why="refused", at=at
                )
        return command.note(state, by=by, words="At work.", at=at)

    def _call(self, turn: ladder.Turn, by: str) -> Entry:
        people, without = duty.whom(turn, "INC-1", on_call, find, self.now)
        return ladder.ask(turn, people=people, without=without, at=self.now, actor=by)


@settings(max_examples=120, deadline=None)
@given(policy=policies, start=st.sampled_from(STARTS), done=deeds)
def test_both_readings_agree_after_each_entry_and_every_escalation_ends(
    policy: Policy, start: datetime, done: list[tuple[str, str, int, int]]
) -> None:
    """EMG-1 to EMG-5: whatever the steps say, people do, and the calendar brings."""
    told = Told(policy, start)
    for what, by, number, passed in done:
        told.advance(told.now + timedelta(minutes=passed))
        told.do(what, by, number)

    told.advance(told.now + timedelta(days=40))

    (walks,) = [kind.steps for slug, kind in policy.issue_types.items() if slug == OUTAGE]
    calls = sum(step.repeat + 1 for step in walks) * policy.ladder.rounds
    asked = [entry for entry in told.entries if entry.kind == "asked"]
    assert len(asked) <= (calls + 2) * (2 + len(done))
    assert ladder.turns(told.state, policy, HOURS) == ()
    check_rest(told.state)


def check_rest(state: Incident) -> None:
    """At the end somebody has each ladder, or the managers were told that nobody answered."""
    last = [ask for ask in state.asks if ask.lane == OUTAGE]
    has_it = any(ask.answered_at for ask in last)
    assert has_it or OUTAGE in state.exhausted


@settings(max_examples=120, deadline=None)
@given(policy=policies, start=st.sampled_from(STARTS), done=deeds)
def test_nobody_is_rung_who_has_answered(
    policy: Policy, start: datetime, done: list[tuple[str, str, int, int]]
) -> None:
    """No page after an acknowledgement, also where each of several has to give one."""
    told = Told(policy, start)
    for what, by, number, passed in done:
        told.advance(told.now + timedelta(minutes=passed))
        told.do(what, by, number)
        if what == "acknowledge" and told.entries[-1].kind == "acknowledged":
            assert not ladder.still_rings(told.state, by, OUTAGE)
