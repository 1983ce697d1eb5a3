"""What is known when a message is written: its stream as it stands now, and who will read it.

It is read just before each try, so that a message that comes late still tells the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, TypeVar

from django.db import connection

from redphone.actions import wording
from redphone.actions.threads import Thread
from redphone.core import clocks, ladder
from redphone.core.case import Case
from redphone.core.clocks import Clock
from redphone.core.incident import Incident
from redphone.core.ladder import Turn
from redphone.core.policy import IssueType, Policy
from redphone.core.stream import Entry
from redphone.core.targets import ClockKind
from redphone.records import chain, outbox, policies, states
from redphone.records.models import CaseRow, Customer, Delivery, EntryRow, IncidentRow, Person
from redphone.records.policies import Pinned

ONE_SECOND = timedelta(seconds=1)
"""How old may be what messages share: who is affected may grow while a thousand are written."""

Read = TypeVar("Read")


@dataclass(slots=True)
class Shared:
    """What several messages about one stream have in common, read once a second for all of them.

    Whether a message is still true is never shared: how far its stream has come is read for each.
    """

    _known: dict[tuple[str, str, int], tuple[datetime, Any]] = field(default_factory=dict)
    threads: dict[Thread, str] = field(default_factory=dict)
    """The first messages of the threads that are written to now."""

    def get(self, what: str, ref: str, seq: int, at: datetime, read: Callable[[], Read]) -> Read:
        """What is known, or what `read` gives now."""
        found = self._known.get((what, ref, seq))
        if found is None or not timedelta() <= at - found[0] < ONE_SECOND:
            if len(self._known) > MOST_SHARED:
                self._known.clear()
            found = self._known[what, ref, seq] = (at, read())
        value: Read = found[1]
        return value


MOST_SHARED = 1000


@dataclass
class Scene:
    """One delivery, with all that its message may need; what costs a query is read when asked."""

    delivery: Delivery
    entry: Entry
    row: CaseRow | IncidentRow
    state: Case | Incident
    pinned: Pinned
    at: datetime
    shared: Shared = field(default_factory=Shared)

    @property
    def policy(self) -> Policy:
        return self.pinned.policy

    @property
    def ref(self) -> str:
        return self.delivery.stream

    @property
    def person(self) -> Person | None:
        return self.delivery.person

    @property
    def is_for_the_house(self) -> bool:
        """Whether one of the desk's own people reads it."""
        return self.person is not None and not self.person.is_customer

    @cached_property
    def customer(self) -> Customer | None:
        """The customer whose contact or person reads it."""
        number = self.delivery.payload.get("customer")
        return Customer.objects.filter(pk=number).first() if number else None

    @cached_property
    def zone(self) -> tzinfo:
        """The reader's own zone; their organisation's where theirs is not known."""
        own = self.person.time_zone if self.person else ""
        if own in {"", "UTC"} and self.customer is not None:
            own = self.customer.time_zone
        return wording.zone(own)

    @cached_property
    def clocks(self) -> tuple[Clock, ...]:
        """The promises and targets that run now, soonest first; no steps of a ladder."""
        return self.share("clocks", self._clocks)

    def _clocks(self) -> tuple[Clock, ...]:
        running = clocks.running(self.state, self.policy, self.pinned.hours)
        return tuple(clock for clock in running if not clock.kind.is_ladder)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What the incident's ladders do next; nothing of a case."""
        return self.share("turns", self._turns)

    def _turns(self) -> tuple[Turn, ...]:
        if not isinstance(self.state, Incident):
            return ()
        return tuple(ladder.turns(self.state, self.policy, self.pinned.hours))

    def clock(self, kind: ClockKind) -> Clock | None:
        return next((clock for clock in self.clocks if clock.kind is kind), None)

    @cached_property
    def kinds(self) -> tuple[IssueType, ...]:
        """The issue types: one of a case, one or more of an incident."""
        types = self.state.types if isinstance(self.state, Incident) else (self.state.issue_type,)
        return tuple(self.policy.issue_type(slug) for slug in types)

    @property
    def kind_names(self) -> str:
        return wording.listed(kind.name for kind in self.kinds)

    @property
    def is_guarded(self) -> bool:
        """Whether only those who are named may read what happened. Source: EMG-2."""
        return any(kind.notification_regulations for kind in self.kinds)

    @cached_property
    def affected(self) -> list[Customer]:
        """The customers on an incident's list, by name."""
        return self.share("affected", self._affected)

    def _affected(self) -> list[Customer]:
        ids = outbox.affected(self.ref, self.state)
        return list(Customer.objects.filter(pk__in=ids).order_by("name"))

    def share(self, what: str, read: Callable[[], Read]) -> Read:
        """What other messages about this stream, as it stands now, need as well."""
        return self.shared.get(what, self.ref, self.row.head, self.at, read)

    def when(self, at: datetime) -> str:
        """A moment in the reader's zone: "14:32 CET"."""
        return wording.moment(at, self.zone, self.at)

    def due(self, at: datetime) -> str:
        """A moment with how far it is away: "14:32 CET, in 12 minutes"."""
        return wording.due(at, self.zone, self.at)

    def name_of(self, actor: str) -> str:
        """A person's name by their actor; the desk itself for anything else."""
        if not actor.startswith("person:"):
            return "the desk"
        names = Person.objects.filter(pk=int(actor.removeprefix("person:")))
        return names.values_list("name", flat=True).first() or "someone who has left"


def scene(delivery: Delivery, *, at: datetime, shared: Shared | None = None) -> Scene:
    """Read what a delivery's message needs. The delivery comes with its person."""
    shared = shared or Shared()
    row: CaseRow | IncidentRow
    state: Case | Incident
    if delivery.stream.startswith("INC-"):
        row, state = _incident(delivery.stream, at, shared)
    else:
        row = CaseRow.objects.select_related("report").get(ref=delivery.stream)
        state = states.load_case(row.state)
    written = shared.get(
        "entry", delivery.stream, delivery.seq, at, lambda: _entry(delivery.stream, delivery.seq)
    )
    pinned = policies.pinned(row.policy_id)
    return Scene(delivery, chain.entry_of(written), row, state, pinned, at, shared)


def _incident(ref: str, at: datetime, shared: Shared) -> tuple[IncidentRow, Incident]:
    """An incident as it stands now: read again only when something was written since."""
    with connection.cursor() as cursor:
        cursor.execute("select head from incident where ref = %s", [ref])
        found = cursor.fetchone()
    # It is asked for every page of a storm, so that building a query would show.
    head = found[0] if found else 0
    return shared.get("incident", ref, head, at, lambda: _read(ref))


def _read(ref: str) -> tuple[IncidentRow, Incident]:
    row = IncidentRow.objects.get(ref=ref)
    return row, states.load_incident(row.state)


def _entry(stream: str, seq: int) -> EntryRow:
    return EntryRow.objects.select_related("words").get(stream=stream, seq=seq)
