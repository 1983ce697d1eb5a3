"""The policy file: what it says, and how it is refused. Source: all clauses."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from redphone.core.policy import (
    AN_EMERGENCY,
    NOT_AN_EMERGENCY,
    Policy,
    Strength,
    UnknownIssueType,
    UnknownRunbook,
)
from redphone.core.policy.file import PolicyUnreadable, load_policy

FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"
TEXT = FILE.read_text(encoding="utf-8")
POLICY = load_policy(TEXT, filename="urgent-support.toml")


def refused(text: str) -> list[str]:
    """The lines of the refusal of this text."""
    with pytest.raises(PolicyUnreadable) as refusal:
        load_policy(text, filename="desk.toml")
    return str(refusal.value).splitlines()


def changed(old: str, new: str) -> tuple[str, int]:
    """The policy's text with this piece changed, and the line on which it stands."""
    assert TEXT.count(old) == 1, f"{old!r} is there {TEXT.count(old)} times"
    return TEXT.replace(old, new), TEXT[: TEXT.index(old)].count("\n") + 1


# ── What it says ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("slug", "respond", "end", "steps"),
    [
        ("system-outage", "15 min", "4 h", "L1 Support>On-call Engineer>CTO"),
        ("data-security-incident", "15 min", "2 h", "Security Team>CISO+Legal>CEO"),
        (
            "payment-processing-failure",
            "30 min",
            "6 h",
            "Billing Support>Finance Team>Payment Provider Liaison",
        ),
        (
            "critical-feature-failure",
            "30 min",
            "8 h",
            "L2 Support>Product Engineering>Product Manager",
        ),
        ("account-lockout", "30 min", "2 h", "L2 Support>Security Team>Account Manager"),
    ],
)
def test_each_row_of_the_emergency_table_is_kept(
    slug: str, respond: str, end: str, steps: str
) -> None:
    """Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5."""
    row = POLICY.issue_type(slug)

    ending = row.resolve_within or row.contain_within
    assert ending is not None
    assert (str(row.respond_within.within), str(ending.within)) == (respond, end)
    assert ">".join("+".join(step.teams) for step in row.steps) == steps
    assert {row.respond_within.strength, ending.strength} == {Strength.TARGET}
    assert {row.respond_within.clause, ending.clause} == {row.clause}


def test_a_security_incident_is_contained_and_never_public_by_itself() -> None:
    """Source: EMG-2."""
    row = POLICY.issue_type("data-security-incident")

    assert row.status_page is None
    assert row.resolve_within is None
    assert row.contain_within is not None
    assert [(str(each.every), each.to) for each in row.updates] == [
        ("30 min", "named security contacts")
    ]
    assert row.notification_regulations


def test_an_engineer_is_paged_beside_when_payments_fail() -> None:
    """Source: EMG-3."""
    assert POLICY.issue_type("payment-processing-failure").beside == ("On-call Engineer",)


def test_the_hour_of_a_failed_feature_is_for_the_status_page_only() -> None:
    """Source: EMG-4, POL-4."""
    row = POLICY.issue_type("critical-feature-failure")

    assert row.status_page is not None
    assert str(row.status_page.every) == "1 h"
    assert [str(each.every) for each in row.updates] == ["30 min"]
    assert [(str(each.every), each.clause) for each in POLICY.urgent_updates] == [
        ("30 min", "POL-4")
    ]


def test_the_table_promises_a_resolution_to_enterprise_only_where_it_says_so() -> None:
    """Source: EMG-4, EMG-5."""
    limited = {slug for slug, each in POLICY.issue_types.items() if not each.is_for("pro")}

    assert limited == {"critical-feature-failure", "account-lockout"}
    assert all(each.is_for("enterprise") for each in POLICY.issue_types.values())


def test_enterprise_has_two_clauses_for_its_first_response_and_pro_one() -> None:
    """Source: FAQ-3, POL-2."""
    enterprise, pro = POLICY.plan("enterprise"), POLICY.plan("pro")

    assert [(str(t.within), t.clause, t.strength.value) for t in enterprise.first_response] == [
        ("15 min", "FAQ-3", "promise"),
        ("15 min", "POL-2", "target"),
    ]
    (only,) = pro.first_response
    assert (str(only.within), str(only.outside_business_hours)) == ("30 min", "2 h")
    assert (only.clause, only.strength) == ("FAQ-3", Strength.PROMISE)


@pytest.mark.parametrize("slug", [None, "", "gold", "enterprise"])
def test_whoever_is_not_known_is_on_the_enterprise_clock(slug: str | None) -> None:
    """Source: POL-6, FAQ-2."""
    assert POLICY.plan(slug).slug == "enterprise"


