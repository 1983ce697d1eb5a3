"""What a customer may see: their own organisation's cases, and what was promised and said there.

An incident is shared by many customers, so a case shows of it only what was meant for them: the
promises that are theirs, and the updates. Where data are at risk (EMG-2) only the person who
reported and the named security contacts see even that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from redphone.core import clocks, report
from redphone.core.case import Case
from redphone.core.clocks import Claim, Clock
from redphone.core.incident import Incident
from redphone.core.policy import Policy, Strength
from redphone.core.stream import moment
from redphone.core.targets import ClockKind
from redphone.records import policies, states
from redphone.records.models import Attachment, CaseRow, Contact, EntryRow, IncidentRow, Person
from redphone.records.models import Report as ReportRow
from redphone.records.policies import Pinned
from redphone.records.queries.asker import Asker, NotYours
from redphone.records.queries.engaged import Engaged, engaged

SHOWN = (
    ClockKind.FIRST_RESPONSE,
    ClockKind.NEXT_UPDATE,
    ClockKind.CONTAINMENT,
    ClockKind.RESOLUTION,
    ClockKind.POST_INCIDENT_REPORT,
)
"""The clocks that a customer is shown. The others are how the desk keeps them."""

MOST_CASES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that passed between the desk and a customer.

    `kind` is the entry's: `opened`, `added` and what the desk said: `responded`, `update_posted`,
    `missed`, `declined`, `resolved`, `reopened`, `closed`, `reported`. `who` is a name, or "".
    """

    at: datetime
    kind: str
    who: str
    words: str
    by_us: bool
    next_at: datetime | None = None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A promise that was not kept: the clock's kind, when it was due, which clauses said so."""

    kind: str
    due_at: datetime
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersCase:
    """A case as its customer sees it.

    `clocks` are those that run, soonest first; `missed` the promises that were not kept and are
    over; `lacks` what FAQ-6 asks for and was not told yet.
    """

    ref: str
    title: str
    state: Case
    incident: Incident | None
    policy: Policy
    report: ReportRow
    told: dict[str, str]
    lacks: tuple[str, ...]
    clocks: tuple[Clock, ...]
    missed: tuple[Missed, ...]
    said: tuple[Said, ...]
    organisation: str
    engaged: Engaged | None
    files: tuple[Attachment, ...]

    @property
    def answered_in(self) -> timedelta | None:
        """How long a person took to answer; None while nobody has."""
        first = self.state.first_response_at
        return first - self.state.opened_at if first else None

    @property
    def was_late_to_answer(self) -> bool:
        return any(each.kind == ClockKind.FIRST_RESPONSE.value for each in self.missed)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One line of an organisation's list of cases. `answer_due_at` while nobody has answered."""

    ref: str
    title: str
    status: str
    opened_at: datetime
    reporter: str
    first_response_at: datetime | None
    answer_due_at: datetime | None


def own_cases(asker: Asker) -> list[CaseLine]:
    """The cases of the asker's organisation, open ones first, then the newest.

    Raises:
        NotYours: they belong to no organisation.
    """
    if not asker.is_customer or asker.customer_id is None:
        raise NotYours
    rows = (
        CaseRow.objects.filter(customer_id=asker.customer_id)
        .select_related("incident", "reporter")
        .defer("state", "incident__state")
        .order_by("-opened_at")[:MOST_CASES]
    )
    seen = [row for row in rows if may_see(asker, row)]
    return sorted((_line(row) for row in seen), key=lambda line: line.status != "open")


def _line(row: CaseRow) -> CaseLine:
    return CaseLine(
        ref=row.ref,
        title=row.title,
        status=row.status,
        opened_at=row.opened_at,
        reporter=row.reporter.name if row.reporter else "",
        first_response_at=row.first_response_at,
        answer_due_at=(
            row.next_due_at if row.next_due_kind == ClockKind.FIRST_RESPONSE.value else None
        ),
    )


def own_case(asker: Asker, ref: str) -> CustomersCase:
    """A case, as the customer whose case it is sees it.

    Raises:
        NotYours: there is none of that name, or it is somebody else's.
    """
    row = _rows().filter(ref=ref).first()
    if row is None or not may_see(asker, row):
        raise NotYours
    return _case(row, asker)


def own_clocks(asker: Asker, ref: str) -> tuple[Clock, ...]:
    """The clocks of a case that its customer is shown, without all the rest of it.

    Raises:
        NotYours: there is none of that name, or it is somebody else's.
    """
    row = CaseRow.objects.select_related("incident").filter(ref=ref).first()
    if row is None or not may_see(asker, row):
        raise NotYours
    incident = states.load_incident(row.incident.state) if row.incident else None
    state, pinned = states.load_case(row.state), policies.pinned(row.policy_id)
    return tuple(_running(state, incident, pinned, row.incident))


