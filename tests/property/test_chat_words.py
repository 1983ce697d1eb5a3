"""Laws of what is read from a chat, for any text that somebody may type."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from redphone.channels.chat import receive

HOSTILE = (
    "\x00\x07\x1b\r\n\t\u202a\u202e\u2066\u2069\u200b\u200d\ufeff\U000e0041\u0301\u05d0RP-10 +4420"
)
texts = st.text(max_size=400) | st.text(alphabet=HOSTILE, max_size=400)
anything = texts | st.text(alphabet=st.characters(categories=["Cs"]), max_size=20)


@given(text=anything)
def test_nothing_that_is_typed_makes_it_fail_and_nothing_deceives(text: str) -> None:
    """No control, no forced direction, no hidden sign is left; and UTF-8 can hold the rest."""
    typed = receive.read(text)

    typed.words.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", typed.words)
    assert not any(unicodedata.category(sign) == "Cs" for sign in typed.words)
    assert all(re.fullmatch(r"RP-\d{1,15}", ref) for ref in typed.cases)
    assert all(re.fullmatch(r"\+\d{6,15}", number) for number in typed.phones)


@given(text=texts)
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    """Whoever quotes a message quotes what stands there."""
    once = receive.clean(text)

    assert receive.clean(once) == once


@given(text=st.text(min_size=1, max_size=200, alphabet=st.characters(categories=["L", "N"])))
def test_letters_and_digits_of_every_script_are_kept(text: str) -> None:
    """Taking out what deceives takes no language away."""
    assert receive.clean(text) == unicodedata.normalize("NFC", text)
