"""Which troubles sound alike: texts as weighted words (TF-IDF), compared by their angle.

A suggestion and no more: a person, or an exact key, decides whether a report joins an incident.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from redphone.core.phrases import read

ALIKE = 0.28
"""From this share on, two texts are suggested to tell of the same trouble."""

AS_IF = 50
"""So many other texts are thought to be there, so that few real ones make no word common."""

ENOUGH = 2
"""How many words must be in common, unless a text has no more."""

SHOWN = 6
"""How many of the words in common are named."""

Key = TypeVar("Key")
Words = Mapping[str, int]
"""The telling words of a text, and how often each is said."""

_SMALL_WORDS = """
happening monitor says say rehearsal
the and for are was were with that this from have has had not but you your our out all can cant
cannot since when what which they them their there here some any one get got we is it its in on of
to at a an be been by or as i im my me no so if us he she his her do does did dont please help
urgent issue problem hello hi dear thanks thank regards kind best would could will just also now
then than very more after before about into only still every each who how why where up down over
der die das und ist sind wir uns unser nicht ein eine mit von zu auf im den dem des seit bei fur
le la les de des du un une et est nous notre ne pas que qui sur dans pour avec plus
el los las una y es son nos nuestro nuestra no en que por para con se lo
"""
_SMALL = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Alike(Generic[Key]):
    """One of the compared texts: its key, how like it is (0 to 1), and which words say so."""

    key: Key
    share: float
    words: tuple[str, ...]


def telling(text: str) -> Words:
    """The words that tell what a text is about; of a word and its plural only the one."""
    found = (word for word in read(text).words if word not in _SMALL and len(word) > 1)
    return Counter(_singular(word) for word in found)


def likeness(one: str, other: str) -> float:
    """How like two texts are when nothing else is known, 0 to 1."""
    mine, theirs = telling(one), telling(other)
    found = alike(mine, {0: theirs}, at_least=0.0, limit=1)
    return found[0].share if found else 0.0


def alike(
    mine: Words, others: Mapping[Key, Words], *, at_least: float = ALIKE, limit: int = 5
) -> tuple[Alike[Key], ...]:
    """Those of the others that sound like mine, the likest first.

    A word counts the more the fewer of the others say it: that everyone writes "customers" makes
    no two of them alike.
    """
    rarity = _rarity(mine, others.values())
    length = _length(mine, rarity)
    found: list[Alike[Key]] = []
    for key, theirs in others.items():
        common = mine.keys() & theirs.keys()
        if not common or len(common) < min(ENOUGH, max(len(mine), len(theirs))):
            continue
        parts = {
            word: _weight(word, mine, rarity) * _weight(word, theirs, rarity) for word in common
        }
        share = _share(sum(sorted(parts.values())), length, _length(theirs, rarity))
        if share >= at_least:
            loudest = sorted(parts, key=lambda word: (-parts[word], word))
            found.append(Alike(key, share, tuple(loudest[:SHOWN])))
    return tuple(sorted(found, key=lambda each: -each.share)[:limit])


def _share(product: float, one: float, other: float) -> float:
    """Between the angle of two texts and how much of the shorter one the longer one covers.

    The angle alone would keep a long mail from being like a line in the chat.
    """
    angle, covered = product / (one * other), product / min(one, other) ** 2
    return (min(1.0, angle) + min(1.0, covered)) / 2


def _rarity(mine: Words, others: Iterable[Words]) -> dict[str, float]:
    """The inverse document frequency of every word, mine counted as one of the texts."""
    said: Counter[str] = Counter(mine.keys())
    texts = 1 + AS_IF
    for words in others:
        said.update(words.keys())
        texts += 1
    return {word: math.log(1 + texts / times) for word, times in said.items()}


def _weight(word: str, words: Words, rarity: Mapping[str, float]) -> float:
    return (1 + math.log(words[word])) * rarity[word]


def _length(words: Words, rarity: Mapping[str, float]) -> float:
    return math.sqrt(sum(sorted(_weight(word, words, rarity) ** 2 for word in words)))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
