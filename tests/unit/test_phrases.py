"""Finding phrases however they are typed."""

from __future__ import annotations

import pytest

from redphone.core.phrases import LOOKED_AT, Phrases, fold, read


def found(phrase: str, text: str) -> list[str]:
    reading = read(text)
    hits = Phrases([(1, phrase)]).find(reading)
    return [" ".join(reading.words[hit.start : hit.end]) for hit in hits]


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("can't log in", "We can\u2019t log in"),
        ("can't log in", "we cant LOG\n IN"),
        ("non-critical", "It is non critical"),
        ("sign-in", "the sign in page"),
        ("fur alle", "Ausfall für alle!"),
        ("paiement*", "les paiements échouent"),
        ("l'accès", "Nous avons perdu l'accès"),
        ("500", "HTTP/500."),
        ("processor unavailable", "status=processor_unavailable"),
    ],
)
def test_a_phrase_is_found_however_it_is_typed(phrase: str, text: str) -> None:
    assert len(found(phrase, text)) == 1


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("down", "sundown and downloads"),
        ("log in", "The log. In it we saw nothing"),
        ("wrong data", "wrong, but data is fine"),
        ("fail*", "unfailing"),
        ("", "anything"),
    ],
)
def test_a_phrase_is_whole_words_within_one_clause(phrase: str, text: str) -> None:
    assert found(phrase, text) == []


def test_a_star_stands_for_the_rest_of_a_word() -> None:
    assert found("fail* to save", "It failed to save and fails to save") == [
        "failed to save",
        "fails to save",
    ]


def test_a_word_is_looked_for_whole_and_by_its_beginning() -> None:
    reading = read("payments")

    hits = Phrases([(1, "payments"), (2, "pay*"), (3, "payment*")]).find(reading)

    assert {hit.key for hit in hits} == {1, 2, 3}


def test_what_comes_late_in_a_very_long_text_is_not_read() -> None:
    assert read("x" * LOOKED_AT + " outage").words == ("x" * LOOKED_AT,)


def test_folding_leaves_other_scripts_as_they_are() -> None:
    assert fold("Система НЕ работает") == "система не работает"
