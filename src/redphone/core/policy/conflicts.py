"""Where the policy says two things of one promise.

Source: clauses.md, rows 1, 4, 8, 10 and 15.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from redphone.core.policy import IssueType, Plan, Policy, Target
from redphone.core.policy.finding import Finding, Severity, cadences, joined, named, way

_L1 = re.compile(r"\b(L1|level 1|tier 1|first line)\b", re.IGNORECASE)


def response_times_disagree(policy: Policy) -> Iterator[Finding]:
    """One "response time" with several numbers. Source: POL-2, EMG-1 to EMG-5, FAQ-3; row 1."""
    said = [
        *((each.respond_within, each.name) for each in policy.issue_types.values()),
        *((target, plan.name) for plan in policy.plans.values() for target in plan.first_response),
    ]
    spans = {str(target.within) for target, _ in said}
    spans |= {str(each.outside_business_hours) for each, _ in said if each.outside_business_hours}
    if len(spans) < 2:
        return
    parts = dict.fromkeys(
        f"{_within(target)} for {whom} ({target.clause})" for target, whom in said
    )
    yield Finding(
        rule="response-times-disagree",
        clause=joined(target.clause for target, _ in said),
        severity=Severity.WARNING,
        message=f"The response time is said with several numbers: {'; '.join(parts)}.",
        suggestion=(
            "Say that there are two: until a responder is engaged, by issue type, and until the "
            "customer has an answer, by plan. Until then both run and the strictest clause counts."
        ),
    )


def _within(target: Target) -> str:
    outside = target.outside_business_hours
    return f"{target.within}, {outside} outside business hours" if outside else f"{target.within}"


def update_times_disagree(policy: Policy) -> Iterator[Finding]:
    """A type with updates at another pace than all have. Source: POL-4, FAQ-3, EMG-4; row 4."""
    general = [
        *policy.urgent_updates,
        *(each for p in policy.plans.values() for each in p.updates),
    ]
    for issue_type in policy.issue_types.values():
        for cadence in cadences(issue_type):
            others = [each for each in general if each.every != cadence.every]
            if not others:
                continue
            paces = " and ".join(
                dict.fromkeys(f"every {each.every} ({each.clause})" for each in others)
            )
            yield Finding(
                rule="update-times-disagree",
                clause=joined([cadence.clause, *(each.clause for each in others)]),
                severity=Severity.WARNING,
                message=(
                    f"{issue_type.name} has {way(cadence)} every {cadence.every} "
                    f"({cadence.clause}), all urgent issues have them {paces}."
                ),
                suggestion=(
                    "Say whom each is for. Read so far: "
                    f"every {cadence.every} for {way(cadence)}, "
                    "the others to the customers directly."
                ),
            )


def types_are_for_some_plans(policy: Policy) -> Iterator[Finding]:
    """A type defined for some plans while others have emergencies too. Source: FAQ-1; row 10."""
    for issue_type in policy.issue_types.values():
        spoken_of = [plan for plan in policy.plans.values() if _speaks_of(issue_type, plan)]
        left_out = [plan for plan in policy.plans.values() if plan not in spoken_of]
        if not spoken_of or not left_out:
            continue
        others = named(plan.name for plan in left_out)
        yield Finding(
            rule="type-for-some-plans",
            clause=joined([issue_type.clause, *_kind_clauses(policy, issue_type)]),
            severity=Severity.WARNING,
            message=(
                f"{issue_type.name} is defined for {named(plan.name for plan in spoken_of)} only, "
                f"and {others} customers are promised an answer to every emergency."
            ),
            suggestion=(
                f"Say what {others} customers get. Read so far: it is an emergency for them too, "
                "on their plan's clocks, without this type's resolution target."
            ),
        )


def _speaks_of(issue_type: IssueType, plan: Plan) -> bool:
    in_words = re.search(rf"\b{re.escape(plan.name)}\b", issue_type.definition, re.IGNORECASE)
    return plan.slug in issue_type.plans or in_words is not None


def _kind_clauses(policy: Policy, issue_type: IssueType) -> set[str]:
    kinds = policy.triage.emergencies
    meant = {kind.clause for kind in kinds if kind.issue_type == issue_type.slug}
    # A type that no kind leads to is still held against the list of kinds.
    return meant or {kind.clause for kind in kinds}


def channels_disagree(policy: Policy) -> Iterator[Finding]:
    """A hotline for all, and plans without it. Source: POL-6, FAQ-2; row 8."""
    for plan in policy.plans.values():
        if "hotline" in plan.channels or policy.hotline_clause in ("", plan.channels_clause):
            continue
        yield Finding(
            rule="channels-disagree",
            clause=joined([policy.hotline_clause, plan.channels_clause]),
            severity=Severity.WARNING,
            message=(
                f"The hotline is for everyone ({policy.hotline_clause}), and {plan.name} "
                f"customers are told of {named(plan.channels) or 'no channel'} "
                f"({plan.channels_clause})."
            ),
            suggestion=(
                f"Say whether {plan.name} customers may ring. Read so far: no emergency is "
                "refused by its channel; it is on the plan's clocks, marked as off-channel."
            ),
        )


def seniority_disagrees(policy: Policy) -> Iterator[Finding]:
    """Senior staff promised, and a ladder that begins with L1. Source: POL-1, FAQ-4; row 15."""
    if not policy.handled_by:
        return
    for issue_type in policy.issue_types.values():
        first = named(issue_type.steps[0].names) if issue_type.steps else ""
        if _L1.search(first):
            yield Finding(
                rule="seniority-disagrees",
                clause=joined([policy.handled_by_clause, issue_type.clause]),
                severity=Severity.WARNING,
                message=(
                    f"Urgent issues are handled by {policy.handled_by} "
                    f"({policy.handled_by_clause}), and {issue_type.name} begins with {first}."
                ),
                suggestion=(
                    f"Say what {first} may do. Read so far: it may take the call; a senior owner "
                    "accepts before the first response is due."
                ),
            )
