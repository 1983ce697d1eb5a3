"""The labelled set is whole, and triage does on it at least as well as it did."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from tests.tickets.labelled import Score, for_tuning, held_out, kappa, tickets

from redphone.core.likeness import likeness, telling
from redphone.core.policy import NOT_AN_EMERGENCY, Policy


def test_the_set_has_fifty_of_each_type_and_two_hundred_that_are_none(policy: Policy) -> None:
    """FAQ-1, POL-10."""
    counted = Counter(each.final for each in tickets())

    assert set(counted) == {*policy.issue_types, NOT_AN_EMERGENCY}
    assert all(times >= 50 for times in counted.values()), counted
    assert counted[NOT_AN_EMERGENCY] >= 200


def test_each_ticket_has_one_id_and_a_reason_where_the_two_passes_differ() -> None:
    all_of_them = tickets()

    assert len({each.id for each in all_of_them}) == len(all_of_them)
    assert all(each.why for each in all_of_them if each.first != each.second)
    assert all(each.final in (each.first, each.second) for each in all_of_them)


def test_the_two_passes_agree_and_the_readme_says_how_far() -> None:
    from tests.tickets.labelled import HERE

    agreement = kappa((each.first, each.second) for each in tickets())
    readme = (HERE / "README.md").read_text(encoding="utf-8")

    assert f"{agreement:.3f}" in readme
    assert all(each.id in readme for each in tickets() if each.first != each.second)


def test_no_two_tickets_are_one_template_filled_twice() -> None:
    texts = [(each, telling(each.text)) for each in tickets()]
    near = [
        (one.id, other.id)
        for (one, mine), (other, theirs) in combinations(texts, 2)
        if len(mine.keys() & theirs.keys()) >= 4 and likeness(one.text, other.text) > 0.6
    ]

    assert near == []


def test_a_third_is_for_tuning_and_the_rest_is_held_out() -> None:
    assert 0.3 < len(for_tuning()) / len(tickets()) < 0.4
    assert len(for_tuning()) + len(held_out()) == len(tickets())


def test_triage_stays_as_good_on_the_part_it_was_tuned_on(policy: Policy) -> None:
    """POL-10, FAQ-1: a missed emergency weighs far more than a false alarm."""
    score = Score.of(for_tuning(), policy)

    assert score.missed <= 0.01
    assert score.false_alarms <= 0.25
    assert score.right_types >= 0.80


def test_triage_holds_on_texts_that_it_was_not_tuned_on(policy: Policy) -> None:
    """POL-10, FAQ-1."""
    score = Score.of(held_out(), policy)

    assert score.missed <= 0.03
    assert score.false_alarms <= 0.32
    assert score.right_types >= 0.78


@pytest.mark.parametrize("agreed", [1.0, 0.0])
def test_kappa_is_one_for_twins_and_none_for_chance(agreed: float) -> None:
    pairs = (
        [("a", "a"), ("b", "b")] if agreed else [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    )

    assert kappa(pairs) == agreed
