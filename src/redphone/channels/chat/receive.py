"""What was typed into a chat, read: the words without what deceives, and what is recognised.

Whatever comes is taken. Nothing here is refused or guessed at: a case number and a telephone
number are recognised by their form, and who may see what is decided elsewhere.

Source: FAQ-2, FAQ-8.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from redphone.core.report import Attached

LONGEST = 8_000
"""Characters that stand in the conversation; what is longer is kept whole, as a file."""

UNREADABLE = "there were no words in it that can be shown"

_DECEIVES = re.compile(
    # Controls but tab and line break; marks that turn the order of writing round; tags and
    # other signs without a shape, in which a second text can hide.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_CASE = re.compile(r"\bRP-(\d{1,15})\b", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_REVIEW = re.compile(r"\bsupervisor[\s-]{1,3}review\b", re.IGNORECASE)
_MOST_FOUND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One message, read. `cases` are the case numbers in it, `phones` the telephone numbers in
    their international spelling, `mail` the first e-mail address; `asks_for_review` that the
    words of FAQ-8 are in it. `file` is the whole text when `words` are only its beginning."""

    words: str
    cases: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    mail: str = ""
    asks_for_review: bool = False
    file: Attached | None = None

    @property
    def contact(self) -> str:
        """A way to reach who wrote, if the words name one."""
        return next(iter(self.phones), self.mail)


def read(text: str, *, region: str = "US") -> Typed:
    """Read what was typed. `region` is whose telephone numbers come without a country (ISO 3166).

    Source: FAQ-8: escalation by typing "supervisor review".
    """
    words = clean(text)
    head = words[:LONGEST]
    return Typed(
        words=head if head == words else f"{head} …",
        cases=cases_in(head),
        phones=phones_in(head, region=region),
        mail=next(iter(_MAIL.findall(head)), ""),
        asks_for_review=_REVIEW.search(head) is not None,
        file=None if head == words else _whole(text),
    )


def clean(text: str) -> str:
    """Text with one kind of line break, and without signs that hide or turn round what is read.

    Marks that right-to-left writing needs by itself stay; those that force a direction go.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    plain = _DECEIVES.sub("", lines.encode("utf-8", "replace").decode())
    # A hundred accents on one letter would run over the lines above and below.
    return _stacked(unicodedata.normalize("NFC", plain)).strip()


def _stacked(text: str, most: int = 4) -> str:
    if text.isascii():
        return text
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= most:
            kept.append(sign)
    return "".join(kept)


def cases_in(words: str) -> tuple[str, ...]:
    """The case numbers that words name, as we write them, each once."""
    found = (f"RP-{int(number)}" for number in _CASE.findall(words))
    return tuple(dict.fromkeys(found))[:_MOST_FOUND]


def phones_in(words: str, *, region: str = "US") -> tuple[str, ...]:
    """The telephone numbers that words name, each once, as E.164."""
    if not any(sign.isdigit() for sign in words):
        return ()
    matcher = phonenumbers.PhoneNumberMatcher(words, region, max_tries=50)
    found = (
        phonenumbers.format_number(each.number, phonenumbers.PhoneNumberFormat.E164)
        for each in matcher
    )
    return tuple(dict.fromkeys(found))[:_MOST_FOUND]


def spaced(number: str) -> str:
    """A number in its international spelling, with blanks where people put them."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _whole(text: str) -> Attached:
    content = text.encode("utf-8", "replace")
    return Attached(name="message.txt", content_type="text/plain; charset=utf-8", content=content)
