"""Every deadline of a stream, reckoned a second time, and what its entries say of it.

`redphone verify` reads each stream here from the first entry to the last and asks after each:
was a miss due, not answered, and marked once? Was what ended in time ended in time? Was each step
of a ladder called when its turn came, and once? What is left at the end has to be what the
deadline rows say.

Source: POL-2 to POL-5, EMG-1 to EMG-5, FAQ-3, FAQ-7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from redphone.core.policy import Policy
from redphone.core.recompute_minutes import Calendar
from redphone.core.recompute_rules import ENDS, Line, Notes, Owed

BY_HAND = {"by_hand", "skipped"}
"""The reasons of calls that a person has made, out of any turn."""

MARKS = {"warned", "missed"}

ANSWERS = {clock: kind for kind, clock in ENDS.items()} | {"resolution": "resolved"}
"""The kind of entry that each clock waits for. A ladder waits for nothing but its moment."""

TOLD = {"next_update": "told", "status_update": "told_publicly"}
"""Updates are owed again and again: the last one, or the resolution, has to be later."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one entry, or with what should have stood after it."""

    seq: int
    rule: str
    says: str


@dataclass(slots=True)
class Ended:
    """A clock that ran and does no more: the deadlines it had, and how it may have ended.

    Two commits of one moment look like one here, and the rows between them aren't known: then
    there may be two readings. `surely` is False when it may never have been a row at all.
    """

    due: set[datetime | None]
    outcomes: set[str]
    surely: bool


@dataclass(slots=True)
class Reckoning:
    """What a stream's entries come to: the clocks that run, those that ended, and the faults."""

    running: dict[str, Owed] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _dues: dict[str, set[datetime | None]] = field(default_factory=dict)
    _surely: set[str] = field(default_factory=set)
    _just: set[str] = field(default_factory=set)

    def go_on(self, after: dict[str, Owed], notes: Notes) -> None:
        """Note which clocks run after an entry, and which one it ended."""
        for key in self.running.keys() - after.keys():
            outcomes = {_outcome(key, notes)}
            self.ended[key] = Ended(self._dues[key], outcomes, key in self._surely)
            self._just.add(key)
        for key, owed in after.items():
            self.ended.pop(key, None)
            self._just.discard(key)
            self._dues.setdefault(key, set()).add(owed.due_at)
        self.running = after

    def commit(self, notes: Notes) -> None:
        """Note that what runs now was written as rows."""
        self._surely |= self.running.keys()
        for key in self._just:
            self.ended[key].outcomes.add(_outcome(key, notes))
        self._just.clear()


def reckon(
    lines: Sequence[Line], *, is_case: bool, policy: Policy, calendar: Calendar
) -> Reckoning:
    """Read a stream's entries, in their order, and reckon what it owes."""
    found = Reckoning()
    notes = Notes(is_case, policy, calendar)
    for place, line in enumerate(lines):
        before = found.running
        found.faults += _faults(line, before, notes)
        notes.read(line)
        after = notes.owed()
        if line.kind not in MARKS:
            found.faults += _ended_late(line, before, after)
        found.go_on(after, notes)
        # What is written in one go stands or falls together: rows follow its last entry.
        if place + 1 == len(lines) or lines[place + 1].recorded_at != line.recorded_at:
            found.faults += _forgotten(line, after)
            found.commit(notes)
    return found


def _outcome(key: str, notes: Notes) -> str:
    if any(clock == key for clock, _, _ in notes.missed):
        return "missed"
    kind, _, since = key.split("|")
    if kind in TOLD:
        told = (notes.when.get(TOLD[kind]), notes.when.get("resolved"))
        came = any(at is not None and at > datetime.fromisoformat(since) for at in told)
    else:
        came = ANSWERS.get(kind, "opened") in notes.when
    return "kept" if came else "dropped"


