"""Triage on texts that it was not tuned on: how often it is right, and how it fails."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.tickets.labelled import AT, Score, Ticket, for_tuning, held_out, kappa, tickets, weigh

from bench import corpora
from bench.corpora import MAY_BE_URGENT, Text
from bench.figures import Figure, at_least, below, percentile, plain
from redphone.core.likeness import alike, telling
from redphone.core.policy import NOT_AN_EMERGENCY, Policy
from redphone.core.policy.file import load_policy
from redphone.core.report import Report
from redphone.core.triage import triage

POLICY = Path(__file__).parents[1] / "policies" / "urgent-support.toml"
COMPARED = 1500


def measure() -> list[Figure]:
    """The labelled set, then the corpora by other people, then how long it takes."""
    policy = load_policy(POLICY.read_text(encoding="utf-8"))
    return [*_set(policy), *_corpora(policy), *_speed(policy)]


def _set(policy: Policy) -> list[Figure]:
    pairs = [(each.first, each.second) for each in tickets()]
    tuned, score = Score.of(for_tuning(), policy), Score.of(held_out(), policy)
    _print(score)
    return [
        plain("triage: labelled reports", len(pairs), "reports"),
        plain("triage: agreement of the two passes", kappa(pairs), "kappa"),
        plain("triage, tuned on: emergencies missed", tuned.missed * 100, "%"),
        plain("triage, tuned on: non-emergencies taken", tuned.false_alarms * 100, "%"),
        plain("triage, tuned on: right type", tuned.right_types * 100, "%"),
        plain("triage, held out: reports", score.confusion.total(), "reports"),
        below("triage, held out: emergencies missed", score.missed * 100, "%", 5),
        below("triage, held out: non-emergencies taken", score.false_alarms * 100, "%", 30),
        at_least("triage, held out: right type", score.right_types * 100, "%", 75),
        *(
            plain(f"triage, held out: right of {label}", score.right(label) * 100, "%")
            for label in (*policy.issue_types, NOT_AN_EMERGENCY)
        ),
    ]


def _print(score: Score) -> None:
    """The confusion matrix of the held-out part: a line for what it is."""
    labels = sorted({label for pair in score.confusion for label in pair})
    table = Table("held out: is ↓, taken for →", *labels)
    for right in labels:
        table.add_row(right, *(str(score.confusion[right, found] or "") for found in labels))
    Console(width=180).print(table)


def _corpora(policy: Policy) -> list[Figure]:
    folder = corpora.real()
    if folder is None:
        print("triage: THE REAL INPUTS ARE NOT HERE (shared/real beside a parent folder)")
        return []
    asked = [*corpora.ordinary(folder)]
    sure = [text for text in asked if text.label not in MAY_BE_URGENT]
    unsure = [text for text in asked if text.label in MAY_BE_URGENT]
    return [
        *_shares("ordinary texts", "taken for emergencies", sure, policy),
        *_shares("texts that may be urgent", "taken for emergencies", unsure, policy),
        *_shares("real outages", "missed", [*corpora.outages(folder)], policy),
    ]


def _shares(kind: str, fate: str, texts: Iterable[Text], policy: Policy) -> list[Figure]:
    """The share of each corpus that looks urgent, or doesn't."""
    all_of_them: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for each in texts:
        all_of_them[each.corpus] += 1
        counted[each.corpus] += _is_urgent(each.text, policy) is (fate != "missed")
    return [
        figure
        for corpus, times in all_of_them.items()
        for figure in (
            plain(f"triage, {corpus}: {kind}", times, "texts"),
            plain(f"triage, {corpus}: {kind} {fate}", counted[corpus] / times * 100, "%"),
        )
    ]


def _is_urgent(text: str, policy: Policy) -> bool:
    return triage(Report(channel="mail", received_at=AT, description=text), policy).urgent


def _speed(policy: Policy) -> list[Figure]:
    found = held_out()
    waits = [_seconds(each, policy) for _ in range(3) for each in found]
    others = dict(enumerate(telling(each.text) for _ in range(5) for each in tickets()))
    others = {key: others[key] for key in range(COMPARED)}
    began = time.process_time()
    for each in found[:10]:
        alike(telling(each.text), others)
    return [
        below("triage: p99 a report", percentile(waits, 0.99) * 1000, "ms", 2),
        below(
            f"twins among {COMPARED} troubles, without the database",
            (time.process_time() - began) / 10 * 1000,
            "ms",
            50,
        ),
    ]


def _seconds(ticket: Ticket, policy: Policy) -> float:
    began = time.process_time()
    weigh(ticket, policy)
    return time.process_time() - began
