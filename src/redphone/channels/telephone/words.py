"""An SMS's words: in the letters that telephones have, and not longer than they need to be.

160 letters of GSM 03.38 are one SMS; a single other letter would halve that. Some signs take two.
"""

from __future__ import annotations

import unicodedata

LETTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€")
ONE = 160
TWO = 306
"""Letters of one SMS, and of two that the telephone puts together again."""

LEAST = 40
"""What a page's own words need beside its link, to say anything."""

_SAME = str.maketrans(
    {
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚`´", "'"),
        **dict.fromkeys("–—−‑", "-"),
        "…": "...",
        "·": "-",
        "\t": " ",
        "\u00a0": " ",
    }
)


def plain(text: str) -> str:
    """The text in letters of GSM 03.38; what has none there is a question mark."""
    return "".join(_letter(each) for each in text.translate(_SAME))


def _letter(each: str) -> str:
    if each in LETTERS or each in DOUBLE:
        return each
    base = unicodedata.normalize("NFKD", each)[:1]
    return base if base in LETTERS or base in DOUBLE else "?"


def length(text: str) -> int:
    """How many letters of an SMS a plain text takes."""
    return sum(2 if each in DOUBLE else 1 for each in text)


def body(short: str, *, ask: str = "", link: str = "") -> str:
    """One SMS: what is, how to answer, where to look. Only what is, is ever cut short."""
    rest = " ".join(filter(None, (plain(ask), plain(link))))
    left = ONE - length(rest) - 1
    most = left if left >= LEAST else TWO - length(rest) - 1
    return " ".join(filter(None, (cut(plain(short), max(most, LEAST)), rest)))


def cut(text: str, most: int) -> str:
    """As much of a plain text as fits, ended at a word."""
    whole = " ".join(text.split())
    if length(whole) <= most:
        return whole
    kept = whole
    while kept and length(kept) > most - 3:
        kept = kept[:-1]
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > most // 2 else kept).rstrip(" .,:;-") + "..."
