"""What was typed into a chat, read: recognised by its form, and shown without what deceives."""

from __future__ import annotations

import pytest

from redphone.channels.chat import receive


@pytest.mark.parametrize(
    ("typed", "cases"),
    [
        ("it is RP-1001 again", ("RP-1001",)),
        ("rp-1001, RP-1001 and Rp-2", ("RP-1001", "RP-2")),
        ("RP-0001001", ("RP-1001",)),
        ("CORP-1001, RP-, RP-12345678901234567890", ()),
        (" ".join(f"RP-{n}" for n in range(1, 30)), tuple(f"RP-{n}" for n in range(1, 6))),
    ],
)
def test_case_numbers_are_recognised(typed: str, cases: tuple[str, ...]) -> None:
    assert receive.read(typed).cases == cases


@pytest.mark.parametrize(
    ("typed", "phones"),
    [
        ("call +44 20 7946 0321", ("+442079460321",)),
        ("my number is (212) 555-0123.", ("+12125550123",)),
        ("+49 30 901820 or +1-212-555-0123", ("+4930901820", "+12125550123")),
        ("error 502 at 12:30, 15000 users, order 1234567", ()),
        ("10.0.0.12:8080 and 2026-11-23", ()),
    ],
)
def test_telephone_numbers_are_recognised(typed: str, phones: tuple[str, ...]) -> None:
    assert receive.read(typed).phones == phones


def test_a_number_goes_before_an_address_as_the_way_to_reach_somebody() -> None:
    assert receive.read("kim@a.example or +44 20 7946 0321").contact == "+442079460321"
    assert receive.read("write to kim.b+c@a.example, please").contact == "kim.b+c@a.example"
    assert receive.read("help").contact == ""


@pytest.mark.parametrize(
    ("typed", "asks"),
    [
        ("supervisor review", True),
        ("I want a Supervisor-Review now", True),
        ("SUPERVISOR\nREVIEW", True),
        ("our supervisor reviewed it", False),
        ("review by a supervisor", False),
    ],
)
def test_the_words_of_faq_8_are_recognised(typed: str, asks: bool) -> None:
    """FAQ-8."""
    assert receive.read(typed).asks_for_review is asks


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("\x00\x07 bell \x1b[0m", "bell [0m"),
        ("safe\u202egnp.exe\u202c \u2066x\u2069", "safegnp.exe x"),
        ("hid\u200bden\U000e0041", "hidden"),
        ("tab\tstays", "tab\tstays"),
        ("שלום עולם", "שלום עולם"),
        ("👩\u200d🚒 and e\u0301", "👩\u200d🚒 and é"),
        ("\ud83d", "?"),
        ("  \n ", ""),
    ],
)
def test_what_deceives_is_taken_out_and_writing_stays(typed: str, words: str) -> None:
    assert receive.read(typed).words == words


def test_stacked_marks_stay_within_their_line() -> None:
    assert len(receive.read("x" + "\u0336" * 300).words) <= 6


def test_what_is_too_long_is_kept_whole_beside_it() -> None:
    text = "line\n" * 3000

    typed = receive.read(text)

    assert len(typed.words) <= receive.LONGEST + 2
    assert typed.file is not None
    assert typed.file.content.decode() == text


def test_a_text_full_of_digits_is_read_in_time() -> None:
    """A matcher of numbers must not be a way to keep a server busy."""
    typed = receive.read("+44 20 7946 0321 1 2 3 4 5 6 7 8 9 " * 3000)

    assert len(typed.phones) <= 5
