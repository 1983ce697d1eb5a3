"""Emergency or not, of which type, and why: the policy's words, weighed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from redphone.core.policy import Policy
from redphone.core.report import Report
from redphone.core.triage import ALIKE, Triage, alikeness, triage


def weigh(policy: Policy, description: str, closest_to: str | None = None) -> Triage:
    report = Report(
        channel="button",
        received_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        description=description,
        closest_to=closest_to,
    )
    return triage(report, policy)


@pytest.mark.parametrize(
    ("description", "issue_type", "runbook"),
    [
        ("The site is down, nobody can log in, we get 503.", "system-outage", "service-outage"),
        ("We see another customer's data!", "data-security-incident", "account-compromise"),
        ("We can't take payments, checkout fails.", "payment-processing-failure",
         "payment-processing-emergency"),
        ("The export integration stopped working.", "critical-feature-failure",
         "critical-integration-failure"),
        ("Our account is locked, I am locked out.", "account-lockout", "account-compromise"),
        ("All our data is gone after the import.", "other-emergency", "critical-data-loss"),
        ("A GDPR compliance violation with a regulator.", "other-emergency",
         "urgent-compliance-issue"),
        ("It is very bad, come quickly.", "other-emergency", None),
        ("", "other-emergency", None),
    ],
)  # fmt: skip
def test_words_speak_for_a_type_and_its_runbook(
    policy: Policy, description: str, issue_type: str, runbook: str | None
) -> None:
    """EMG-1 to EMG-5, FAQ-1, RUN-1, RUN-2, RUN-3, RUN-4, RUN-5, RUN-7."""
    found = weigh(policy, description)

    assert (found.issue_type, found.urgent, found.runbook) == (issue_type, True, runbook)


@pytest.mark.parametrize(
    "description",
    [
        "A feature request: please add dark mode.",
        "There is a typo on the settings page, no rush.",
        "Could I get a faster reply? Any update on my ticket?",
    ],
)
def test_words_against_urgency_alone_say_that_it_is_none(policy: Policy, description: str) -> None:
    """POL-10, FAQ-1, FAQ-5: a suggestion; a person decides."""
    found = weigh(policy, description)

    assert found.urgent is False
    assert {reason.clause for reason in found.because} <= {"POL-10", "FAQ-1"}


def test_in_doubt_it_is_an_emergency(policy: Policy) -> None:
    """POL-10: words for and against in balance."""
    balanced = weigh(policy, "A minor bug: reports are unavailable.")

    weights = {b.speaks_for: b.weight for b in balanced.because}
    assert weights == {"not-an-emergency": 3, "system-outage": 3}
    assert balanced.urgent is True


def test_words_against_outweigh_a_hint(policy: Policy) -> None:
    """POL-10."""
    assert weigh(policy, "Feature request for payments.").urgent is False


def test_the_reporter_s_own_choice_is_more_than_a_hint(policy: Policy) -> None:
    """FAQ-1: and less than words that nearly settle it."""
    hint = weigh(policy, "Something with our invoices.", closest_to="account-lockout")
    sure = weigh(policy, "We were hacked.", closest_to="account-lockout")

    assert hint.issue_type == "account-lockout"
    assert hint.because[0].phrase == "chosen in the form"
    assert hint.because[0].clause == "EMG-5"
    assert sure.issue_type == "data-security-incident"


def test_a_choice_that_the_policy_does_not_have_is_passed_over(policy: Policy) -> None:
    assert weigh(policy, "We were hacked.", closest_to="alien-invasion").issue_type == (
        "data-security-incident"
    )


@pytest.mark.parametrize("typed", ["can't log in", "can\u2019t log in", "CAN'T   LOG\nIN"])
def test_words_count_however_they_are_typed(policy: Policy, typed: str) -> None:
    """EMG-5: phones type another apostrophe."""
    assert weigh(policy, f"We {typed}.").issue_type == "account-lockout"


def test_only_whole_words_count(policy: Policy) -> None:
    assert weigh(policy, "We like the sundown theme of the breachless downloads.").because == ()


def test_each_reason_names_its_words_its_weight_and_its_clause(policy: Policy) -> None:
    """FAQ-1: loudest first, as the entry keeps it."""
    data = weigh(policy, "Total outage, it is offline.").as_data()

    assert data["issue_type"] == "system-outage"
    assert data["because"][0] == {
        "phrase": "outage",
        "for": "system-outage",
        "weight": 5,
        "clause": "EMG-1",
    }
    weights = [reason["weight"] for reason in data["because"]]
    assert weights == sorted(weights, reverse=True)


def test_reports_of_the_same_trouble_are_alike() -> None:
    """POL-8: a suggestion that a person decides on."""
    one = "Checkout returns 502 for all our customers"
    assert alikeness(one, "We get 502 at the checkout, please help") >= ALIKE
    assert alikeness(one, "The PDF export hangs since this morning") < ALIKE
    assert alikeness(one, one) == 1
    assert alikeness(one, "is it the") == alikeness("", one) == 0
