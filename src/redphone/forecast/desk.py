"""A desk in memory: the same core as the real one, with dicts for tables and no database.

It takes the house's own path: a verb opens a book, reads streams, appends entries, and on closing
settles what is owed and writes entries, the next due moment, deliveries and their jobs in one go.
What is not closed is forgotten, as in a crash. Jobs are only wake-up calls: they can be lost or
come twice. Any number of clock loops may come by, each with a clock of its own.

It serves to try the core against bad nights by the thousand, and to imagine how a staffing would
have done. Nothing here is persistent, and nothing here reads a clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from redphone.core import attend, chat, clocks, command, duty, ladder, updates
from redphone.core import case as cases
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.duty import Find, OnCall
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.policy import Callee, Named, Policy
from redphone.core.report import Report, is_off_channel
from redphone.core.stream import SYSTEM, DeskError, Entry
from redphone.core.triage import triage
from redphone.core.updates import Audience, Purpose


def by_name(callee: Callee, incident: str) -> tuple[str, ...]:
    """Whom a step calls by a person's address or by a role is somebody of that name.

    Nobody is known as a senior here, nor as free to manage an incident.
    """
    is_free = callee.name == "incident_manager"
    if callee.kind not in {Named.PERSON, Named.ROLE} or is_free:
        return ()
    return (f"person:{callee.name}",)


class Crashed(Exception):
    """The process died before its transaction was committed."""


class NoSuchStream(DeskError):
    """There is no such case or incident. Check its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A case or an incident: its entries, and the state that they add up to."""

    state: Case | Incident
    entries: tuple[Entry, ...]

    def plus(self, entry: Entry) -> Stream:
        return Stream(state=duty.apply(self.state, entry), entries=(*self.entries, entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one person. `key` is (entry, person); states as in the house."""

    key: str
    ref: str
    seq: int
    purpose: Purpose
    to: str
    lane: str = ""
    reason: str = ""
    state: str = "pending"
    tries: int = 0


