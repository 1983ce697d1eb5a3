"""Emergency or not, of which type, and why: a suggestion by the policy's own words.

Every report is treated as an emergency until someone says otherwise. What is found here is shown
to the person who decides, with each rule that spoke and its clause; it never holds back a page.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from redphone.core.policy import NOT_AN_EMERGENCY, OTHER_EMERGENCY, Policy, TriageRule
from redphone.core.report import Report

PICKED = 4
"""The weight of the reporter's own choice in the form: more than a hint, less than sure words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One rule that spoke: the words it saw, what it spoke for, how loudly, by which clause."""

    phrase: str
    speaks_for: str
    weight: int
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """A suggestion: issue type, whether it looks urgent, and what spoke for it, loudest first."""

    issue_type: str
    urgent: bool
    because: tuple[Because, ...]
    runbook: str | None = None

    def as_data(self) -> dict[str, Any]:
        """The suggestion as an entry's data hold it."""
        return {
            "issue_type": self.issue_type,
            "urgent": self.urgent,
            "runbook": self.runbook,
            "because": [
                {"phrase": b.phrase, "for": b.speaks_for, "weight": b.weight, "clause": b.clause}
                for b in self.because
            ],
        }


def triage(report: Report, policy: Policy) -> Triage:
    """Weigh a report against the policy's rules.

    The type with the most weight wins; what fits none is an other emergency. It looks urgent
    unless only words against urgency spoke, or they outweigh all others together.

    Source: POL-10, FAQ-1, FAQ-5.
    """
    text = _typed(report.description)
    folded = text.casefold()
    spoke = [
        rule
        for rule in policy.triage.rules
        # Most phrases aren't there at all, and that is quickly seen.
        if _first_word(rule.phrase) in folded and _says(rule.phrase, text)
    ]
    because = [_because(rule) for rule in spoke]
    if report.closest_to is not None and report.closest_to in policy.issue_types:
        because.append(_picked(report.closest_to, policy))
    scores: Counter[str] = Counter()
    for reason in because:
        scores[reason.speaks_for] += reason.weight
    against = scores.pop(NOT_AN_EMERGENCY, 0)
    best = max(scores, key=lambda slug: scores[slug], default=OTHER_EMERGENCY)
    runbooks = [rule.runbook for rule in spoke if rule.runbook and rule.speaks_for == best]
    return Triage(
        issue_type=best,
        urgent=against <= scores.total(),
        because=tuple(sorted(because, key=lambda reason: -reason.weight)),
        runbook=runbooks[0] if runbooks else policy.issue_type(best).runbook,
    )


def _because(rule: TriageRule) -> Because:
    return Because(
        phrase=rule.phrase, speaks_for=rule.speaks_for, weight=rule.weight, clause=rule.clause
    )


def _picked(slug: str, policy: Policy) -> Because:
    clause = policy.issue_type(slug).clause
    return Because(phrase="chosen in the form", speaks_for=slug, weight=PICKED, clause=clause)


def _says(phrase: str, text: str) -> bool:
    return _pattern(phrase).search(text) is not None


def _typed(text: str) -> str:
    """The text with the apostrophe that the policy's words have; phones type another one."""
    return text.replace("\u2019", "'")


@lru_cache(maxsize=2048)
def _first_word(phrase: str) -> str:
    return phrase.split()[0].casefold()


@lru_cache(maxsize=2048)
def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


ALIKE = 0.34
"""From this share of common words on, two reports are suggested to be of the same trouble."""


def alikeness(one: str, other: str) -> float:
    """The share of telling words that two descriptions have in common, 0 to 1.

    Only a suggestion: a person, or an exact key, decides whether a report joins an incident.
    """
    mine, theirs = _telling(one), _telling(other)
    if not mine or not theirs:
        return 0.0
    return len(mine & theirs) / min(len(mine), len(theirs))


_SMALL_WORDS = """
the and for are was with that this from have has had not but you your our out all can
can't cannot since when what which they them their there here some any one get got we is
it in on of to at a an be by or as i my me no so if us do does did please help urgent
issue problem
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def _telling(text: str) -> frozenset[str]:
    words = re.findall(r"[\w']+", _typed(text).lower())
    return frozenset(word for word in words if word not in _SMALL and len(word) > 1)
