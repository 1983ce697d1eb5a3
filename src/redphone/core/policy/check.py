"""Looking a policy over: where it disagrees with itself, says too little, or leads nowhere.

None of this stops the desk: each finding has a reading that the desk goes by. It is for whoever
writes the next version. Each rule is one function, and is silent on a policy that is clear.

Source: clauses.md, rows 1, 3 to 6, 8 to 11, 15 and 16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from redphone.core.policy import Policy
from redphone.core.policy import conflicts as conflicts
from redphone.core.policy import gaps as gaps
from redphone.core.policy import vagueness as vagueness
from redphone.core.policy.finding import Finding, Severity, place

RULES: tuple[Callable[[Policy], Iterator[Finding]], ...] = (
    conflicts.response_times_disagree,
    conflicts.update_times_disagree,
    conflicts.types_are_for_some_plans,
    conflicts.channels_disagree,
    conflicts.seniority_disagrees,
    vagueness.numbers_are_ours,
    vagueness.parts_are_vague,
    vagueness.statements_are_vague,
    vagueness.promises_are_hedged,
    vagueness.business_time_is_undefined,
    gaps.windows_are_uncovered,
    gaps.runbooks_are_orphans,
    gaps.types_have_no_runbook,
    gaps.kinds_have_no_type,
    gaps.types_have_no_kind,
    gaps.promises_have_no_channel,
    gaps.promises_have_no_owner,
    gaps.endings_are_open,
    gaps.ladders_have_no_times,
    gaps.first_steps_wait,
)


def check_policy(policy: Policy) -> tuple[Finding, ...]:
    """All findings, warnings first, then in the order of the source."""
    found = [finding for rule in RULES for finding in rule(policy)]
    return tuple(sorted(found, key=lambda each: (each.severity != Severity.WARNING, _order(each))))


def _order(finding: Finding) -> tuple[tuple[int, int], str]:
    return (place(finding.clause.split(",")[0]), finding.rule)