@dataclass(slots=True)
class Desk:
    """Everything that is committed. `phones` counts what reached a person, by delivery key.

    `on_call` says who of a team is called, `find` who stands behind any other name of a step; for
    customers and managers the audience's name does.
    `crashes_next` lets the next transaction die before its commit.
    """

    policy: Policy
    hours: BusinessHours
    on_call: OnCall
    find: Find = by_name
    streams: dict[str, Stream] = field(default_factory=dict)
    next_at: dict[str, datetime] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    phones: Counter[str] = field(default_factory=Counter)
    crashes_next: bool = False

    @contextmanager
    def writing(self, at: datetime) -> Iterator[Book]:
        """One transaction. An error on the way, a crash among them, leaves nothing behind."""
        book = Book(self, at)
        yield book
        if self.crashes_next:
            self.crashes_next = False
            raise Crashed
        book.commit()

    def incident(self, ref: str) -> Incident:
        """The committed state of an incident."""
        return _incident(self.stream(ref))

    def case(self, ref: str) -> Case:
        """The committed state of a case."""
        return _case(self.stream(ref))

    def stream(self, ref: str) -> Stream:
        """What is committed of a stream.

        Raises:
            NoSuchStream: nothing is.
        """
        if ref not in self.streams:
            raise NoSuchStream(f"It was {ref}.")
        return self.streams[ref]

    def cases_of(self, ref: str) -> list[str]:
        """The cases of an incident, in the order in which they were opened."""
        states = ((name, stream.state) for name, stream in self.streams.items())
        return [name for name, s in states if isinstance(s, Case) and s.incident == ref]

    # ── Verbs ────────────────────────────────────────────────────────────────────────────────

    def report(self, report: Report, *, at: datetime, joins: str | None = None) -> tuple[str, str]:
        """A report becomes a case, of a new incident or of one that it joins: (case, incident)."""
        found = triage(report, self.policy)
        plan = self.policy.plan(report.plan).slug
        received = report.received_at
        with self.writing(at) as book:
            if joins is None:
                types = (found.issue_type,)
                joins = book.open(
                    f"INC-{101 + sum(ref[0] == 'I' for ref in self.streams)}",
                    command.open_incident(
                        types=types,
                        plan=plan,
                        at=received,
                        started_at=received,
                        actor=SYSTEM,
                        hold=chat.hold(report.channel, report.plan, self.policy),
                    ),
                )
            else:
                state = book.incident(joins)
                command.require_open(state)
                joined = command.join_plan(state, plan=plan, at=received, actor=SYSTEM)
                book.append(joins, *joined)
            channels = self.policy.plan(report.plan).channels
            case = book.open(
                f"RP-{1001 + sum(ref[0] == 'R' for ref in self.streams)}",
                cases.open_case(
                    at=received,
                    incident=joins,
                    channel=report.channel,
                    plan=report.plan,
                    customer=None,
                    off_channel=is_off_channel(report.channel, channels),
                    triage=found.as_data(),
                    actor=SYSTEM,
                    words=report.description,
                ),
            )
            if report.channel == chat.CHANNEL:
                waits = attend.wait(book.incident(joins), case=case, by=SYSTEM, at=received)
                book.append(joins, *waits)
        return case, joins

    def do(self, ref: str, verb: Callable[[Incident], Entry], *, at: datetime) -> None:
        """A verb of `core.command`, `core.updates` or `core.review` on an incident."""
        with self.writing(at) as book:
            book.append(ref, verb(book.incident(ref)))

    def do_case(self, ref: str, verb: Callable[[Case], Entry], *, at: datetime) -> None:
        """A verb of `core.case`."""
        with self.writing(at) as book:
            book.append(ref, verb(book.case(ref)))

    def end(self, ref: str, verb: Callable[[Incident], Entry], *, at: datetime) -> None:
        """Resolve, decline, reopen or close an incident, and its cases with it."""
        with self.writing(at) as book:
            entry = verb(book.incident(ref))
            book.append(ref, entry)
            for name in self.cases_of(ref):
                book.append(name, *_likewise(book.case(name), entry))

    def call_next(self, ref: str, *, lane: str, by: str, at: datetime) -> None:
        """Call the next step of a ladder by hand."""
        with self.writing(at) as book:
            turn = ladder.call_next(book.incident(ref), self.policy, lane=lane, by=by, at=at)
            people, without = duty.whom(turn, ref, self.on_call, self.find, at)
            entry = ladder.ask(turn, people=people, without=without, at=at, actor=by)
            book.append(ref, entry)

    # ── Clock loops ──────────────────────────────────────────────────────────────────────────

    def due(self, at: datetime) -> list[str]:
        """The streams in which something is due by a loop's own clock, the longest due first."""
        found = [(since, ref) for ref, since in self.next_at.items() if since <= at]
        return [ref for _, ref in sorted(found)]

    def handle(self, ref: str, *, at: datetime) -> bool:
        """What a clock loop does with a stream that it found. Whether there was anything."""
        before = len(self.stream(ref).entries)
        with self.writing(at) as book:
            book.touch(ref)
        return len(self.stream(ref).entries) > before

    def tick(self, at: datetime) -> int:
        """One round of a clock loop: how many streams had something to do."""
        return sum(self.handle(ref, at=at) for ref in self.due(at))

    def advance(self, end: datetime) -> None:
        """Let time go by, from due moment to due moment, as a punctual loop would."""
        while self.next_at and (soonest := min(self.next_at.values())) <= end:
            self.tick(soonest)

    # ── Jobs ─────────────────────────────────────────────────────────────────────────────────

    def work(self, key: str, *, dies: str = "") -> None:
        """A worker takes a job: looks at the stream once more, sends, and writes down that it did.

        `dies` names where it is killed: "before" or "after" the send. The row is left as it is.
        """
        row = self.deliveries[key]
        if row.state not in {"pending", "sending"}:
            return
        if row.purpose is Purpose.PAGE and not self._still_rings(row):
            self.deliveries[key] = replace(row, state="stale")
            return
        self.deliveries[key] = replace(row, state="sending", tries=row.tries + 1)
        if dies == "before":
            return
        # The key is the provider's idempotency key: what is sent again is not rung again.
        self.phones[key] = 1
        if dies == "after":
            return
        self.deliveries[key] = replace(self.deliveries[key], state="sent")

    def _still_rings(self, row: Delivery) -> bool:
        return ladder.still_rings(self.incident(row.ref), row.to, row.lane)

    def sweep(self) -> None:
        """Every delivery that no job stands for gets one again: jobs are only wake-up calls."""
        waiting = [k for k, row in self.deliveries.items() if row.state in {"pending", "sending"}]
        self.jobs += [key for key in waiting if key not in self.jobs]


