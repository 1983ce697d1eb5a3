"""The new words of a mail, without the history that it quotes.

The rules may leave too much, never too little: the first paragraph that a person wrote stays, and
where all of it would go, all of it is kept. Each line is looked at once, so that no mail can make
them slow.
"""

from __future__ import annotations

import re

from redphone.channels.mail.quoted_lines import kind_of

MOST_LINES = 5_000

_INVISIBLE = re.compile("[\u200b\u200c\u200d\ufeff\u2060]")


def new_words(text: str) -> str:
    """What the person wrote now. The whole text if nothing in it is new."""
    whole = text.replace("\xa0", " ")
    lines = _INVISIBLE.sub("", whole).split("\n")[:MOST_LINES]
    kinds = _kinds(lines)
    kept = _kept(kinds)
    words = _tidy([lines[at] for at in kept], [kinds[at] for at in kept])
    return words if re.search(r"\S", words) else whole.strip("\n").rstrip()


def _kinds(lines: list[str]) -> str:
    """One letter a line; lines of one wrapped attribution all have its letter."""
    kinds, at = "", 0
    while at < len(lines):
        kind, taken = kind_of(lines, at)
        kinds += kind * taken
        at += taken
    return kinds[: len(lines)]


def _kept(kinds: str) -> list[int]:
    """The numbers of the lines that are new."""
    start = _after_leading_quote(kinds)
    end = _end(kinds, start)
    return list(range(start, end))


def _after_leading_quote(kinds: str) -> int:
    """Where an answer below one quote begins; 0 if the mail doesn't begin with a quote."""
    match = re.match(r"e*b+[e]*(q[qe]*)(?=[^qe])", kinds)
    if not match or "q" in kinds[match.end() :] or not re.search("t", kinds[match.end() :]):
        return 0
    return match.end()


def _end(kinds: str, start: int) -> int:
    """Where history or a signature begins, after at least one line of text."""
    first = kinds.find("t", start)
    if first < 0:
        return len(kinds)
    end = len(kinds)
    for at in range(first + 1, len(kinds)):
        kind = kinds[at]
        if kind in "dh" or (kind == "b" and not _is_answered(kinds, at)) or kind in "s":
            end = at
            break
    return end


def _is_answered(kinds: str, at: int) -> bool:
    """Whether text follows the quote below this line: then the quote is part of the answer."""
    match = re.match(r"b+e*q[qe]*", kinds[at:])
    if not match:
        return False
    rest = kinds[at + match.end() :]
    return bool(re.match(r"r?t", rest)) and not rest.startswith("s")


def _tidy(lines: list[str], kinds: list[str]) -> str:
    """Without quotes, rules, programs' own lines and blanks at the end, and blanks before."""
    while kinds and kinds[-1] in "eqrfb" and any(kind == "t" for kind in kinds):
        kinds.pop()
        lines.pop()
    return re.sub(r"^(?:[ \t]*\n)+", "", "\n".join(lines)).rstrip()
