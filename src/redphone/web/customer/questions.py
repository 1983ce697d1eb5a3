"""The things that help (FAQ-6), and the choices of "closest to", in words for customers.

The policy says which there are; here is only how to ask. What the policy names and this page
doesn't know is asked by its own name.

Source: FAQ-6, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
"""

from __future__ import annotations

from dataclasses import dataclass

from redphone.core.policy import OTHER_EMERGENCY, IssueType, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How one thing is asked for; `short` is its name in a sentence, `rows` its room."""

    label: str
    short: str
    hint: str = ""
    rows: int = 1


QUESTIONS = {
    "description": Question(label="What is wrong?", short="what is wrong", rows=3),
    "started_at": Question(
        label="When did it start?", short="start", hint="and whether it comes and goes"
    ),
    "error_messages": Question(label="Error messages", short="errors", rows=2),
    "steps_to_reproduce": Question(label="Steps to reproduce", short="steps", rows=2),
    "business_impact": Question(
        label="Impact on your business", short="impact", hint="what can't be done now", rows=2
    ),
    "users_affected": Question(label="How many users are affected?", short="users"),
    "tried_already": Question(
        label="What have you tried already?", short="what you tried", rows=2
    ),
    "contact": Question(label="Best way to reach you now", short="how to reach you"),
}


def question(name: str) -> Question:
    plain = name.replace("_", " ")
    return QUESTIONS.get(name, Question(label=plain.capitalize(), short=plain))


CLOSEST_TO = {
    "system-outage": ("Something is down", "for several people"),
    "account-lockout": ("We are locked out", "nobody can get in"),
    "payment-processing-failure": ("Payments fail", "charges, billing, payouts"),
    "data-security-incident": ("Someone may have got in", "data or accounts at risk"),
    "critical-feature-failure": ("A key feature fails", "we can't work without it"),
}


def closest_to(policy: Policy) -> list[tuple[str, str, str]]:
    """The choices: slug, what to call it, and a hint; at the end "Not sure"."""
    known = [slug for slug in CLOSEST_TO if slug in policy.issue_types]
    others = [
        slug for slug in policy.issue_types if slug not in CLOSEST_TO and slug != OTHER_EMERGENCY
    ]
    choices = [(slug, *_called(slug, policy.issue_type(slug))) for slug in known + others]
    return [*choices, ("", "Not sure", "we will find out")]


def _called(slug: str, kind: IssueType) -> tuple[str, str]:
    return CLOSEST_TO.get(slug, (kind.name, kind.definition))
