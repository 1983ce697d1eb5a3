"""Emergency or not, of which type, and why: a suggestion by the policy's own words.

Every report is treated as an emergency until someone says otherwise. What is found here is shown
to the person who decides, with each rule that spoke and its clause; it never holds back a page.

Weights only add up, and words act within their own clause. So another sentence of an emergency
never makes a report look less urgent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from redphone.core.hearing import Because, Listener
from redphone.core.phrases import fold, without_addresses
from redphone.core.policy import NOT_AN_EMERGENCY, OTHER_EMERGENCY, Policy
from redphone.core.report import Report

PICKED = 4
"""The weight of the reporter's own choice in the form: more than a hint, less than sure words."""

SURE = 5
"""From this weight on for one type, only twice the weight against urgency outweighs it."""

DOUBT = 1
"""So much more may speak against urgency than for it: one hint alone takes nothing away."""


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
    report = replace(report, description=without_addresses(report.description))
    spoke = [*Listener.of(policy.triage).listen(report.description)]
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
    asks = "a question" if "?" in report.description else ""
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
