"""Emergency or not, of which type, and why: the policy's words, weighed."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from redphone.core.policy import Policy
from redphone.core.report import Report
from redphone.core.triage import Triage, triage


def weigh(policy: Policy, description: str, closest_to: str | None = None) -> Triage:
    report = Report(
        channel="mail",
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
    balanced = weigh(policy, "A minor bug: it is unavailable.")

    weights = {b.speaks_for: b.weight for b in balanced.because}
    assert weights == {"not-an-emergency": 3, "system-outage": 3}
    assert balanced.urgent is True


def test_one_hint_against_takes_nothing_away(policy: Policy) -> None:
    """POL-10: a question mark makes no emergency less of one; a question does."""
    assert weigh(policy, "Something odd happens here?").urgent is True
    assert weigh(policy, "How do I print this?").urgent is False


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
    assert weigh(policy, "We like the sundown mood of the breachless downloads.").because == ()


def test_each_reason_names_its_words_its_weight_and_its_clause(policy: Policy) -> None:
    """FAQ-1: loudest first, as the entry keeps it."""
    data = weigh(policy, "Total outage, it is offline.").as_data()

    assert data["issue_type"] == "system-outage"
    assert data["because"][0] == {
        "phrase": "total outage",
        "for": "system-outage",
        "weight": 5,
        "clause": "EMG-1",
    }
    weights = [reason["weight"] for reason in data["because"]]
    assert weights == sorted(weights, reverse=True)


# ── What words do to each other ──────────────────────────────────────────────────────────────────


def loud(found: Triage) -> int:
    """What weighs for an emergency, without the topics."""
    return found.weight_for


@pytest.mark.parametrize(
    ("plain", "taken_back"),
    [
        ("The site is down.", "The site is not down."),
        ("There is an outage.", "There is no outage."),
        ("Data was leaked.", "No data was leaked."),
        ("Ein Datenleck.", "Kein Datenleck."),
        ("We were breached.", "We were never breached."),
    ],
)
def test_what_is_denied_just_before_does_not_count(
    policy: Policy, plain: str, taken_back: str
) -> None:
    """POL-10: it stays among the reasons, with the words that took it back."""
    before, after = weigh(policy, plain), weigh(policy, taken_back)

    assert loud(before) >= 3
    assert loud(after) == 0
    assert any(reason.aside.startswith("denied by") for reason in after.because)


def test_a_denial_ends_at_a_comma_and_at_a_but(policy: Policy) -> None:
    assert loud(weigh(policy, "No, down.")) >= 3
    assert loud(weigh(policy, "No reply but an outage.")) >= 5


def test_words_that_say_no_by_themselves_are_not_denied_by_it(policy: Policy) -> None:
    """EMG-1: "not responding" and "nobody can log in" are what an outage sounds like."""
    assert weigh(policy, "The server is not responding.").weight_for >= 3
    assert weigh(policy, "Nobody can log in, not one of us.").issue_type == "system-outage"


def test_what_is_over_speaks_against_unless_it_came_back(policy: Policy) -> None:
    """POL-10, clauses.md 13."""
    over = weigh(policy, "The portal was down and it is fine now.")
    back = weigh(policy, "The portal was down, fine now for an hour, and it is down again down.")

    assert over.urgent is False
    assert any("said to be over" in reason.aside for reason in over.because)
    assert back.urgent is True


def test_a_wish_for_an_alarm_about_outages_is_no_outage(policy: Policy) -> None:
    """FAQ-1."""
    assert not weigh(policy, "Feature request: show an outage on the status page.").urgent


def test_not_urgent_does_not_outweigh_that_nobody_can_log_in(policy: Policy) -> None:
    """POL-10: people are polite."""
    found = weigh(policy, "Not urgent, no rush, but nobody can log in since noon.")

    assert (found.urgent, found.issue_type) == (True, "system-outage")
    assert found.weight_against > 0


def test_the_word_urgent_alone_says_nothing(policy: Policy) -> None:
    """POL-10, FAQ-5."""
    assert not weigh(policy, "URGENT!!! typo in our company name on the invoice").urgent


@pytest.mark.parametrize(
    ("words", "issue_type"),
    [
        ("Die Anwendung ist für alle Kollegen nicht erreichbar", "system-outage"),
        ("La plateforme est hors service pour tous", "system-outage"),
        ("El sistema no funciona para nadie", "system-outage"),
        ("Unsere Kartenzahlungen werden abgelehnt", "payment-processing-failure"),
        ("Les paiements sont refusés", "payment-processing-failure"),
        ("Nuestro cuenta está bloqueada", "account-lockout"),
        ("Alle Daten sind gelöscht", "other-emergency"),
        ("Wir wurden gehackt", "data-security-incident"),
    ],
)
def test_the_worst_words_are_known_in_other_languages(
    policy: Policy, words: str, issue_type: str
) -> None:
    found = weigh(policy, words)

    assert (found.urgent, found.issue_type) == (True, issue_type)


def test_words_count_beside_the_group_they_need_and_in_one_clause(policy: Policy) -> None:
    """EMG-3."""
    together = weigh(policy, "Our payments are rejected.")
    apart = weigh(policy, "We like payments. A colleague was rejected.")

    assert any(reason.phrase == "payments … rejected" for reason in together.because)
    assert together.issue_type == "payment-processing-failure"
    assert apart.weight_for == 0


def test_a_topic_names_the_type_and_says_nothing_of_urgency(policy: Policy) -> None:
    """POL-10: an invoice is no emergency."""
    found = weigh(policy, "invoice")

    topics = [reason for reason in found.because if reason.topic]
    assert [reason.speaks_for for reason in topics] == ["payment-processing-failure"]
    assert found.weight_for == 0


@pytest.mark.parametrize(
    ("severity", "urgent"), [("critical", True), ("Disaster", True), ("info", False), ("", True)]
)
def test_a_monitor_s_severity_speaks(policy: Policy, severity: str, urgent: bool) -> None:
    """POL-1, POL-10."""
    report = Report(
        channel="alerts",
        received_at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        description="job 7 on host a",
        fields={"severity": severity},
    )

    found = triage(report, policy)

    assert found.urgent is urgent
    assert [reason.phrase for reason in found.because] == (
        [f"severity: {severity.lower()}"] if severity else []
    )


def test_no_more_than_two_words_of_one_list_count(policy: Policy) -> None:
    found = weigh(policy, "Search, export, sync, labels, webhooks, uploads and calls fail.")

    lists = [r for r in found.because if "…" in r.phrase and r.weight == 3 and r.clause == "EMG-4"]
    assert len(lists) == 2


def test_it_takes_less_than_two_milliseconds(policy: Policy) -> None:
    """A long report, and what its first one costs is paid before."""
    text = "The checkout of our shop is down and nobody can pay, we get 502 since 9. " * 100
    weigh(policy, text)
    usual = text[:800]

    began = time.process_time()
    for _ in range(50):
        weigh(policy, usual)
    took = (time.process_time() - began) / 50

    assert took < 0.002


def test_a_text_of_a_megabyte_is_weighed_as_fast_as_its_beginning(policy: Policy) -> None:
    began = time.process_time()

    weigh(policy, "down " * 200_000)

    assert time.process_time() - began < 0.25


def test_an_address_is_not_weighed(policy: Policy) -> None:
    words = "The login page is slow today."
    with_link = f"{words} https://status.example/integration-api/data-breach-outage?down=1"

    assert weigh(policy, with_link) == weigh(policy, words)
