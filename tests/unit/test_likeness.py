"""Which troubles sound alike."""

from __future__ import annotations

import time
from itertools import islice, product

from redphone.core.likeness import ALIKE, alike, likeness, telling


def test_reports_of_the_same_trouble_are_alike() -> None:
    """POL-8: a suggestion that a person decides on."""
    one = "Checkout returns 502 for all our customers"

    assert likeness(one, "We get 502 at the checkout, please help") >= ALIKE
    assert likeness(one, "The PDF export hangs since this morning") < ALIKE
    assert likeness(one, one) > 0.99
    assert likeness(one, "is it the") == likeness("", one) == 0


def test_a_word_that_everyone_says_makes_nobody_alike() -> None:
    others = {n: telling(f"Customers complain about the colour of number {n}") for n in range(20)}
    others[99] = telling("Customers see a wrong certificate")

    found = alike(telling("Customers get a certificate warning"), others)

    assert [each.key for each in found] == [99]
    assert found[0].words[0] == "certificate"


def test_the_likest_come_first_with_the_words_in_common() -> None:
    others = {
        "far": telling("The warehouse scanner shows an old price, and the label is wrong"),
        "near": telling("Scanners in the warehouse are offline"),
    }

    found = alike(telling("Every scanner of our warehouse is offline"), others)

    assert found[0].key == "near"
    assert set(found[0].words) == {"scanner", "warehouse", "offline"}


def test_a_plural_is_the_same_word() -> None:
    assert telling("payments payment PAYMENTS") == {"payment": 3}


def test_comparing_with_1500_others_takes_less_than_a_tenth_of_a_second() -> None:
    names = ("checkout", "search", "export", "login", "label", "route", "scanner", "invoice")
    many = islice(product(names, names, names, names), 1500)
    others = {n: telling(f"{' '.join(words)} fails in hall {n}") for n, words in enumerate(many)}
    mine = telling("the checkout fails and the scanner shows no invoice label")

    began = time.process_time()
    alike(mine, others)

    assert time.process_time() - began < 0.1
