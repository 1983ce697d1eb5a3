"""What the unit tests share: our policy, its hours without holidays, and a short way to a story.

A story is one stream told entry by entry, with the core alone: no database, no system clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from redphone.core import case as cases
from redphone.core import clocks, command, duty
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.clocks import Clock
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.core.policy.file import load_policy
from redphone.core.spans import Span, SpanUnit
from redphone.core.stream import Entry

POLICY_FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday; seven in the morning in New York, two hours before the desk opens."""

SOMEBODY = {
    "L1 Support": ("person:1",),
    "L2 Support": ("person:1",),
    "On-call Engineer": ("person:2",),
    "CTO": ("person:3",),
    "Security Team": ("person:4",),
    "CISO": ("person:5",),
    "Legal": ("person:6",),
    "CEO": ("person:7",),
    "Billing Support": ("person:8",),
    "Finance Team": ("person:9",),
}
"""Who is on call for a team, whatever the moment. Ana is 1, Bo is 2; who is not here is nobody."""


@dataclass
class Story:
    """One case or incident, told entry by entry. Minutes count from noon."""

    policy: Policy
    hours: BusinessHours
    state: Case | Incident
    entries: list[Entry] = field(default_factory=list)
    on_call: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: SOMEBODY)
    find: duty.Find = duty.nobody

    @property
    def incident(self) -> Incident:
        assert isinstance(self.state, Incident)
        return self.state

    @property
    def case(self) -> Case:
        assert isinstance(self.state, Case)
        return self.state

    @staticmethod
    def at(minute: float) -> datetime:
        """So many minutes after noon."""
        return after(minute)

    def add(self, *entries: Entry) -> None:
        """Append entries as they are, and nothing else."""
        for entry in entries:
            self.entries.append(entry)
            self.state = duty.apply(self.state, entry)

    def do(self, entry: Entry) -> None:
        """Append what a verb gave back, as the ledger does: what was missed before goes first."""
        self.add(*duty.overdue(self.state, self.policy, self.hours, entry.at), entry)

    def tick(self, minute: float) -> list[Entry]:
        """The clock loop comes by; what it appended."""
        owed = duty.owed(self.state, self.policy, self.hours, self.who, after(minute), self.find)
        self.add(*owed)
        return list(owed)

    def advance(self, minute: float) -> list[Entry]:
        """Let time go by as the clock loop would, from due moment to due moment."""
        found: list[Entry] = []
        while (next_at := self._next_at()) is not None and next_at <= after(minute):
            found += self.tick((next_at - NOON) / timedelta(minutes=1))
        return found

    def _next_at(self) -> datetime | None:
        return min((c.next_at for c in self.running().values() if c.next_at), default=None)

    def who(self, team: str, at: datetime) -> tuple[str, ...]:
        return self.on_call.get(team, ())

    def running(self) -> dict[str, Clock]:
        """The running clocks by kind; ladders' by kind and lane."""
        return {
            f"{clock.kind} {clock.lane}".strip(): clock
            for clock in clocks.running(self.state, self.policy, self.hours)
        }

    def due(self, kind: str) -> float | None:
        """The minute at which a clock is due; None when its deadlines have all been missed."""
        due_at = self.running()[kind].due_at
        return None if due_at is None else (due_at - NOON) / timedelta(minutes=1)

    def missed(self) -> list[tuple[str, str]]:
        """The standing misses as (kind, clause)."""
        return [(mark.clock.partition("|")[0], mark.clause) for mark in self.state.missed]

    def calls(self) -> list[tuple[float, str, str]]:
        """Every step that was called: minute, teams, reason."""
        return [
            ((e.at - NOON) / timedelta(minutes=1), "+".join(e.data["teams"]), e.data["reason"])
            for e in self.entries
            if e.kind == "asked"
        ]


def after(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


@pytest.fixture(scope="session")
def policy() -> Policy:
    """Our policy. Whoever has an incident is at work and is not asked about it here: that is
    tried in `test_still_on_it.py`, with the policy as it is."""
    read = load_policy(POLICY_FILE.read_text(), filename=POLICY_FILE.name)
    patient = Span(unit=SpanUnit.WALL, length=timedelta(days=30))
    return replace(read, ladder=replace(read.ladder, still_on_it_after=patient))


@pytest.fixture(scope="session")
def hours(policy: Policy) -> BusinessHours:
    """The policy's week, with Thanksgiving for all its holidays."""
    source = policy.hours
    thanksgiving = datetime(2026, 11, 26, tzinfo=UTC).date()
    return BusinessHours(
        name=source.name,
        time_zone=source.time_zone,
        week=source.week,
        holidays=frozenset({thanksgiving}),
    )


@pytest.fixture
def new_incident(policy: Policy, hours: BusinessHours) -> Callable[..., Story]:
    """Open an incident of some types at a minute after noon; the first page is not out yet."""

    def open_one(
        *types: str,
        plan: str = "enterprise",
        minute: float = 0,
        started: float | None = None,
        hold: timedelta = timedelta(),
    ) -> Story:
        entry = command.open_incident(
            types=types or ("system-outage",),
            plan=plan,
            at=after(minute),
            started_at=after(minute if started is None else started),
            actor="system",
            hold=hold,
        )
        state = incidents.apply(None, entry, ref="INC-101")
        return Story(policy, hours, state, [entry])

    return open_one


@pytest.fixture
def new_case(policy: Policy, hours: BusinessHours) -> Callable[..., Story]:
    """Open a case of a plan, at a minute after noon or at a moment."""

    def open_one(
        *, plan: str | None = "enterprise", minute: float = 0, at: datetime | None = None
    ) -> Story:
        entry = cases.open_case(
            at=at or after(minute),
            incident="INC-101",
            channel="button",
            plan=plan,
            customer=None if plan is None else "12",
            off_channel=False,
            triage={"issue_type": "system-outage", "urgent": True},
            actor="person:90",
            words="Nobody can log in.",
        )
        state = cases.apply(None, entry, ref="RP-1001")
        return Story(policy, hours, state, [entry])

    return open_one