def _faults(line: Line, before: dict[str, Owed], notes: Notes) -> Iterator[Fault]:
    match line.kind:
        case "missed":
            yield from _wrong_miss(line, before, notes)
        case "warned":
            yield from _wrong_warning(line, before)
        case "asked" if line.data["reason"] not in BY_HAND:
            yield from _wrong_call(line, before, line.data["step"])
        case "ladder_exhausted":
            yield from _wrong_call(line, before, None)
        case "asked_again":
            yield from _wrong_question(line, before)


def _wrong_miss(line: Line, before: dict[str, Owed], notes: Notes) -> Iterator[Fault]:
    key, clauses = line.data["clock"], set(line.data["clauses"])
    due_at = datetime.fromisoformat(line.data["due_at"])
    named = f"{', '.join(sorted(clauses))} ({key.partition('|')[0]})"
    if any((key, clause, due_at) in notes.missed for clause in clauses):
        yield Fault(line.seq, "miss-doubled", f"{named} is marked as missed a second time.")
        return
    owed = before.get(key)
    if owed is None:
        yield Fault(line.seq, "miss-forged", f"{named} is marked as missed and did not run.")
    elif due_at != owed.due_at or clauses != owed.clauses_due(due_at) - {
        clause for clock, clause, due in notes.missed if (clock, due) == (key, due_at)
    }:
        really = owed.due_at.isoformat() if owed.due_at else "never"
        yield Fault(
            line.seq,
            "miss-forged",
            f"{named} is marked as missed at {due_at.isoformat()}, and was due at {really}.",
        )
    elif line.at != due_at or line.recorded_at < due_at or line.actor != "clock":
        yield Fault(line.seq, "miss-forged", f"{named} was not yet due when it was marked.")
    elif (line.data["strength"] == "promise") != owed.is_promised(due_at):
        yield Fault(line.seq, "miss-forged", f"{named} has the wrong strength.")


def _wrong_warning(line: Line, before: dict[str, Owed]) -> Iterator[Fault]:
    owed = before.get(line.data["clock"])
    due_at = datetime.fromisoformat(line.data["due_at"])
    if owed is None or owed.due_at != due_at or line.at > due_at:
        kind = line.data["clock"].partition("|")[0]
        yield Fault(
            line.seq, "warning-forged", f"A warning of {kind} that was not about to be due."
        )


def _wrong_call(line: Line, before: dict[str, Owed], step: int | None) -> Iterator[Fault]:
    lane = line.data["lane"]
    turns = [owed for owed in before.values() if owed.is_ladder and owed.lane == lane]
    if not any(t.step == step and t.due_at is not None and t.due_at <= line.at for t in turns):
        said = "is said to be exhausted" if step is None else f"called step {step + 1}"
        yield Fault(line.seq, "call-out-of-turn", f"The ladder {lane} {said} out of turn.")


def _wrong_question(line: Line, before: dict[str, Owed]) -> Iterator[Fault]:
    asked = [owed for owed in before.values() if owed.kind == "still_on_it"]
    if not any(owed.due_at is not None and owed.due_at <= line.at for owed in asked):
        yield Fault(line.seq, "call-out-of-turn", "They were asked again before it was time.")


def _ended_late(line: Line, before: dict[str, Owed], after: dict[str, Owed]) -> Iterator[Fault]:
    for key, owed in before.items():
        if owed.is_ladder or owed.due_at is None or owed.due_at >= line.at:
            continue
        now = after.get(key)
        if now is None or owed.due_at not in {moment for moment, _, _ in now.claims}:
            yield Fault(
                line.seq,
                "miss-absent",
                f"{owed.kind} was due at {owed.due_at.isoformat()} and ended later, "
                "and no entry says that it was missed.",
            )


def _forgotten(line: Line, after: dict[str, Owed]) -> Iterator[Fault]:
    """What was due when an entry was written is written with it."""
    for owed in after.values():
        if owed.due_at is not None and owed.due_at <= line.recorded_at:
            rule = "call-absent" if owed.is_ladder else "miss-absent"
            yield Fault(
                line.seq,
                rule,
                f"{owed.kind} was due at {owed.due_at.isoformat()}, before this was written, "
                "and no entry says so.",
            )
