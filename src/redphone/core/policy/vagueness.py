"""Where the policy promises something in words that give no measure, or take it half back.

Source: clauses.md, rows 3, 5 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from redphone.core.policy import Cadence, Policy, Strength, Target
from redphone.core.policy.finding import Finding, Severity, cadences, joined, named, targets, way
from redphone.core.spans import SpanUnit

_NUMBER = re.compile(
    r"\d|\b(every|an?|one|two|half an?) (second|minute|hour|day|week)", re.IGNORECASE
)
_VAGUE = re.compile(
    r"\b(regular(ly)?|var(y|ies)|immediate(ly)?|prompt(ly)?|special|appropriate|repeatedly|soon"
    r"|timely|eligible)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(r"\b(aim(s)? for|typically|generally|usually|can expect|may)\b", re.IGNORECASE)


def numbers_are_ours(policy: Policy) -> Iterator[Finding]:
    """A number that the source doesn't give. Source: EMG-2, EMG-3, EMG-5; row 5."""
    for spoken, what, number in _spoken(policy):
        if not spoken.source_says or _NUMBER.search(spoken.source_says):
            continue
        yield Finding(
            rule="number-is-ours",
            clause=spoken.clause,
            severity=Severity.WARNING,
            message=(
                f'{what}: the source says "{spoken.source_says}", which leaves the time open. '
                f"It is read as {number} ({spoken.strength})."
            ),
            suggestion="Give the number in the source, or say that none is promised.",
        )


def _spoken(policy: Policy) -> Iterator[tuple[Target | Cadence, str, str]]:
    """Every promise with the words that name it and its number in words."""
    for target, what in targets(policy):
        yield target, what, str(target.within)
    for plan in policy.plans.values():
        for cadence in plan.updates:
            yield cadence, f"Updates for {plan.name}", f"every {cadence.every}"
    for issue_type in policy.issue_types.values():
        for cadence in cadences(issue_type):
            yield cadence, f"{issue_type.name}, {way(cadence)}", f"every {cadence.every}"
    for cadence in policy.urgent_updates:
        yield cadence, "Updates on every urgent issue", f"every {cadence.every}"


def parts_are_vague(policy: Policy) -> Iterator[Finding]:
    """Words beside a number that promise more, without one. Source: EMG-2; row 5."""
    for spoken, what, _ in _spoken(policy):
        parts = [part.strip() for part in re.split(r"[,;]", spoken.source_says)]
        open_parts = [part for part in parts if _VAGUE.search(part) and not _NUMBER.search(part)]
        if not open_parts or not _NUMBER.search(spoken.source_says):
            continue
        yield Finding(
            rule="part-is-vague",
            clause=spoken.clause,
            severity=Severity.WARNING,
            message=f'{what}: "{named(open_parts)}" gives no time, and none is promised for it.',
            suggestion="Give the number in the source, or take the words out.",
        )


def statements_are_vague(policy: Policy) -> Iterator[Finding]:
    """A sentence that promises something nobody can measure. Source: POL-1, POL-8, FAQ-4."""
    for clause, says in policy.plain_statements:
        vague = _VAGUE.search(says)
        if vague is None or _NUMBER.search(says):
            continue
        yield Finding(
            rule="statement-is-vague",
            clause=clause,
            severity=Severity.NOTE,
            message=f'"{says}" promises something without a measure ("{vague.group().lower()}").',
            suggestion="Say by when or how often, or how one would see that it was not kept.",
        )


def promises_are_hedged(policy: Policy) -> Iterator[Finding]:
    """A promise in words that take it half back. Source: FAQ-3, FAQ-7; row 3."""
    for spoken, what, number in _spoken(policy):
        hedge = _HEDGE.search(spoken.source_says)
        if hedge is None or spoken.strength is not Strength.PROMISE:
            continue
        yield Finding(
            rule="promise-is-hedged",
            clause=spoken.clause,
            severity=Severity.NOTE,
            message=(
                f'{what}: "{hedge.group().lower()}" leaves open whether {number} is owed. '
                "It is kept as a promise."
            ),
            suggestion='Say "within", or make its strength "target".',
        )


def business_time_is_undefined(policy: Policy) -> Iterator[Finding]:
    """Business hours or days without a definition. Source: FAQ-3, FAQ-7, FAQ-8; row 6."""
    users = [(target, what) for target, what in targets(policy) if _is_business_time(target)]
    if not users:
        return
    clauses = joined(target.clause for target, _ in users)
    if policy.hours.clause is None:
        yield Finding(
            rule="business-time-undefined",
            clause=clauses,
            severity=Severity.WARNING,
            message=(
                "Business hours and business days are spoken of and not defined: "
                f"{named(dict.fromkeys(what for _, what in users))}."
            ),
            suggestion=(
                "Give zone, week and holidays in the source and its clause in [business_hours]. "
                f"Read so far: the file's own, in {policy.hours.time_zone}."
            ),
        )
    if not policy.hours.holidays and not policy.hours.closed_on:
        yield Finding(
            rule="business-days-without-holidays",
            clause=clauses,
            severity=Severity.NOTE,
            message="Business time is counted and the calendar knows no holiday.",
            suggestion='Name a country in [business_hours]: holidays = "US".',
        )


def _is_business_time(target: Target) -> bool:
    return target.within.unit is not SpanUnit.WALL or target.outside_business_hours is not None