class Book:
    """What one verb reads and appends; nothing of it is there before `commit`."""

    def __init__(self, desk: Desk, at: datetime) -> None:
        self.desk = desk
        self.at = at
        self._open: dict[str, Stream] = {}

    def touch(self, ref: str) -> Stream:
        """A stream as this book has it so far."""
        if ref not in self._open:
            self._open[ref] = self.desk.stream(ref)
        return self._open[ref]

    def incident(self, ref: str) -> Incident:
        return _incident(self.touch(ref))

    def case(self, ref: str) -> Case:
        return _case(self.touch(ref))

    def open(self, ref: str, entry: Entry) -> str:
        """A new stream with its first entry."""
        is_case = ref.startswith("RP-")
        state = (
            cases.apply(None, entry, ref=ref) if is_case else incidents.apply(None, entry, ref=ref)
        )
        self._open[ref] = Stream(state=state, entries=(entry,))
        return ref

    def append(self, ref: str, *entries: Entry) -> None:
        """Put entries at the end of a stream, each after what was missed before it."""
        desk = self.desk
        for entry in entries:
            stream = self.touch(ref)
            overdue = duty.overdue(stream.state, desk.policy, desk.hours, entry.at)
            for each in (*overdue, entry):
                stream = stream.plus(each)
            self._open[ref] = stream

    def commit(self) -> None:
        """Settle what is owed by now, and write everything at once."""
        desk = self.desk
        for ref, stream in self._open.items():
            owed = duty.owed(
                stream.state, desk.policy, desk.hours, desk.on_call, self.at, desk.find
            )
            for entry in owed:
                stream = stream.plus(entry)
            self._open[ref] = stream
        for ref, stream in self._open.items():
            known = desk.streams.get(ref)
            written = len(known.entries) if known else 0
            desk.streams[ref] = stream
            self._follow_clocks(ref, stream)
            self._deliver(ref, stream, written)

    def _follow_clocks(self, ref: str, stream: Stream) -> None:
        running = clocks.running(stream.state, self.desk.policy, self.desk.hours)
        soonest = min((c.next_at for c in running if c.next_at), default=None)
        if soonest is None:
            self.desk.next_at.pop(ref, None)
        else:
            self.desk.next_at[ref] = soonest

    def _deliver(self, ref: str, stream: Stream, written: int) -> None:
        for seq, entry in enumerate(stream.entries[written:], written + 1):
            for notice in updates.notices(stream.state, entry, self.desk.policy):
                to = notice.people
                if notice.audience is not Audience.PEOPLE:
                    to = (notice.customer or notice.audience.value,)
                for person in to:
                    self._add(ref, seq, entry, notice.purpose, person)

    def _add(self, ref: str, seq: int, entry: Entry, purpose: Purpose, to: str) -> None:
        key = f"{ref}/{seq}/{to}/{purpose.value}"
        self.desk.deliveries[key] = Delivery(
            key=key,
            ref=ref,
            seq=seq,
            purpose=purpose,
            to=to,
            lane=entry.data.get("lane", ""),
            reason=entry.data.get("reason", ""),
        )
        self.desk.jobs.append(key)


def _likewise(case: Case, entry: Entry) -> Iterator[Entry]:
    """What the end or the return of an incident means for one of its cases."""
    by, at, words = entry.actor, entry.at, entry.words
    if entry.kind == "resolved" and case.is_open:
        if case.first_response_at is None:
            yield cases.respond(case, by=by, words=words, at=at, through=case.incident)
        yield cases.resolve(case, by=by, at=at)
    elif entry.kind == "declined" and case.is_open:
        yield cases.decline(case, by=by, reason=words, at=at)
    elif entry.kind == "reopened" and case.status in {"resolved", "closed"}:
        yield cases.reopen(case, by=by, at=at)
    elif entry.kind == "closed" and case.status == "resolved":
        yield cases.close(case, by=by, at=at)


def _incident(stream: Stream) -> Incident:
    if not isinstance(stream.state, Incident):
        raise NoSuchStream(f"{stream.state.ref} is a case.")
    return stream.state


def _case(stream: Stream) -> Case:
    if not isinstance(stream.state, Case):
        raise NoSuchStream(f"{stream.state.ref} is an incident.")
    return stream.state
