"""The words of the policy file, tried on reports as people write them. Source: FAQ-1, POL-10."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from redphone.core.policy.file import load_policy
from redphone.core.report import Report
from redphone.core.triage import Triage, triage

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
POLICY = load_policy(FILE.read_text(encoding="utf-8"))


def weighed(words: str) -> Triage:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    return triage(Report(channel="email", received_at=at, description=words), POLICY)


@pytest.mark.parametrize(
    ("issue_type", "words"),
    [
        ("system-outage", "Everything is down for us since 09:40, all users get 502 Bad Gateway."),
        (
            "system-outage",
            "The platform is unreachable. Nobody can log in, 300 people can't work.",
        ),
        ("system-outage", "We see HTTP 503 service unavailable on every page in the EU region"),
        ("system-outage", "dashboard won't load for anyone in the company, just a white screen"),
        ("system-outage", "The site has been timing out for our whole team for 20 minutes"),
        ("data-security-incident", "I can see another customer's data in my invoice list!!"),
        (
            "data-security-incident",
            "We think our account was hacked: suspicious logins from abroad.",
        ),
        ("data-security-incident", "An API key was leaked on a public page, please revoke it now"),
        (
            "data-security-incident",
            "Our admin was phished and the attacker exported customer data.",
        ),
        (
            "payment-processing-failure",
            "Checkout is broken, all cards declined since this morning.",
        ),
        (
            "payment-processing-failure",
            "We cannot process payments: transactions are failing at 40%.",
        ),
        ("payment-processing-failure", "Customers are being charged twice for the same order"),
        ("critical-feature-failure", "Report export stopped working, month-end close is blocked"),
        (
            "critical-feature-failure",
            "The Salesforce integration is down; leads don't sync any more",
        ),
        ("critical-feature-failure", "Search is completely broken and returns wrong results"),
        ("account-lockout", "Our only admin is locked out after the SSO change, access denied."),
        ("account-lockout", "I cannot log in, the password reset link never arrives"),
        ("account-lockout", "Our account has been suspended without any notice"),
        ("other-emergency", "All our project records disappeared overnight. Data loss!"),
        ("other-emergency", "The regulator wants the GDPR export by 17:00 today"),
        ("other-emergency", "Something terrible is happening and I don't know how to describe it"),
    ],
)
def test_an_emergency_is_told_by_its_words(issue_type: str, words: str) -> None:
    """Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5, FAQ-1."""
    suggestion = weighed(words)

    assert suggestion.issue_type == issue_type, suggestion.because
    assert suggestion.urgent, suggestion.because


@pytest.mark.parametrize(
    "words",
    [
        "Feature request: it would be great to have dark mode in the report view.",
        "There is a typo on the settings page, not urgent.",
        "Could you add a column to the export? No rush.",
        "I would like a faster reply to my question about pricing.",
        "Quick question: how do I change the font size?",
        "Cosmetic: the button is misaligned on my phone, low priority.",
    ],
)
def test_what_is_no_emergency_is_told_by_its_words_too(words: str) -> None:
    """Source: FAQ-1, POL-10."""
    assert not weighed(words).urgent


@pytest.mark.parametrize(
    ("runbook", "words"),
    [
        ("critical-data-loss", "Our files are gone, please restore from backup"),
        ("urgent-compliance-issue", "We have a court order and a legal deadline today"),
        ("service-outage", "Complete outage, everything is down"),
        ("critical-integration-failure", "The integration stopped working"),
    ],
)
def test_words_suggest_the_runbook_to_begin_with(runbook: str, words: str) -> None:
    """Source: RUN-2, RUN-4, RUN-5, RUN-7."""
    assert weighed(words).runbook == runbook
