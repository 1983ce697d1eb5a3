"""Hearing a policy's words in a report: which rules speak, and which are taken back.

Words act within their own clause: they need a word of a group beside them, or others beside them
take them back.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from redphone.core.phrases import Hit, Phrases, Reading, read
from redphone.core.policy import NOT_AN_EMERGENCY, TriageRule, TriageRules, Turn

OF_ONE_LIST = 2
"""How many words of one list count that need the same others beside them."""

BEFORE = 3
"""How many words may stand between "no" and what it denies: "no data was leaked"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One rule that spoke: the words it saw, what it spoke for, how loudly, by which clause.

    A `topic` says which type it would be and nothing of urgency. What was taken back by other
    words has the weight 0, and `aside` says by which.
    """

    phrase: str
    speaks_for: str
    weight: int
    clause: str
    topic: bool = False
    aside: str = ""

    def as_data(self) -> dict[str, Any]:
        """The reason as an entry's data hold it."""
        data: dict[str, Any] = {
            "phrase": self.phrase,
            "for": self.speaks_for,
            "weight": self.weight,
            "clause": self.clause,
        }
        return data | ({"topic": True} if self.topic else {}) | self._aside()

    def _aside(self) -> dict[str, str]:
        return {"aside": self.aside} if self.aside else {}


_Heard = dict[str, list[Hit]]


class Listener:
    """The policy's words, ready to be looked for. One is kept for each policy in use."""

    _known: dict[int, Listener] = {}

    def __init__(self, rules: TriageRules) -> None:
        self.rules = rules
        self.keys: list[TriageRule | Turn | str] = []
        phrases: list[tuple[int, str]] = []

        def add(meant: TriageRule | Turn | str, *said: str) -> None:
            phrases.extend((len(self.keys), each) for each in said)
            self.keys.append(meant)

        for rule in rules.rules:
            add(rule, rule.phrase)
        for turn in rules.turns:
            add(turn, *turn.phrases)
            add(_unless(turn), *turn.unless)
        for group in rules.groups:
            add(group.name, *group.phrases)
        self.phrases = Phrases(phrases)

    @classmethod
    def of(cls, rules: TriageRules) -> Listener:
        """The one for these rules. Hashing them at each report would cost more than reading it."""
        found = cls._known.get(id(rules))
        if found is None or found.rules is not rules:
            if len(cls._known) > 16:
                cls._known.clear()
            found = cls._known[id(rules)] = cls(rules)
        return found

    def listen(self, text: str) -> Iterator[tuple[Because, TriageRule]]:
        """Each rule that speaks, once; set aside only when it is everywhere it is said."""
        reading = read(text)
        beside: dict[int, _Heard] = defaultdict(lambda: defaultdict(list))
        turns: dict[int, list[tuple[Turn, Hit]]] = defaultdict(list)
        said: list[tuple[TriageRule, Hit]] = []
        for hit in self.phrases.find(reading):
            meant, clause = self.keys[hit.key], reading.clauses[hit.start]
            if isinstance(meant, TriageRule):
                said.append((meant, hit))
            elif isinstance(meant, Turn):
                turns[clause].append((meant, hit))
            else:
                beside[clause][meant].append(hit)
        taking = [*self._turns(reading, turns, beside)]
        best: dict[int, tuple[Because, TriageRule]] = {}
        long = [(rule, hit) for rule, hit in said if hit.end - hit.start > 1]
        for rule, hit in said:
            if hit.key in best and not best[hit.key][0].aside:
                continue
            clause = reading.clauses[hit.start]
            if _is_covered(rule, hit, long):
                continue
            reason = _weighed(rule, hit, reading, beside[clause], turns[clause])
            if reason and (hit.key not in best or not reason.aside):
                best[hit.key] = reason, rule
        yield from taking
        told = {reason.phrase for reason, _ in taking}
        yield from _spared(each for each in best.values() if not _is_told(each[0], told))

    def _turns(
        self,
        reading: Reading,
        turns: dict[int, list[tuple[Turn, Hit]]],
        beside: dict[int, _Heard],
    ) -> Iterator[tuple[Because, TriageRule]]:
        """What the taking-back words say themselves, each once; those that don't hold go."""
        spoken: dict[str, Turn] = {}
        for clause, found in turns.items():
            found[:] = [(turn, hit) for turn, hit in found if not beside[clause][_unless(turn)]]
            for turn, hit in found:
                if turn.weight:
                    spoken.setdefault(_words(reading, hit), turn)
        for words, turn in spoken.items():
            rule = TriageRule(
                phrase=words, speaks_for=NOT_AN_EMERGENCY, weight=turn.weight, clause=turn.clause
            )
            yield _because(rule, words, ""), rule