def test_reports_and_reviews_are_promised_in_business_time() -> None:
    """Source: FAQ-7, FAQ-8, POL-7."""
    enterprise = POLICY.plan("enterprise")

    assert enterprise.post_incident_report is not None
    assert str(enterprise.post_incident_report.within) == "5 business days"
    assert POLICY.plan("pro").post_incident_report is None
    for plan in POLICY.plans.values():
        assert plan.escalation is not None
        assert str(plan.escalation.review_within.within) == "1 business hour"
        assert plan.escalation.while_open is not None
        assert str(plan.escalation.while_open.within) == "1 h"


def test_the_numbers_that_are_our_own_are_those_agreed() -> None:
    """Source: FAQ-5, POL-3, POL-10; clauses.md, rows 9, 13, 16 and 20."""
    assert str(POLICY.ladder.unanswered_after) == "5 min"
    assert POLICY.ladder.no_progress_at == 0.5
    assert POLICY.ladder.rounds == 3
    assert str(POLICY.chat_pages_after) == "2 min"
    assert POLICY.reopen_within.length == timedelta(hours=24)
    assert str(POLICY.triage.confirm_within.within) == "5 min"
    assert str(POLICY.incident_manager.within) == "15 min"
    assert (POLICY.coaching.after, str(POLICY.coaching.within)) == (3, "90 days")
    # A third of a quarter of an hour is five minutes to the second.
    assert timedelta(minutes=15) * POLICY.warn_share == timedelta(minutes=5)


def test_seven_runbooks_have_their_steps_word_for_word() -> None:
    """Source: RUN-1, RUN-2, RUN-3, RUN-4, RUN-5, RUN-6, RUN-7."""
    source = FILE.parents[2] / "shared" / "source" / "urgent-support-policy.md"
    if not source.exists():
        pytest.skip(f"THE SOURCE TEXT IS NOT HERE: {source.name}")
    words = source.read_text(encoding="utf-8")

    assert [each.clause for each in POLICY.runbooks.values()] == [f"RUN-{n}" for n in range(1, 8)]
    for runbook in POLICY.runbooks.values():
        steps = "\n".join(f"{n}. {step}" for n, step in enumerate(runbook.steps, 1))
        assert f"### {runbook.name}\n{steps}\n" in words


def test_what_the_file_quotes_stands_in_the_source() -> None:
    """Source: all clauses that are quoted beside a number of ours."""
    source = FILE.parents[2] / "shared" / "source" / "urgent-support-policy.md"
    if not source.exists():
        pytest.skip(f"THE SOURCE TEXT IS NOT HERE: {source.name}")
    words = source.read_text(encoding="utf-8").lower()

    assert not [says for says in _quotes(POLICY) if says.lower() not in words]


def _quotes(policy: Policy) -> list[str]:
    rows = policy.issue_types.values()
    targets = [
        t for p in policy.plans.values() for t in (*p.first_response, p.post_incident_report)
    ]
    targets += [t for r in rows for t in (r.respond_within, r.resolve_within, r.contain_within)]
    cadences = [c for r in rows for c in (*r.updates, r.status_page)]
    quoted = [each.source_says for each in (*targets, *cadences) if each and each.source_says]
    # POL-5 is a heading and half a sentence in the source; the file makes one sentence of it.
    quoted += [says for clause, says in policy.plain_statements if clause != "POL-5"]
    return [*quoted, *(row.definition for row in rows if row.slug != "other-emergency")]


def test_every_rule_of_triage_speaks_for_something_and_names_its_clause() -> None:
    """Source: FAQ-1, POL-10, EMG-1 to EMG-5."""
    known = {*POLICY.issue_types, AN_EMERGENCY, NOT_AN_EMERGENCY}

    assert {rule.speaks_for for rule in POLICY.triage.rules} == known
    assert {rule.phrase for rule in POLICY.issue_type("system-outage").words} >= {
        "down", "outage", "502", "unavailable", "cannot reach",
    }  # fmt: skip
    assert all(1 <= rule.weight <= 5 and rule.clause for rule in POLICY.triage.rules)


def test_the_digest_is_that_of_the_text() -> None:
    assert POLICY.digest == hashlib.sha256(TEXT.encode()).hexdigest()


def test_what_the_policy_does_not_have_is_named_with_what_it_has() -> None:
    with pytest.raises(UnknownIssueType, match=r'no issue type "flood".*system-outage'):
        POLICY.issue_type("flood")
    with pytest.raises(UnknownRunbook, match=r'no runbook "flood".*service-outage'):
        POLICY.runbook("flood")


