"""What a look at the policy can find, and the promises there are to look at.

Source: clauses.md, rows 1 to 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from redphone.core.policy import Cadence, IssueType, Policy, Target

_CHAPTERS = ("POL", "EMG", "RUN", "FAQ")


class Severity(StrEnum):
    """How much a finding matters: a customer may hold us to it, or we only chose for ourselves."""

    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in the policy to put right, by which clauses, and how.

    `rule` is the short name of the rule that found it; `clause` is one id or several, joined by
    commas, in the order of the source.
    """

    rule: str
    clause: str
    severity: Severity
    message: str
    suggestion: str


def place(clause: str) -> tuple[int, int]:
    """Where a clause stands in the source, to sort by."""
    chapter, _, number = clause.partition("-")
    known = _CHAPTERS.index(chapter) if chapter in _CHAPTERS else len(_CHAPTERS)
    return (known, int(number) if number.isdigit() else 0)


def joined(clauses: Iterable[str]) -> str:
    """These clauses once each, in the order of the source."""
    return ", ".join(sorted(set(clauses), key=place))


def named(words: Iterable[str]) -> str:
    return ", ".join(words)


def cadences(issue_type: IssueType) -> tuple[Cadence, ...]:
    """All updates that a type of issue has, the status page's last."""
    page = issue_type.status_page
    return (*issue_type.updates, page) if page else issue_type.updates


def way(cadence: Cadence) -> str:
    """How these updates reach people, in words."""
    ways = {"direct": "direct updates", "email": "updates by email"}
    return ways.get(cadence.by, f"{cadence.by} updates")


def targets(policy: Policy) -> Iterator[tuple[Target, str]]:
    """Every target of the policy, and what it is for in words."""
    maybe: list[tuple[Target | None, str]] = [
        (policy.incident_manager, "Incident manager"),
        (policy.executive_review, "Executive review"),
        (policy.triage.confirm_within, "Confirming an emergency"),
    ]
    for plan in policy.plans.values():
        maybe += [(each, f"First response for {plan.name}") for each in plan.first_response]
        maybe += [(plan.post_incident_report, f"Post-incident report for {plan.name}")]
        if plan.escalation:
            maybe += [(plan.escalation.review_within, f"Escalation review for {plan.name}")]
    for each in policy.issue_types.values():
        maybe += [
            (each.respond_within, f"{each.name}, response"),
            (each.resolve_within, f"{each.name}, resolution"),
            (each.contain_within, f"{each.name}, containment"),
        ]
    yield from ((target, what) for target, what in maybe if target is not None)
