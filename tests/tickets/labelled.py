"""The labelled set: read, split and scored. See README.md beside this file."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from redphone.core.policy import NOT_AN_EMERGENCY, Policy
from redphone.core.report import Report
from redphone.core.triage import Triage, triage

HERE = Path(__file__).parent
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A written report; its label by the writer, by a second reader, and the final word."""

    id: str
    channel: str
    plan: str
    text: str
    first: str
    second: str
    final: str
    why: str = ""

    @property
    def is_for_tuning(self) -> bool:
        """A third of them: rules may be changed to fit these, never to fit the others."""
        return int(hashlib.sha256(f"split {self.id}".encode()).hexdigest(), 16) % 3 == 0

    @property
    def is_an_emergency(self) -> bool:
        return self.final != NOT_AN_EMERGENCY


def tickets() -> list[Ticket]:
    """All of them, in the order of the files."""
    found = [
        tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(HERE.glob("*.toml"))
    ]
    return [Ticket(**each) for file in found for each in file["ticket"]]


def held_out() -> list[Ticket]:
    """The two thirds that no rule was changed to fit."""
    return [each for each in tickets() if not each.is_for_tuning]


def for_tuning() -> list[Ticket]:
    return [each for each in tickets() if each.is_for_tuning]


def weigh(ticket: Ticket, policy: Policy) -> Triage:
    """What triage makes of it."""
    report = Report(
        channel=ticket.channel,
        received_at=AT,
        description=ticket.text,
        plan=ticket.plan or None,
    )
    return triage(report, policy)


@dataclass(slots=True)
class Score:
    """How triage did on some tickets: `confusion` counts (right label, found label)."""

    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, tickets: Iterable[Ticket], policy: Policy) -> Score:
        score = cls()
        for ticket in tickets:
            found = weigh(ticket, policy)
            label = found.issue_type if found.urgent else NOT_AN_EMERGENCY
            score.confusion[ticket.final, label] += 1
        return score

    def share(self, of: Callable[[str, str], bool], among: Callable[[str, str], bool]) -> float:
        """The share of those `among` for which `of` holds too."""
        all_of_them = sum(n for pair, n in self.confusion.items() if among(*pair))
        return (
            sum(n for pair, n in self.confusion.items() if among(*pair) and of(*pair))
            / all_of_them
        )

    @property
    def missed(self) -> float:
        """The share of emergencies that were taken for none."""
        return self.share(
            lambda _, found: found == NOT_AN_EMERGENCY, lambda right, _: right != NOT_AN_EMERGENCY
        )

    @property
    def false_alarms(self) -> float:
        """The share of non-emergencies that were taken for emergencies."""
        return self.share(
            lambda _, found: found != NOT_AN_EMERGENCY, lambda right, _: right == NOT_AN_EMERGENCY
        )

    @property
    def right_types(self) -> float:
        """The share of emergencies that were taken for one of the very type."""
        return self.share(
            lambda right, found: right == found, lambda right, _: right != NOT_AN_EMERGENCY
        )

    def right(self, label: str) -> float:
        """The share of those of one label that got it."""
        return self.share(lambda right, found: right == found, lambda right, _: right == label)


def kappa(pairs: Iterable[tuple[str, str]]) -> float:
    """Cohen's kappa: how much two labellers agree beyond what chance would give."""
    counted = Counter(pairs)
    total = counted.total()
    mine: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for (one, other), times in counted.items():
        mine[one] += times
        theirs[other] += times
    agreed = sum(times for (one, other), times in counted.items() if one == other) / total
    by_chance = sum(mine[label] * theirs[label] for label in mine) / total**2
    return (agreed - by_chance) / (1 - by_chance)