def _spared(found: Iterable[tuple[Because, TriageRule]]) -> Iterator[tuple[Because, TriageRule]]:
    """No more than two of one list: five words for the same thing are no five things."""
    heard: Counter[tuple[object, ...]] = Counter()
    for reason, rule in found:
        of_list = (rule.speaks_for, rule.together_with, rule.weight, bool(reason.aside))
        heard[of_list] += 1
        if not rule.together_with or heard[of_list] <= OF_ONE_LIST:
            yield reason, rule


def _is_told(reason: Because, told: set[str]) -> bool:
    """Whether words that take others back have said the same against urgency already."""
    return reason.speaks_for == NOT_AN_EMERGENCY and reason.phrase in told


def _unless(turn: Turn) -> str:
    return f"unless:{turn.says}"


def _words(reading: Reading, hit: Hit) -> str:
    return " ".join(reading.words[hit.start : hit.end])


def _is_covered(rule: TriageRule, hit: Hit, said: list[tuple[TriageRule, Hit]]) -> bool:
    """Whether a longer phrase for the same says it already: "site is down" and "down"."""
    return not rule.together_with and any(
        other.start <= hit.start
        and hit.end <= other.end
        and hit.end - hit.start < other.end - other.start
        and longer.speaks_for == rule.speaks_for
        and not longer.together_with
        and longer.topic <= rule.topic
        and longer.weight >= rule.weight
        for longer, other in said
    )


def _weighed(
    rule: TriageRule, hit: Hit, reading: Reading, heard: _Heard, turns: list[tuple[Turn, Hit]]
) -> Because | None:
    """What a rule says at this place; None when the words that it needs beside it are missing."""
    needed = [hit]
    denied = "" if rule.topic or rule.together_with else _denied(hit, reading, turns)
    for name in rule.together_with:
        near = [other for other in heard[name] if not other.overlaps(hit)]
        near = [other for other in near if not _is_denial(other, turns)]
        if not near:
            return None
        says_no = {other: why for other in near if (why := _denied(other, reading, turns))}
        # The "is not" of "is not down" is no failure of its own.
        ends = {word.end for turn, word in turns if turn.before} if says_no else set()
        standing = [other for other in near if other not in says_no and other.end not in ends]
        needed.append(min(standing or near, key=lambda other: abs(other.start - hit.start)))
        denied = denied or ("" if standing else next(iter(says_no.values())))
    in_order = sorted(needed, key=lambda each: each.start)
    phrase = " … ".join(dict.fromkeys(_words(reading, each) for each in in_order))
    if rule.speaks_for == NOT_AN_EMERGENCY or rule.topic:
        return _because(rule, phrase, "")
    return _because(rule, phrase, denied or _taken_back(needed, reading, turns))


def _taken_back(needed: list[Hit], reading: Reading, turns: list[tuple[Turn, Hit]]) -> str:
    for turn, hit in turns:
        if not turn.before and not any(hit.overlaps(each) for each in needed):
            return f"{turn.says}: “{_words(reading, hit)}”"
    return ""


def _is_denial(hit: Hit, turns: list[tuple[Turn, Hit]]) -> bool:
    """Whether it is only part of a longer denial: the "are not" of "are not affected"."""
    return any(
        turn.before and word.start <= hit.start and hit.end < word.end for turn, word in turns
    )


def _denied(hit: Hit, reading: Reading, turns: list[tuple[Turn, Hit]]) -> str:
    """By which words just before it, if any, it is denied; a comma between ends their reach."""
    for turn, word in turns:
        if (
            turn.before
            and 0 <= hit.start - word.end < BEFORE
            and reading.pauses[hit.start] == reading.pauses[word.start]
        ):
            return f"{turn.says}: “{_words(reading, word)}”"
    return ""


def _because(rule: TriageRule, phrase: str, aside: str) -> Because:
    return Because(
        phrase=phrase,
        speaks_for=rule.speaks_for,
        weight=0 if aside else rule.weight,
        clause=rule.clause,
        topic=rule.topic,
        aside=aside,
    )
