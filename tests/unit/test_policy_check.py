"""What a look at the policy finds, and where it has to be silent. Source: clauses.md."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from redphone.core.policy import IssueType, Plan, Policy, Runbook, Strength, Target
from redphone.core.policy.check import RULES, check_policy
from redphone.core.policy.file import load_policy
from redphone.core.policy.finding import Finding, Severity
from redphone.core.spans import parse_span

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
OURS = load_policy(FILE.read_text(encoding="utf-8"))

Mend = Callable[[Policy], Policy]


def found(policy: Policy, rule: str) -> list[Finding]:
    return [finding for finding in check_policy(policy) if finding.rule == rule]


def with_types(policy: Policy, change: Callable[[IssueType], dict[str, Any]]) -> Policy:
    """The policy with these fields of each issue type changed."""
    types = {slug: replace(each, **change(each)) for slug, each in policy.issue_types.items()}
    return replace(policy, issue_types=MappingProxyType(types))


def with_plans(policy: Policy, change: Callable[[Plan], dict[str, Any]]) -> Policy:
    plans = {slug: replace(each, **change(each)) for slug, each in policy.plans.items()}
    return replace(policy, plans=MappingProxyType(plans))


# ── Our own source ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("row", "rule", "clauses"),
    [
        (1, "response-times-disagree", ["POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5, FAQ-3"]),
        (3, "promise-is-hedged", ["FAQ-3", "FAQ-3", "FAQ-7"]),
        (4, "update-times-disagree", ["POL-4, EMG-4, FAQ-3"]),
        (5, "number-is-ours", ["POL-3", "POL-7", "EMG-1", "EMG-2", "EMG-3", "EMG-3", "EMG-5"]),
        (5, "part-is-vague", ["EMG-2"]),
        (6, "business-time-undefined", ["FAQ-3, FAQ-7, FAQ-8"]),
        (8, "channels-disagree", ["POL-6, FAQ-2"]),
        (10, "type-for-some-plans", ["EMG-4, FAQ-1", "EMG-5, FAQ-1"]),
        (11, "runbook-orphan", ["RUN-2", "RUN-5", "RUN-6"]),
        (11, "kind-without-type", ["FAQ-1"]),
        (11, "type-without-kind", ["EMG-5, FAQ-1"]),
        (15, "seniority-disagrees", ["POL-1, EMG-1"]),
        (16, "ladder-without-times", ["POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5"]),
    ],
)
def test_what_the_readings_list_is_found_in_our_own_source(
    row: int, rule: str, clauses: list[str]
) -> None:
    """Source: clauses.md, the row of each."""
    assert [finding.clause for finding in found(OURS, rule)] == clauses, f"row {row}"


def test_each_finding_says_what_it_means_and_what_to_do() -> None:
    findings = check_policy(OURS)

    assert all(each.clause and each.message and each.suggestion for each in findings)
    (regular,) = [each for each in found(OURS, "number-is-ours") if each.clause == "EMG-5"]
    assert '"regular updates until resolved"' in regular.message
    assert "every 30 min" in regular.message
    (hourly,) = found(OURS, "update-times-disagree")
    assert "every 1 h (EMG-4)" in hourly.message
    assert "every 30 min (POL-4)" in hourly.message


def test_warnings_come_first_and_then_the_order_of_the_source() -> None:
    findings = check_policy(OURS)

    severities = [each.severity for each in findings]
    assert severities == sorted(severities, key=lambda each: each is not Severity.WARNING)
    assert [each.clause for each in found(OURS, "runbook-orphan")] == ["RUN-2", "RUN-5", "RUN-6"]


# ── Silent on a mended policy ───────────────────────────────────────────────────────────────────


def _same_response_everywhere(policy: Policy) -> Policy:
    quarter = parse_span("15 min")
    policy = with_types(
        policy, lambda t: {"respond_within": replace(t.respond_within, within=quarter)}
    )
    return with_plans(
        policy,
        lambda p: {
            "first_response": tuple(
                replace(each, within=quarter, outside_business_hours=None)
                for each in p.first_response
            )
        },
    )


def _same_pace_everywhere(policy: Policy) -> Policy:
    half = parse_span("30 min")
    return with_types(
        policy,
        lambda t: {"status_page": t.status_page and replace(t.status_page, every=half)},
    )


def _numbers_in_the_source(policy: Policy) -> Policy:
    says = "within 15 minutes"
    policy = with_types(
        policy,
        lambda t: {
            "updates": tuple(replace(each, source_says=says) for each in t.updates),
            "status_page": t.status_page and replace(t.status_page, source_says=says),
            "contain_within": t.contain_within and replace(t.contain_within, source_says=says),
        },
    )
    review = policy.executive_review
    assert review is not None
    return replace(
        policy,
        incident_manager=replace(policy.incident_manager, source_says=says),
        executive_review=replace(review, source_says=says),
    )


def _plain_words(policy: Policy) -> Policy:
    def plain(target: Target | None) -> Target | None:
        return target and replace(target, source_says="within this time")

    return with_plans(
        policy,
        lambda p: {
            "first_response": tuple(plain(each) for each in p.first_response),
            "post_incident_report": plain(p.post_incident_report),
        },
    )


def _types_for_all(policy: Policy) -> Policy:
    def change(row: IssueType) -> dict[str, Any]:
        words = row.definition.replace("Enterprise customers", "customers")
        return {"plans": (), "definition": words.replace("Enterprise customer", "A customer")}

    return with_types(policy, change)


def _every_runbook_used(policy: Policy) -> Policy:
    used = {"system-outage", "other-emergency"}
    books: dict[str, Runbook] = {
        slug: book
        for slug, book in policy.runbooks.items()
        if slug in {"service-outage", "critical-data-loss"}
    }
    types = {slug: each for slug, each in policy.issue_types.items() if slug in used}
    types["other-emergency"] = replace(types["other-emergency"], runbook="critical-data-loss")
    return replace(policy, runbooks=MappingProxyType(books), issue_types=MappingProxyType(types))


def _every_kind_handled(policy: Policy) -> Policy:
    kinds = policy.triage.emergencies
    handled = tuple(
        replace(each, issue_type=each.issue_type or "other-emergency") for each in kinds
    )
    lockout = replace(kinds[0], name="lockout", issue_type="account-lockout")
    return replace(policy, triage=replace(policy.triage, emergencies=(*handled, lockout)))


def _hours_defined(policy: Policy) -> Policy:
    return replace(policy, hours=replace(policy.hours, clause="FAQ-9"))


def _ladder_defined(policy: Policy) -> Policy:
    return replace(policy, ladder=replace(policy.ladder, clause="POL-11"))


def _hotline_for_all(policy: Policy) -> Policy:
    return with_plans(policy, lambda p: {"channels": (*p.channels, "hotline")})


def _seniors_first(policy: Policy) -> Policy:
    outage = policy.issue_type("system-outage")
    return with_types(policy, lambda t: {"steps": t.steps if t is not outage else t.steps[1:]})


MENDS: tuple[tuple[str, Mend], ...] = (
    ("response-times-disagree", _same_response_everywhere),
    ("update-times-disagree", _same_pace_everywhere),
    ("number-is-ours", _numbers_in_the_source),
    ("part-is-vague", _numbers_in_the_source),
    ("promise-is-hedged", _plain_words),
    ("statement-is-vague", lambda policy: replace(policy, plain_statements=())),
    ("business-time-undefined", _hours_defined),
    ("type-for-some-plans", _types_for_all),
    ("channels-disagree", _hotline_for_all),
    ("seniority-disagrees", _seniors_first),
    ("runbook-orphan", _every_runbook_used),
    ("type-without-runbook", _every_runbook_used),
    ("kind-without-type", _every_kind_handled),
    ("type-without-kind", _every_kind_handled),
    ("ladder-without-times", _ladder_defined),
    (
        "ending-open",
        lambda policy: with_types(policy, lambda t: {"resolve_within": t.respond_within}),
    ),
)


@pytest.mark.parametrize(("rule", "mend"), MENDS)
def test_a_rule_that_speaks_of_our_source_is_silent_once_it_is_mended(
    rule: str, mend: Mend
) -> None:
    assert found(OURS, rule)

    assert found(mend(OURS), rule) == []


# ── Loud on a broken one ────────────────────────────────────────────────────────────────────────


def _business_hours_only(policy: Policy) -> Policy:
    promise = Target(
        within=parse_span("1 business hour"), clause="FAQ-3", strength=Strength.PROMISE
    )
    return with_plans(policy, lambda p: {"first_response": (promise,)})


DAMAGES: tuple[tuple[str, str, Mend], ...] = (
    ("window-uncovered", "FAQ-3", _business_hours_only),
    ("window-uncovered", "FAQ-2, FAQ-3", lambda p: replace(p, chat_pages_after=None)),
    (
        "business-days-without-holidays",
        "FAQ-3, FAQ-7, FAQ-8",
        lambda p: replace(p, hours=replace(p.hours, holidays="")),
    ),
    ("promise-without-channel", "FAQ-2", lambda p: with_plans(p, lambda _: {"channels": ()})),
    (
        "promise-without-channel",
        "EMG-1",
        lambda p: with_types(p, lambda _: {"updates": (), "status_page": None}),
    ),
    (
        "promise-without-owner",
        "FAQ-2",
        lambda p: with_plans(p, lambda _: {"escalation": None}),
    ),
    (
        "promise-without-owner",
        "EMG-1, EMG-2, FAQ-7",
        lambda p: with_plans(p, lambda _: {"post_incident_report": None}),
    ),
)


@pytest.mark.parametrize(("rule", "clause", "damage"), DAMAGES)
def test_a_rule_that_our_source_follows_speaks_once_it_is_broken(
    rule: str, clause: str, damage: Mend
) -> None:
    assert found(OURS, rule) == []

    assert clause in [finding.clause for finding in found(damage(OURS), rule)]


def waiting(policy: Policy) -> Policy:
    """A policy one of whose ladders begins in business hours only."""
    outage = policy.issue_types["system-outage"]
    step = replace(outage.steps[0], only_in_business_hours=True)
    waits = replace(outage, steps=(step, *outage.steps[1:]))
    return replace(policy, issue_types={**policy.issue_types, "system-outage": waits})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_loud_on_some_policy_and_silent_on_another(
    rule: Callable[[Policy], Iterator[Finding]],
) -> None:
    policies = [
        OURS,
        waiting(OURS),
        *(mend(OURS) for _, mend in MENDS),
        *(harm(OURS) for *_, harm in DAMAGES),
    ]

    assert {bool(list(rule(policy))) for policy in policies} == {True, False}