# ── How it is refused ───────────────────────────────────────────────────────────────────────────


MISTAKES: tuple[tuple[str, str, str], ...] = (
    ('unanswered_after = "5 min"', 'unanswered_after = "5 mins or so"', 'Write it like "30 min"'),
    ('reopen_within = "24 h"', 'reopen_within = "1 business day"', "runs by day and by night"),
    ('hotline_clause = "POL-6"', 'hotline_clause = "six"', 'Write an id such as "FAQ-3"'),
    ('time_zone = "America/New_York"', 'time_zone = "New York"', 'Write one like "Europe/Berlin"'),
    ('mon = "09:00-18:00"', 'mon = "18:00-09:00"', '"18:00-09:00" is not a window of a day'),
    ('mon = "09:00-18:00"', 'mon = "09:00-18:00, 17:00-19:00"', "overlaps the window before it"),
    ('mon = "09:00-18:00"', 'monday = "09:00-18:00"', 'Did you mean "mon"?'),
    ('holidays = "US"', 'holidays = "Utopia"', 'Write it like "US"'),
    ("no_progress_at = 0.5", "no_progress_at = 50", "Write a share between 0 and 1"),
    ("no_progress_at = 0.5", 'no_progress_at = "half"', '"no_progress_at" should be a share'),
    ("rounds = 3", "rounds = 0", "Write a whole number from 1 to 100"),
    ("after = 3  ", "after = true  ", '"after" should be a whole number'),
    ('runbook = "service-outage"', 'runbook = "service-outrage"', 'no runbook "service-outrage"'),
    ('unknown_caller_plan = "enterprise"', 'unknown_caller_plan = "gold"', 'no plan "gold"'),
    ('outside_business_hours = "2 h"', 'outside_business_hours = "20 min"', "as long or longer"),
    ('company = "Our Company"', 'compny = "Our Company"', 'Did you mean "company"?'),
    ('escalation = ["Billing Support", ', "escalation = [7, ", "a team in quotes"),
    ('beside = ["On-call Engineer"]', 'beside = "On-call Engineer"', "a list in square brackets"),
    ("[issue_types.other-emergency]", "[issue_types.Other_Emergency]", "is not a short name"),
    ('at_most = "1 h"', 'at_most = "1 min"', '"at_least" is longer than "at_most"'),
    ('by = "email", to = "the customer"', 'by = "pigeon", to = "the customer"', '"pigeon" is not'),
    ('"timeline", "root cause"', '"timeline", "timeline"', "Take one out"),
    ("# closed_on = [2026-12-24]", 'closed_on = ["24 December"]', "Write each like 2026-12-24"),
    ('version = "2026-11-23"', 'version = ""', '"version" is blank'),
)


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES)
def test_a_mistake_is_refused_with_its_line_and_what_to_do(old: str, new: str, says: str) -> None:
    text, line = changed(old, new)

    lines = refused(text)

    # A mistake may have a consequence elsewhere; the line of the cause is among those named.
    named = [each for each in lines if says in each]
    assert named, lines
    if "at_least" not in says:
        assert any(each.startswith(f"desk.toml:{line}: ") for each in named), named


def test_every_problem_is_told_at_once_in_the_order_of_the_file() -> None:
    text = TEXT
    for old, new in (
        ('reopen_within = "24 h"', 'reopen_within = "soon"'),
        ("rounds = 3", "rounds = 1000"),
        ('runbook = "service-outage"', 'runbook = "nothing"'),
    ):
        text = text.replace(old, new)

    lines = refused(text)

    assert len(lines) == 3
    assert [int(each.split(":")[1]) for each in lines] == sorted(
        int(each.split(":")[1]) for each in lines
    )


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ('name = "x\n', "desk.toml:1: This is not TOML"),
        ("a = 1\nb = [1, 2\n", "desk.toml:3: This is not TOML"),
        ("", "desk.toml:1: the file has no"),
    ],
)
def test_what_is_not_a_policy_at_all_is_refused_too(text: str, starts: str) -> None:
    assert any(line.startswith(starts) for line in refused(text))


def test_a_missing_table_is_one_problem_and_not_one_for_each_of_its_keys() -> None:
    start = TEXT.index("[ladder]")
    end = TEXT.index("\n# Sentences of the source")

    lines = refused(TEXT[:start] + TEXT[end:])

    assert lines == ['desk.toml:1: the file has no "ladder". Add it, as a table.']
