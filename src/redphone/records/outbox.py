"""Messages that are owed, as delivery rows: who stands behind an audience, at which address.

A row is written in the transaction of the entry that calls for it. Its key (entry, person,
channel) makes it one row however often it is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from redphone.core.case import Case
from redphone.core.chat import CHANNEL
from redphone.core.incident import Incident
from redphone.core.policy import Policy
from redphone.core.stream import Entry
from redphone.core.updates import URGENT, Audience, Notice, Purpose, affected_audience
from redphone.records import devices
from redphone.records.devices import Ring
from redphone.records.models import CaseRow, Contact, Customer, Delivery, Person
from redphone.records.models.device import DeviceKind, Urgency
from redphone.records.models.person import Role

PRIORITY = dict.fromkeys(URGENT, 1) | {Purpose.REPLY: 2}
TRIES = dict.fromkeys(URGENT, 60)
TRIES_BY_DEFAULT = 20
"""Enough to outlast a mail server that is away for an hour; an address that is refused ends at
the first try."""

FIRST_PAGE = 0
BY_DEFAULT = 3
RECEIPTS = {Purpose.RECEIPT: 4, Purpose.WARNING: 4}

WORTH_SENDING_FOR = timedelta(hours=24)
"""After this a message is stale: what it says has been overtaken."""


UNSEEN_FOR = timedelta(minutes=3)
"""How long an answer in the chat waits for its customer to see it there, before it is mailed."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One address, and the person or contact behind it."""

    address: str
    person: int | None = None
    contact: int | None = None
    customer: int | None = None
    is_colleague: bool = False
    """One of the desk's own people, who is reached by their own rule."""

    @property
    def name(self) -> str:
        if self.person:
            return f"person:{self.person}"
        if self.contact:
            return f"contact:{self.contact}"
        return "address:" + hashlib.sha256(self.address.lower().encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class About:
    """The stream that a notice is about: its state now, and the policy that it is pinned to."""

    state: Case | Incident
    policy: Policy

    @property
    def is_guarded(self) -> bool:
        """Whether only named security contacts may hear of it. Source: EMG-2."""
        return isinstance(self.state, Incident) and (
            affected_audience(self.state, self.policy) is Audience.SECURITY_CONTACTS
        )

    @property
    def plans_with_report(self) -> list[str]:
        """The plans that come with a post-incident report. Source: FAQ-7."""
        plans = self.policy.plans.values()
        return [plan.slug for plan in plans if plan.post_incident_report]


@dataclass(slots=True)
class Directory:
    """Who stands behind cases and actors: asked of the database once for all that one verb does.

    A verb can open a hundred cases, each of which tells its reporter and pages the same person.
    """

    _people: dict[tuple[int, ...], list[Receiver]] = field(default_factory=dict)
    _managers: list[Receiver] | None = None
    _reporters: dict[str, list[Receiver]] = field(default_factory=dict)
    _rings: dict[tuple[int, Urgency], tuple[Ring, ...]] = field(default_factory=dict)

    def prepare(self, cases: list[str]) -> None:
        """Look up the reporters of many cases at once."""
        unknown = [case for case in cases if case not in self._reporters]
        if not unknown:
            return
        self._reporters |= {case: [] for case in unknown}
        for ref, *reporter in _reported(CaseRow.objects.filter(ref__in=unknown)):
            self._reporters[ref] = list(_one_reporter(*reporter))

    def reporter(self, case: str) -> list[Receiver]:
        """Who reported: by their own account's address, or by the contact that they gave."""
        self.prepare([case])
        return self._reporters[case]

    def people(self, actors: tuple[str, ...]) -> list[Receiver]:
        """The people behind these actors who may still sign in."""
        ids = tuple(int(actor.removeprefix("person:")) for actor in actors)
        if ids not in self._people:
            found = Person.objects.filter(pk__in=ids, is_active=True)
            self._people[ids] = _colleagues(found)
        return self._people[ids]

    def managers(self) -> list[Receiver]:
        """Those who answer for the desk."""
        if self._managers is None:
            roles = (Role.SUPPORT_MANAGER, Role.ADMIN)
            found = Person.objects.filter(role__in=roles, is_active=True)
            self._managers = _colleagues(found)
        return self._managers

    def rings(
        self, receivers: Collection[Receiver], urgency: Urgency
    ) -> Iterator[tuple[Receiver, Ring]]:
        """How each receiver is reached: colleagues by their own rule, all others by mail."""
        people = {r.person for r in receivers if r.is_colleague and r.person}
        unknown = [person for person in people if (person, urgency) not in self._rings]
        if unknown:
            found = devices.rings(unknown, urgency)
            self._rings |= {(person, urgency): rings for person, rings in found.items()}
        for receiver in receivers:
            if receiver.is_colleague and receiver.person:
                for ring in self._rings.get((receiver.person, urgency), ()):
                    yield receiver, ring
            elif receiver.address:
                yield receiver, Ring(channel=DeviceKind.MAIL.value, address=receiver.address)


def _colleagues(people: Iterable[Person]) -> list[Receiver]:
    return [
        Receiver(person.email, person=person.pk, is_colleague=not person.is_customer)
        for person in people
    ]


def deliveries(
    *,
    stream: str,
    seq: int,
    entry: Entry,
    notice: Notice,
    about: About,
    directory: Directory,
    at: datetime,
) -> list[Delivery]:
    """The rows for one notice of one entry, an address once.

    All that a personal rule asks for is written at once, each row with its own moment: there is no
    wait that a restart could lose. What is not true any more when its turn comes is not sent.
    """
    receivers = _receivers(notice, stream, about, directory)
    found = {receiver.address.lower(): receiver for receiver in receivers}
    purpose = notice.purpose
    in_chat = purpose is Purpose.REPLY and entry.data["through"] == CHANNEL
    unseen = UNSEEN_FOR if in_chat else timedelta()
    urgency = Urgency.URGENT if purpose in URGENT else Urgency.CALM
    return [
        Delivery(
            key=f"{stream}/{seq}/{receiver.name}/{ring.name}/{purpose.value}",
            stream=stream,
            seq=seq,
            purpose=purpose.value,
            person_id=receiver.person,
            contact_id=receiver.contact,
            channel=ring.channel,
            device_id=ring.device,
            address=ring.address,
            priority=_priority(entry, purpose),
            most_tries=TRIES.get(purpose, TRIES_BY_DEFAULT),
            next_try_at=at + unseen + ring.after,
            deadline_at=at + WORTH_SENDING_FOR,
            created_at=at,
            payload=_payload(entry, receiver),
        )
        for receiver, ring in directory.rings(list(found.values()), urgency)
    ]


def _payload(entry: Entry, receiver: Receiver) -> dict[str, Any]:
    """What is asked of a row without its entry: for which ladder, for which part."""
    told = {"customer": receiver.customer, "lane": entry.data.get("lane", "")}
    return told | ({"what": entry.data["what"]} if entry.kind == "wanted" else {})


def _priority(entry: Entry, purpose: Purpose) -> int:
    if purpose is Purpose.PAGE and entry.data.get("reason") in {"opened", "unattended"}:
        return FIRST_PAGE
    return (PRIORITY | RECEIPTS).get(purpose, BY_DEFAULT)


def _receivers(
    notice: Notice, stream: str, about: About, directory: Directory
) -> Iterator[Receiver]:
    match notice.audience:
        case Audience.PEOPLE:
            yield from directory.people(notice.people)
        case Audience.MANAGERS:
            yield from directory.managers()
        case Audience.REPORTER:
            yield from directory.reporter(stream)
        case Audience.ONE_CUSTOMER:
            yield from _contacts([int(notice.customer)], security_only=about.is_guarded)
        case Audience.REPORT_READERS:
            readers = Customer.objects.filter(
                pk__in=affected(stream, about.state), plan__in=about.plans_with_report
            )
            promised = list(readers.values_list("pk", flat=True))
            yield from _contacts(promised, security_only=about.is_guarded)
        case Audience.AFFECTED | Audience.SECURITY_CONTACTS:
            only = notice.audience is Audience.SECURITY_CONTACTS
            yield from _contacts(affected(stream, about.state), security_only=only)
            if not only:
                yield from _reporters(stream)


def affected(incident: str, state: Case | Incident) -> list[int]:
    """The customers on an incident's list: who reported, and who was named.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    reported = (
        CaseRow.objects.filter(incident__ref=incident, customer__isnull=False)
        .exclude(status="declined")
        .values_list("customer_id", flat=True)
        .distinct()
    )
    named = [int(named.customer) for named in state.named] if isinstance(state, Incident) else []
    return sorted({pk for pk in reported if pk is not None} | set(named))


def _contacts(customers: Iterable[int], *, security_only: bool) -> Iterator[Receiver]:
    """The verified and reachable contacts of customers."""
    found = Contact.objects.filter(
        customer__in=list(customers), verified_at__isnull=False, unreachable_at=None
    ).exclude(email="")
    if security_only:
        found = found.filter(security=True)
    for contact in found:
        yield Receiver(contact.email, contact=contact.pk, customer=contact.customer_id)


def _reporters(incident: str) -> Iterator[Receiver]:
    rows = CaseRow.objects.filter(incident__ref=incident).exclude(status="declined")
    for _, *reporter in _reported(rows):
        yield from _one_reporter(*reporter)


def _reported(rows: QuerySet[CaseRow]) -> Iterable[tuple[Any, ...]]:
    """Of each case its name, and what `_one_reporter` asks for: no more, they may be thousands."""
    return rows.values_list(
        "ref", "reporter_id", "reporter__email", "report__contact", "customer_id"
    )


def _one_reporter(
    person: int | None, email: str | None, contact: str, customer: int | None
) -> Iterator[Receiver]:
    if person is not None and email:
        yield Receiver(email, person=person, customer=customer)
    elif "@" in contact:
        yield Receiver(contact.strip(), customer=customer)
