"""Checking the whole ledger: chain, words, replay, rows, deadlines, deliveries, checkpoints.

Nothing here mends anything, and nothing is believed: each stream is read from its first entry to
its last, and everything else has to follow from that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.actions.verify_rows import of_deadlines, of_deliveries, of_row
from redphone.actions.verify_words import of_chain
from redphone.core.recompute import Reckoning, reckon
from redphone.core.recompute_minutes import Calendar
from redphone.core.recompute_rules import Line
from redphone.records import history, policies
from redphone.records.history import History
from redphone.records.models import CaseRow, Person
from redphone.records.verdicts import Finding

GRACE = timedelta(seconds=60)
"""How late the clock loop may be before it is a finding: the auditor has long raised an alarm."""

UNREADABLE = "Restore this stream from the last backup whose verification was clean."
LOOK = "Compare with the last backup; the entry itself can't be changed, so a person did this."
LATE = "Start a clock: redphone clock. If one runs, its log says why it passes this stream over."

ANSWER = "Answer it now, and find out who wrote to its incident past Redphone."

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification read and found."""

    streams: int
    entries: int
    findings: int


def verify(
    *,
    refs: Sequence[str] = (),
    at: datetime,
    found: Callable[[Finding], None],
    total: Progress = lambda streams: None,
    advance: Progress = lambda streams: None,
) -> Verdict:
    """Check these streams, or all and what stands between them. Each finding is told as it comes.

    `at` is the moment of asking: what was due a minute before it should have been handled.

    Raises:
        NoSuchStream: a name is of no case and no incident.
    """
    streams = entries = findings = 0
    with history.snapshot():
        total(_expected(refs))
        active = frozenset(Person.objects.filter(is_active=True).values_list("pk", flat=True))
        for each in history.streams(refs):
            for finding in of_stream(each, at=at, active=active):
                found(finding)
                findings += 1
            streams += 1
            entries += len(each.entries)
            advance(1)
        if not refs:
            for finding in _between():
                found(finding)
                findings += 1
    return Verdict(streams, entries, findings)


def _expected(refs: Sequence[str]) -> int:
    from redphone.records.ledger import NoSuchStream

    streams = history.count(refs)
    if refs and streams != len(set(refs)):
        raise NoSuchStream
    return streams


def of_stream(each: History, *, at: datetime, active: frozenset[int]) -> Iterator[Finding]:
    """What is wrong with one stream. When its entries can't be read, that is all that is said."""
    broken = list(of_chain(each))
    yield from broken
    try:
        reckoning = _reckoning(each)
        others = [
            *_faults(each, reckoning, at),
            *of_row(each),
            *of_deadlines(each, reckoning),
            *of_deliveries(each, active),
        ]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        # A forged entry may lack what every reader relies on; that is a finding and no crash.
        says = f"Its entries can't be read: {type(error).__name__}: {error}."
        yield Finding("unreadable", each.ref, None, says, UNREADABLE)
        return
    yield from others


def _reckoning(each: History) -> Reckoning:
    pinned = policies.pinned(each.row.policy_id)
    calendar = Calendar(pinned.policy.hours, pinned.hours.holidays)
    lines = [Line(e.seq, e.kind, e.at, e.recorded_at, e.actor, e.data) for e in each.entries]
    is_case = isinstance(each.row, CaseRow)
    return reckon(lines, is_case=is_case, policy=pinned.policy, calendar=calendar)


def _faults(each: History, reckoning: Reckoning, at: datetime) -> Iterator[Finding]:
    for fault in reckoning.faults:
        yield Finding(fault.rule, each.ref, fault.seq, fault.says, LOOK)
    for owed in reckoning.running.values():
        if owed.due_at is not None and owed.due_at < at - GRACE:
            says = f"{owed.kind} was due at {owed.due_at.isoformat()} and nobody has handled it."
            yield Finding("unhandled", each.ref, None, says, LATE)


def _between() -> Iterator[Finding]:
    """What belongs to no stream, reports whose case isn't there, and chats left alone."""
    for table, stream, seq in history.strays():
        says = f"There are rows of it in the table {table}, and no such stream."
        yield Finding("stray", stream, seq, says, UNREADABLE)
    for report, case in history.reports_without_case():
        says = f"Report {report} is said to have become this case, which isn't its own."
        yield Finding("report-without-case", case, None, says, UNREADABLE)
    for case, seq in history.unwatched_chats():
        says = "A customer wrote this in a chat, nobody has answered, and no ladder calls anybody."
        yield Finding("chat-unwatched", case, seq, says, ANSWER)