def reported_case(report_id: uuid.UUID) -> CustomersCase | None:
    """The case of a report, for who holds the link that was given for it; None before it is open.

    Raises:
        NotYours: there is no such report.
    """
    row = _rows().filter(report_id=report_id).first()
    if row is not None:
        return _case(row, None)
    if not ReportRow.objects.filter(pk=report_id).exists():
        raise NotYours
    return None


def may_hear_of(asker: Asker, ref: str) -> bool:
    """Whether someone may be told that a case has changed."""
    row = _rows().filter(ref=ref).first()
    return row is not None and may_see(asker, row)


def incident_of(ref: str) -> str | None:
    """The incident that a case belongs to now."""
    return CaseRow.objects.filter(ref=ref).values_list("incident__ref", flat=True).first()


def report_ref(report_id: uuid.UUID) -> str | None:
    """The case that a report became."""
    return ReportRow.objects.filter(pk=report_id).values_list("case_ref", flat=True).first()


def contact_of(person_id: int | None) -> str:
    """How a person is reached best, to start their form with."""
    person = Person.objects.filter(pk=person_id).first() if person_id else None
    return (person.phone or person.email) if person else ""


def _rows() -> Any:
    return CaseRow.objects.select_related("incident", "report", "reporter", "customer")


def may_see(asker: Asker, row: CaseRow) -> bool:
    """Whether this case is theirs to look at. Its incident should be loaded with it.

    Source: EMG-2.
    """
    if asker.is_staff:
        return True
    if not asker.is_customer or row.customer_id != asker.customer_id:
        return False
    if row.incident is None or not _is_guarded(row.incident):
        return True
    return row.reporter_id == asker.person_id or _is_security_contact(asker)


def _is_guarded(row: IncidentRow) -> bool:
    """Whether only named contacts hear of it: data may be at risk.

    Source: EMG-2.
    """
    policy = policies.pinned(row.policy_id).policy
    return any(policy.issue_type(slug).notification_regulations for slug in row.types)


def _is_security_contact(asker: Asker) -> bool:
    if asker.person_id is None or asker.customer_id is None:
        return False
    email = Person.objects.filter(pk=asker.person_id).values_list("email", flat=True).first()
    named = Contact.objects.filter(
        customer_id=asker.customer_id, security=True, verified_at__isnull=False
    )
    return bool(email) and named.filter(email__iexact=email).exists()


def _case(row: CaseRow, asker: Asker | None) -> CustomersCase:
    """`asker` None is who holds the link of a report: it may be anyone that the reporter gave it
    to, so that what is guarded is not read out to them."""
    pinned = policies.pinned(row.policy_id)
    state = states.load_case(row.state)
    shared, incident = row.incident, None
    if shared is not None and (asker is not None or not _is_guarded(shared)):
        incident = states.load_incident(shared.state)
    entries = _entries(row, incident)
    told = _told(row, entries)
    running = tuple(_running(state, incident, pinned, shared))
    return CustomersCase(
        ref=row.ref,
        title=row.title,
        state=state,
        incident=incident,
        policy=pinned.policy,
        report=row.report,
        told=told,
        lacks=tuple(name for name in _lacks(row, pinned.policy) if name not in told),
        clocks=running,
        missed=tuple(_missed(entries, running, state, incident)),
        said=tuple(_said(entries, row, pinned.policy)),
        organisation=row.customer.name if row.customer else "",
        engaged=engaged(incident, state.opened_at),
        files=tuple(files(row)),
    )


def files(row: CaseRow) -> QuerySet[Attachment]:
    """What was attached to a case, without the bytes, oldest first. `may_see` says to whom."""
    found = Attachment.objects.filter(Q(report=row.report_id) | Q(stream=row.ref))
    return found.defer("content").order_by("received_at", "name", "id")


def _running(
    case: Case, incident: Incident | None, pinned: Pinned, shared: IncidentRow | None
) -> Iterator[Clock]:
    """What is owed to this customer: the case's clocks, and the incident's as if it were alone."""
    found = clocks.running(case, pinned.policy, pinned.hours)
    if incident is not None and shared is not None and not case.declined_at:
        theirs = policies.pinned(shared.policy_id)
        alone = replace(incident, plans=(theirs.policy.plan(case.plan).slug,))
        found += clocks.running(alone, theirs.policy, theirs.hours)
    late = datetime.max.replace(tzinfo=case.opened_at.tzinfo)
    shown = [clock for clock in found if clock.kind in SHOWN]
    # Until somebody has answered, the answer is what is awaited; updates come after it.
    if case.is_open and case.first_response_at is None:
        shown = [clock for clock in shown if clock.kind is not ClockKind.NEXT_UPDATE]
    yield from sorted(shown, key=lambda clock: clock.due_at or late)


