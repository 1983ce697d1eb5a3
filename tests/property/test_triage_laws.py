"""Laws of triage that hold for any text."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from tests.tickets.labelled import AT, tickets

from redphone.core.policy import NOT_AN_EMERGENCY
from redphone.core.policy.file import load_policy
from redphone.core.report import Report
from redphone.core.triage import SURE, Triage, triage

POLICY = load_policy(
    (Path(__file__).parents[2] / "policies" / "urgent-support.toml").read_text(encoding="utf-8")
)
TICKETS = [each.text for each in tickets()]
EMERGENCIES = (
    "The whole platform is down for all our users, we get 502.",
    "We were hacked.",
    "Card payments are rejected.",
    "Our account is locked.",
    "All our data is gone.",
)
WORDS = st.lists(
    st.sampled_from(sorted({w for text in TICKETS for w in text.split()})), max_size=40
)
TEXTS = st.one_of(st.text(max_size=400), st.sampled_from(TICKETS), WORDS.map(" ".join))


def weigh(text: str) -> Triage:
    return triage(Report(channel="mail", received_at=AT, description=text), POLICY)


def margin(found: Triage) -> int:
    return found.weight_for - found.weight_against


@given(text=TEXTS)
def test_any_text_is_weighed_and_its_reasons_add_up(text: str) -> None:
    """The two sums are those of the reasons, and urgency follows from them; Source: POL-10."""
    found = weigh(text)

    against = [b.weight for b in found.because if b.speaks_for == NOT_AN_EMERGENCY]
    loud = [b for b in found.because if b.speaks_for != NOT_AN_EMERGENCY and not b.topic]
    assert found.weight_against == sum(against)
    assert found.weight_for == sum(b.weight for b in loud)
    assert all((b.weight == 0) == bool(b.aside) and b.clause and b.phrase for b in found.because)
    assert found.issue_type in POLICY.issue_types
    assert found.urgent or found.weight_against > found.weight_for


@given(text=TEXTS, sentence=st.sampled_from(EMERGENCIES))
@example(text="not", sentence=EMERGENCIES[0])
def test_another_sentence_of_an_emergency_makes_nothing_less_urgent(
    text: str, sentence: str
) -> None:
    """Said before or after, it never turns urgent into not; Source: POL-10, FAQ-1."""
    alone, after, before = (
        weigh(each) for each in (text, f"{text}. {sentence}", f"{sentence} {text}")
    )

    assert weigh(sentence).weight_for >= SURE
    for more in (after, before):
        assert margin(more) >= margin(alone)
        assert more.urgent or not alone.urgent


@given(text=TEXTS.filter(str.isascii))
def test_case_space_and_apostrophes_make_no_difference(text: str) -> None:
    """It is the words that count, not how a phone types them."""
    plain = weigh(text)

    for typed in (text.upper(), text.replace("'", "\u2019"), text.replace(" ", "  ")):
        assert weigh(typed) == plain
