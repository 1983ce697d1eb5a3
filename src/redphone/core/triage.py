"""Emergency or not, of which type, and why: a suggestion by the policy's own words.

Every report is treated as an emergency until someone says otherwise. What is found here is shown
to the person who decides, with each rule that spoke and its clause; it never holds back a page.

Weights only add up, and words act within their own clause. So another sentence of an emergency
never makes a report look less urgent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from redphone.core.phrases import LOOKED_AT, Hit, Phrases, Reading, fold, read
from redphone.core.policy import (
    NOT_AN_EMERGENCY,
    OTHER_EMERGENCY,
    Policy,
    TriageRule,
    TriageRules,
    Turn,
)
from redphone.core.report import Report

PICKED = 4
"""The weight of the reporter's own choice in the form: more than a hint, less than sure words."""

SURE = 5
"""From this weight on for one type, only twice the weight against urgency outweighs it."""

DOUBT = 1
"""So much more may speak against urgency than for it: one hint alone takes nothing away."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """A suggestion: issue type, whether it looks urgent, and what spoke for it, loudest first.

    `weight_for` and `weight_against` are the sums that `urgent` follows from.
    """

    issue_type: str
    urgent: bool
    because: tuple[Because, ...]
    runbook: str | None = None
    weight_for: int = 0
    weight_against: int = 0

    def as_data(self) -> dict[str, Any]:
        """The suggestion as an entry's data hold it."""
        return {
            "issue_type": self.issue_type,
            "urgent": self.urgent,
            "runbook": self.runbook,
            "for": self.weight_for,
            "against": self.weight_against,
            "because": [reason.as_data() for reason in self.because],
        }


def triage(report: Report, policy: Policy) -> Triage:
    """Weigh a report against the policy's rules.

    The type with the most weight wins; what fits none is an other emergency. It looks urgent when
    what speaks against urgency doesn't outweigh the rest: in doubt, and when nothing speaks,
    it is one. With `SURE` weight for one type it takes twice as much.

    Source: POL-10, FAQ-1, FAQ-5.
    """
    spoke = [*_Listener.of(policy.triage).listen(report.description)]
    because = [reason for reason, _ in spoke]
    because += _signs(report, policy)
    scores: Counter[str] = Counter()
    loud: Counter[str] = Counter()
    for reason in because:
        scores[reason.speaks_for] += reason.weight
        loud[reason.speaks_for] += 0 if reason.topic else reason.weight
    best = _best(scores, report.plan, policy)
    against = loud.pop(NOT_AN_EMERGENCY, 0)
    books = [rule.runbook for reason, rule in spoke if rule.runbook and _for(best, reason)]
    return Triage(
        issue_type=best,
        urgent=_is_urgent(loud, against),
        because=tuple(sorted(because, key=lambda reason: -reason.weight)),
        runbook=books[0] if books else policy.issue_type(best).runbook,
        weight_for=loud.total(),
        weight_against=against,
    )


def _is_urgent(loud: Counter[str], against: int) -> bool:
    """In doubt it is; with sure words for one type it takes twice as much to speak against it."""
    times = 2 if max(loud.values(), default=0) >= SURE else 1
    return against <= loud.total() * times + DOUBT


def _for(slug: str, reason: Because) -> bool:
    return reason.speaks_for == slug and reason.weight > 0


def _best(scores: Counter[str], plan: str | None, policy: Policy) -> str:
    """The type with the most weight; of two alike the one that is meant for the plan."""
    types = [slug for slug in scores if slug in policy.issue_types and scores[slug] > 0]

    def rank(slug: str) -> tuple[int, bool]:
        return scores[slug], plan is None or policy.issue_types[slug].is_for(plan)

    return max(types, key=rank, default=OTHER_EMERGENCY)


def _signs(report: Report, policy: Policy) -> Iterator[Because]:
    """What speaks besides the words: the reporter's choice, the door, a monitor's severity."""
    if report.closest_to is not None and report.closest_to in policy.issue_types:
        clause = policy.issue_type(report.closest_to).clause
        yield Because(
            phrase="chosen in the form", speaks_for=report.closest_to, weight=PICKED, clause=clause
        )
    asks = "a question" if "?" in report.description[:LOOKED_AT] else ""
    own = {"channel": report.channel, "plan": report.plan or "", "asks": asks}
    facts = {**report.fields, **own}
    for sign in policy.triage.signs:
        value = fold(facts.get(sign.field, "").strip())
        if value and value in sign.values:
            yield Because(
                phrase=f"{sign.field}: {value}",
                speaks_for=sign.speaks_for,
                weight=sign.weight,
                clause=sign.clause,
            )


_Heard = dict[str, list[Hit]]


class _Listener:
    """The policy's words, ready to be looked for. One is kept for each policy in use."""

    _known: dict[int, _Listener] = {}

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
    def of(cls, rules: TriageRules) -> _Listener:
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
