"""Finding a policy's phrases in what people write, whatever way they type it.

A text is folded (capitals, accents, the many apostrophes) and cut into words and clauses. All
phrases are looked for in one walk over the words, so that a long list costs little more than a
short one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LOOKED_AT = 4000
"""How many characters of a text are read: what comes later is quoted mail and log, as a rule."""

_MARKS = re.compile("[\u0300-\u036f]")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`\uff07]")
_SHORTENED = re.compile(r"(?<=[^\W_])'(?=(?:t|s|re|ve|ll|d|m)(?![^\W_]))")
_PIECE = re.compile(
    r"(?P<word>[^\W_]+)|(?P<end>[.!?]+(?=\s|$)|[;()]|\n\s*\n|\s[-\u2013\u2014]+\s|[\u2026])|(?P<pause>,)"
)
_TURNS_ROUND = frozenset(
    ["but", "however", "although", "though", "aber", "jedoch", "mais", "pero", "ma"]
)
"""Words that begin a clause which may say the opposite of the one before."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as words; for each its clause, and how many pauses came before it."""

    words: tuple[str, ...]
    clauses: tuple[int, ...]
    pauses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found: its key, and the words from `start` up to before `end`."""

    key: int
    start: int
    end: int

    def overlaps(self, other: Hit) -> bool:
        """Whether the two share a word."""
        return self.start < other.end and other.start < self.end


_ADDRESS = re.compile(r"(?:https?|ftp)://\S+|\bwww\.\S+", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """The text without its links, which say where to look and nothing of what is wrong."""
    return _ADDRESS.sub(" ", text[:LOOKED_AT])


def fold(text: str) -> str:
    """The text without capitals, accents and shortening apostrophes: "Can't" is "cant"."""
    text = text.casefold()
    if not text.isascii():
        text = _APOSTROPHES.sub("'", text)
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return _SHORTENED.sub("", text)


def read(text: str) -> Reading:
    """The first words of a text, as many as `LOOKED_AT` characters hold."""
    words: list[str] = []
    clauses: list[int] = []
    pauses: list[int] = []
    clause = pause = 0
    for piece in _PIECE.finditer(fold(text[:LOOKED_AT])):
        if piece.lastgroup == "pause":
            pause += 1
            continue
        word = piece[0]
        if piece.lastgroup == "end" or word in _TURNS_ROUND:
            clause += 1
            pause += 1
        if piece.lastgroup == "word":
            words.append(word)
            clauses.append(clause)
            pauses.append(pause)
    return Reading(tuple(words), tuple(clauses), tuple(pauses))


_Rest = tuple[tuple[str, bool], ...]


class _Begun:
    """The phrases that begin with one word: it alone, a known next word, or anything else."""

    __slots__ = ("alone", "further", "next")

    def __init__(self) -> None:
        self.alone: list[int] = []
        self.next: dict[str, list[tuple[_Rest, int]]] = {}
        self.further: list[tuple[_Rest, int]] = []

    def add(self, rest: _Rest, key: int) -> None:
        if not rest:
            self.alone.append(key)
        elif rest[0][1]:
            self.further.append((rest, key))
        else:
            self.next.setdefault(rest[0][0], []).append((rest, key))


class Phrases:
    """An index of phrases. A word that ends in `*` stands for all words that begin so."""

    __slots__ = ("_lengths", "_stems", "_whole")

    def __init__(self, phrases: Iterable[tuple[int, str]]) -> None:
        self._whole: dict[str, _Begun] = {}
        self._stems: dict[str, _Begun] = {}
        for key, phrase in phrases:
            (first, is_stem), *rest = _parts(phrase) or [("", False)]
            under = self._stems if is_stem else self._whole
            under.setdefault(first, _Begun()).add(tuple(rest), key)
        self._lengths = sorted({len(stem) for stem in self._stems})

    def find(self, reading: Reading) -> list[Hit]:
        """Every place where a phrase is said within one clause, in the order of the text."""
        hits: list[Hit] = []
        words, clauses = reading.words, reading.clauses
        for start, word in enumerate(words):
            for begun in self._begun(word):
                hits += [Hit(key, start, start + 1) for key in begun.alone]
                for rest, key in self._going_on(begun, words[start + 1 : start + 2]):
                    end = start + 1 + len(rest)
                    if (
                        end <= len(words)
                        and clauses[end - 1] == clauses[start]
                        and _goes_on(rest, words[start + 1 : end])
                    ):
                        hits.append(Hit(key, start, end))
        return hits

    def _begun(self, word: str) -> list[_Begun]:
        found = [begun] if (begun := self._whole.get(word)) else []
        size = len(word)
        for length in self._lengths:
            if length > size:
                break
            if begun := self._stems.get(word[:length]):
                found.append(begun)
        return found

    @staticmethod
    def _going_on(begun: _Begun, following: tuple[str, ...]) -> list[tuple[_Rest, int]]:
        known = begun.next.get(following[0], []) if following else []
        return known + begun.further if begun.further else known


def _goes_on(rest: _Rest, words: tuple[str, ...]) -> bool:
    return all(
        word.startswith(part) if is_stem else word == part
        for (part, is_stem), word in zip(rest, words, strict=True)
    )


def _parts(phrase: str) -> list[tuple[str, bool]]:
    """The words of a phrase, and which of them are only beginnings of words."""
    found: list[tuple[str, bool]] = []
    for written in phrase.split():
        words = read(written.rstrip("*")).words
        found += [(word, False) for word in words]
        if written.endswith("*") and words:
            found[-1] = (words[-1], True)
    return found
