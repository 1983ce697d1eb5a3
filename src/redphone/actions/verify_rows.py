"""Checking that a stream's row, deadlines and deliveries follow from its entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from redphone.core import case as cases
from redphone.core import clocks
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.clocks import Clock
from redphone.core.incident import Incident
from redphone.core.recompute import Reckoning
from redphone.core.recompute_rules import Owed
from redphone.records import chain, deadlines, policies, projection
from redphone.records.history import History, value
from redphone.records.models import CaseRow, DeadlineRow, IncidentRow
from redphone.records.verdicts import Finding

REWRITE = "The entries are right, the row is not: find out who wrote to it past Redphone."
REPORT = "Two readings of the same entries differ. Please report this, with the stream's timeline."
RESEND = "Find out who removed it; tell the people concerned yourself."

NOT_FROM_ENTRIES = {"head", "head_hash", "title", "join_key", "public_title", "manages_beside"}
"""Columns that are the row's own, or that the chain's check looks at."""


def state_of(each: History) -> Case | Incident:
    """The state that the stream's entries add up to, by the core."""
    entries = [chain.entry_of(entry) for entry in each.entries]
    if isinstance(each.row, CaseRow):
        return cases.replay(entries, ref=each.ref)
    return incidents.replay(entries, ref=each.ref)


def of_row(each: History) -> Iterator[Finding]:
    """Replay equals the row, and the row's columns are its projection."""
    row, state = each.row, state_of(each)
    again = type(row)(opened_at=row.opened_at)
    pinned = policies.pinned(row.policy_id)
    projection.project(again, state, pinned, each.entries[-1].recorded_at)
    wrong = [
        column
        for column in projection.COLUMNS[type(row)]
        if column not in NOT_FROM_ENTRIES and not same(value(row, column), value(again, column))
    ]
    if row.opened_at != state.opened_at:
        wrong.append("opened_at")
    if "state" in wrong:
        wrong = ["state: " + ", ".join(_differing(row, again)), *sorted({*wrong} - {"state"})]
    if wrong:
        says = f"Its row is not what its entries add up to ({'; '.join(wrong)})."
        yield Finding("row-wrong", each.ref, None, says, REWRITE)


def _differing(row: CaseRow | IncidentRow, again: CaseRow | IncidentRow) -> list[str]:
    ours: dict[str, Any] = row.state if isinstance(row.state, dict) else {}
    return sorted(
        name
        for name in ours.keys() | again.state.keys()
        if not same({name: ours[name]} if name in ours else {}, {name: again.state.get(name)})
    )


def same(stored: Any, now: Any) -> bool:
    """Whether what is stored is what the entries add up to.

    A row that an earlier release wrote lacks what this one has learned to keep: what is missing
    there has to be nothing here.
    """
    if isinstance(stored, dict) and isinstance(now, dict):
        known = stored.keys() <= now.keys()
        added = (now[name] for name in now.keys() - stored.keys())
        return known and not any(added) and all(same(stored[n], now[n]) for n in stored)
    if isinstance(stored, list) and isinstance(now, list):
        return len(stored) == len(now) and all(map(same, stored, now))
    return bool(stored == now)


def of_deadlines(each: History, reckoning: Reckoning) -> Iterator[Finding]:
    """The rows are the core's clocks, and the second reading of the entries agrees with both."""
    pinned = policies.pinned(each.row.policy_id)
    core = {c.key: c for c in clocks.running(state_of(each), pinned.policy, pinned.hours)}
    rows = {row.key: row for row in each.deadlines}
    running = {key: row for key, row in rows.items() if row.outcome == "running"}
    yield from _as_the_core_says(each.ref, running, core)
    for key in sorted(core.keys() | reckoning.running.keys()):
        clock, owed = core.get(key), reckoning.running.get(key)
        if clock is None or owed is None or not _agree(clock, owed):
            yield _differs(each.ref, key, clock, owed)
    yield from _ended(each.ref, rows, reckoning)
    yield from _twice(each.ref, list(running.values()))