def _missed(
    entries: list[EntryRow], running: tuple[Clock, ...], case: Case, incident: Incident | None
) -> Iterator[Missed]:
    """The promises that were missed and wait no longer: those that do are among the clocks.

    A missed target is the desk's own affair; and a miss falls away when it turns out that the
    answer came in time.
    """
    standing = {mark.clock for mark in (*case.missed, *(incident.missed if incident else ()))}
    late = {clock.key for clock in running}
    for entry in entries:
        if entry.kind == "missed" and _is_told(entry):
            data = entry.data
            if data["clock"] in standing - late:
                yield Missed(
                    kind=data["kind"],
                    due_at=moment(data["due_at"]),
                    clauses=tuple(data["clauses"]),
                )


def _is_told(missed: EntryRow) -> bool:
    """Source: clauses.md, row 3."""
    return missed.data["strength"] == Strength.PROMISE.value and missed.data["kind"] in SHOWN


def _entries(row: CaseRow, incident: Incident | None) -> list[EntryRow]:
    """The case's entries, and those of its incidents while it belonged to them."""
    own = list(_of_stream(row.ref))
    if incident is None:
        return own
    spans: list[tuple[str, datetime | None]] = []
    for entry in own:
        if entry.kind == "opened":
            spans.append((entry.data["incident"], None))
        elif entry.kind == "moved":
            spans[-1] = (spans[-1][0], entry.at)
            spans.append((entry.data["to"], None))
    for ref, left_at in spans:
        own += [e for e in _of_stream(ref) if left_at is None or e.at < left_at]
    return own


def _of_stream(ref: str) -> Iterable[EntryRow]:
    return EntryRow.objects.filter(stream=ref).select_related("words").order_by("seq")


def _told(row: CaseRow, entries: list[EntryRow]) -> dict[str, str]:
    """The things of FAQ-6 that were told, the first words for each: with the report or later."""
    told = {
        name: value
        for name, value in row.report.fields.items()
        if isinstance(value, str) and value.strip()
    }
    for entry in entries:
        if entry.kind == "added":
            told |= {name: "" for name in entry.data.get("fields", ()) if name not in told}
    return told


def _lacks(row: CaseRow, policy: Policy) -> tuple[str, ...]:
    told = report.Report(
        channel=row.channel,
        received_at=row.opened_at,
        description=row.report.description,
        contact=row.report.contact,
    )
    return report.lacks(told, policy.triage.ask_for)


_OF_CASE = {"opened", "added", "responded", "missed", "declined", "closed"}
_OF_INCIDENT = {"update_posted", "resolved", "reopened", "missed", "reported"}


def _said(entries: list[EntryRow], row: CaseRow, policy: Policy) -> list[Said]:
    """What passed between the two, newest first."""
    meant = [entry for entry in entries if _is_for_customers(entry, row.ref)]
    # The post-incident report is for those whose plan comes with one (FAQ-7).
    if policy.plan(row.plan).post_incident_report is None:
        meant = [entry for entry in meant if entry.kind != "reported"]
    names = _names({entry.actor for entry in meant})
    found = [_say(entry, row, names) for entry in meant]
    return sorted(found, key=lambda said: said.at, reverse=True)


def _is_for_customers(entry: EntryRow, case: str) -> bool:
    """Only a promise's miss is told, and what an update answered is told once, as the update."""
    if entry.kind not in (_OF_CASE if entry.stream == case else _OF_INCIDENT):
        return False
    if entry.kind == "missed":
        return _is_told(entry)
    return not (entry.kind == "responded" and entry.data["through"].startswith("INC-"))


def _say(entry: EntryRow, row: CaseRow, names: dict[str, Person]) -> Said:
    person = names.get(entry.actor)
    theirs = entry.stream == row.ref and entry.kind in {"opened", "added"}
    by_us = not theirs or bool(person and not person.is_customer)
    next_at = entry.data.get("next_at")
    return Said(
        at=entry.at,
        kind=entry.kind,
        who=person.name if person else "",
        words=_words(entry),
        by_us=by_us,
        next_at=moment(next_at) if next_at else None,
        data=dict(entry.data),
    )


def _words(entry: EntryRow) -> str:
    # Why it was reopened is a note among the desk's own people.
    if entry.words is None or entry.kind == "reopened":
        return ""
    return "(erased)" if entry.words.erased_at else entry.words.text


def _names(actors: set[str]) -> dict[str, Person]:
    ids = [int(actor.removeprefix("person:")) for actor in actors if actor.startswith("person:")]
    return {person.actor: person for person in Person.objects.filter(pk__in=ids)}


def promise(policy: Pinned, plan: str | None, at: datetime) -> Claim:
    """The strictest first response that a report of this moment would be promised.

    Source: FAQ-3, POL-2.
    """
    target = min(
        policy.policy.plan(plan).first_response,
        key=lambda each: clocks.due_at(each, start=at, hours=policy.hours),
    )
    return Claim(
        clause=target.clause,
        strength=target.strength,
        says=str(target.within),
        due_at=clocks.due_at(target, start=at, hours=policy.hours),
        calendar=policy.hours.name,
    )
