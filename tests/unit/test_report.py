"""What came in: its title, what it lacks, and whether it came by the plan's own way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from redphone.core.policy import Policy
from redphone.core.report import TITLE_LENGTH, Report, is_off_channel, lacks, title


def report(**more: object) -> Report:
    given = {
        "channel": "button",
        "received_at": datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        "description": "Nobody can log in.",
        **more,
    }
    return Report(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Nobody can log in. It began at noon.", "Nobody can log in"),
        ("Nobody can log in!\nPlease help", "Nobody can log in"),
        ("  Checkout \n returns 502  ", "Checkout returns 502"),
        ("Help! The whole site is down. Since noon.", "Help! The whole site is down"),
        ("", "A report that could not be read"),
        (" \n ", "A report that could not be read"),
        ("...", "A report that could not be read"),
    ],
)
def test_a_title_is_the_first_sentence(description: str, expected: str) -> None:
    assert title(description) == expected


def test_a_long_title_ends_at_a_word() -> None:
    said = title("word " * 100)

    assert len(said) <= TITLE_LENGTH
    assert said.endswith("word…")


def test_a_long_word_is_cut_all_the_same() -> None:
    assert len(title("x" * 500)) <= TITLE_LENGTH


def test_what_a_report_lacks_is_in_the_policy_s_order(policy: Policy) -> None:
    """FAQ-6: eight things, of which two open a case."""
    bare = report()
    fuller = report(
        contact="mira@customer.example",
        fields={"users_affected": "40", "started_at": " ", "tried_already": "restarted"},
    )

    assert len(policy.triage.ask_for) == 8
    assert lacks(bare, policy.triage.ask_for) == policy.triage.ask_for[1:]
    assert lacks(fuller, policy.triage.ask_for) == (
        "started_at",
        "error_messages",
        "steps_to_reproduce",
        "business_impact",
    )


@pytest.mark.parametrize(
    ("plan", "channel", "off"),
    [
        ("enterprise", "hotline", False),
        ("enterprise", "button", False),
        ("enterprise", "email", False),
        ("enterprise", "chat", True),
        ("pro", "chat", False),
        ("pro", "hotline", True),
    ],
)
def test_a_channel_of_another_plan_is_marked_and_not_refused(
    policy: Policy, plan: str, channel: str, off: bool
) -> None:
    """POL-6, FAQ-2."""
    assert is_off_channel(channel, policy.plan(plan).channels) is off