def _as_the_core_says(
    ref: str, running: dict[str, DeadlineRow], core: dict[str, Clock]
) -> Iterator[Finding]:
    for key in sorted(core.keys() - running.keys()):
        says = f"{_named(key)} runs, and no deadline row says so."
        yield Finding("deadline-absent", ref, None, says, REWRITE)
    for key in sorted(running.keys() - core.keys()):
        says = f"A deadline row says that {_named(key)} runs, and it does not."
        yield Finding("deadline-extra", ref, None, says, REWRITE)
    for key in sorted(running.keys() & core.keys()):
        row, again = running[key], deadlines.row_of(ref, core[key])
        columns = [*deadlines.FOLLOWING, "kind", "lane", "started_at"]
        wrong = [name for name in columns if value(row, name) != value(again, name)]
        if wrong:
            says = f"The deadline row of {_named(key)} was changed ({', '.join(wrong)})."
            yield Finding("deadline-wrong", ref, None, says, REWRITE)


def _agree(clock: Clock, owed: Owed) -> bool:
    claims = {(claim.due_at, claim.clause, claim.strength) for claim in clock.claims}
    return clock.due_at == owed.due_at and (owed.is_ladder or claims == set(owed.claims))


def _differs(ref: str, key: str, clock: Clock | None, owed: Owed | None) -> Finding:
    first = "it does not run" if clock is None else f"due {_moment(clock.due_at)}"
    second = "it does not run" if owed is None else f"due {_moment(owed.due_at)}"
    says = f"{_named(key)}: the first reckoning says {first}, the second {second}."
    return Finding("reckonings-differ", ref, None, says, REPORT)


def _ended(ref: str, rows: dict[str, DeadlineRow], reckoning: Reckoning) -> Iterator[Finding]:
    """What no longer runs ended as the entries say, and its last deadline is still on record."""
    ended = {key: row for key, row in rows.items() if row.outcome != "running"}
    for key in sorted(ended.keys() | reckoning.ended.keys()):
        row, over = ended.get(key), reckoning.ended.get(key)
        if over is None:
            if key not in reckoning.running:
                says = f"A deadline row says that {_named(key)} ended, and it never ran."
                yield Finding("deadline-extra", ref, None, says, REWRITE)
        elif row is None:
            if key not in rows and over.surely:
                ways = " or ".join(sorted(over.outcomes))
                says = f"{_named(key)} ran and ended ({ways}), and its row is gone."
                yield Finding("deadline-absent", ref, None, says, REWRITE)
        elif row.outcome not in over.outcomes or row.due_at not in over.due:
            says = (
                f"The row of {_named(key)} says {row.outcome}, due {_moment(row.due_at)}; by its "
                f"entries it was {' or '.join(sorted(over.outcomes))}, "
                f"due {' or '.join(sorted(_moment(at) for at in over.due))}."
            )
            yield Finding("deadline-wrong", ref, None, says, REWRITE)


def _twice(ref: str, running: list[DeadlineRow]) -> Iterator[Finding]:
    """At most one clock of a kind runs; a ladder has one next turn."""
    seen: set[tuple[str, str]] = set()
    for row in running:
        what = ("ladder" if row.kind in {"next_step", "no_progress"} else row.kind, row.lane)
        if what in seen:
            says = f"Two deadline rows of {_named(row.key)} run at once."
            yield Finding("deadline-doubled", ref, None, says, REWRITE)
        seen.add(what)


def of_deliveries(each: History, active: frozenset[int]) -> Iterator[Finding]:
    """Every delivery is for an entry of this stream, and every page has its delivery."""
    paged: set[tuple[int, int]] = set()
    for sent in each.sent:
        if sent.purpose == "page" and sent.person is not None:
            paged.add((sent.seq, sent.person))
        if not sent.key.startswith(f"{each.ref}/{sent.seq}/") or sent.seq > len(each.entries):
            says = f"The delivery {sent.key} is for an entry that isn't there."
            yield Finding("delivery-stray", each.ref, sent.seq, says, REWRITE)
        elif sent.purpose == "page" and each.entries[sent.seq - 1].kind != "asked":
            says = f"The page {sent.key} is for an entry that calls nobody."
            yield Finding("delivery-stray", each.ref, sent.seq, says, REWRITE)
    for entry in each.entries:
        if entry.kind == "asked":
            people = {int(actor.removeprefix("person:")) for actor in entry.data["people"]}
            for person in sorted(people & active):
                if (entry.seq, person) not in paged:
                    says = f"person:{person} was called, and no delivery row pages them."
                    yield Finding("page-lost", each.ref, entry.seq, says, RESEND)


def _named(key: str) -> str:
    kind, lane, _ = key.split("|", 2) if key.count("|") > 1 else (key, "", "")
    return f"{kind} ({lane})" if lane else kind


def _moment(at: Any) -> str:
    return at.isoformat() if at is not None else "no more"
