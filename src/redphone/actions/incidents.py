"""What people do to an incident."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError

from redphone.actions.components import NoSuchComponent
from redphone.core import case as cases
from redphone.core import command, duty, ladder, review
from redphone.core.incident import Incident
from redphone.core.stream import Entry, is_person
from redphone.records import callees, ledger
from redphone.records.models import Component, Customer, IncidentRow, Person
from redphone.records.streams import IncidentStream

COMPONENT = "component:"
"""How a join key begins that a person has set: reports about that component join."""


class GatheredElsewhere(command.IncidentError):
    """Reports about that component already join another open incident. End that first."""


def _write(incident: str, at: datetime, verb: Callable[[Incident], Entry]) -> None:
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        book.append(stream, verb(stream.state))


def acknowledge(*, incident: str, by: str, at: datetime) -> None:
    """Take it: the ringing ends. See `redphone.core.command.acknowledge`."""
    _write(incident, at, lambda state: command.acknowledge(state, by=by, at=at))


def confirm(*, incident: str, types: tuple[str, ...], by: str, why: str, at: datetime) -> None:
    """Confirm the emergency, or change its issue types. Clocks and ladders follow.

    Raises:
        UnknownIssueType: the policy has no such type.
        IncidentEnded, TypeMissing: see `redphone.core.command.confirm`.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        for slug in types:
            stream.pinned.policy.issue_type(slug)
        entry = command.confirm(stream.state, types=types, by=by, why=why, at=at)
        book.append(stream, entry)


def decline(*, incident: str, by: str, reason: str, at: datetime) -> None:
    """It was no emergency: the incident and all of its cases end, with the reason.

    Source: POL-10, FAQ-5.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident, ending=True)
        book.append(stream, command.decline(stream.state, by=by, reason=reason, at=at))
        for case in book.cases_of(incident):
            if case.state.is_open:
                book.append(case, cases.decline(case.state, by=by, reason=reason, at=at))


def publish(*, incident: str, is_public: bool, by: str, why: str, at: datetime) -> None:
    """Decide whether it stands on the public status page."""
    _write(
        incident,
        at,
        lambda state: command.publish(state, by=by, is_public=is_public, why=why, at=at),
    )


def take(*, incident: str, by: str, at: datetime, why: str = "") -> None:
    """Accept to be its incident manager. Source: POL-3, FAQ-4.

    Raises:
        ManagesAnother: they have another emergency, and don't say why they should have both.
        ManagerAlready, ManagedBySomeoneElse, IncidentEnded: see `redphone.core.command.take`.
    """
    with one_each(), ledger.writing(at=at) as book:
        stream = book.incident(incident)
        beside = managed_beside(by, incident)
        entry = command.take(stream.state, by=by, at=at, beside=beside, why=why)
        book.append(stream, entry)


@contextmanager
def one_each() -> Iterator[None]:
    """Two emergencies taken by one person in the same moment: the second has to say why."""
    try:
        yield
    except IntegrityError as error:
        if "incident_managerone_each" in str(error):
            raise command.ManagesAnother from error
        raise


def managed_beside(person: str, incident: str) -> tuple[str, ...]:
    """Looked at under a lock, so that of two at once the second sees the first."""
    number = int(person.removeprefix("person:")) if is_person(person) else 0
    list(Person.objects.select_for_update().filter(pk=number).values_list("pk"))
    return callees.managed_beside(person, incident) if number else ()


def offer(*, incident: str, to: str, by: str, note: str, at: datetime) -> None:
    """Ask someone to take over the incident management. Source: POL-3.

    Raises:
        ManagesAnother: they have another emergency, and the note doesn't say why.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        beside = callees.managed_beside(to, incident) if is_person(to) else ()
        entry = command.offer(stream.state, to=to, by=by, note=note, at=at, beside=beside)
        book.append(stream, entry)


def own(*, incident: str, by: str, at: datetime) -> None:
    """A senior accepts to own it. Source: POL-1, FAQ-4; clauses.md, row 15."""
    senior = Person.objects.filter(pk=int(by.removeprefix("person:")), is_senior=True).exists()
    _write(incident, at, lambda state: command.own(state, by=by, is_senior=senior, at=at))


def refuse(*, incident: str, by: str, note: str, at: datetime) -> None:
    """Say no to an offer of the incident management."""
    _write(incident, at, lambda state: command.refuse(state, by=by, note=note, at=at))


def note(*, incident: str, by: str, words: str, at: datetime) -> None:
    """Write a line on the timeline that only the desk sees."""
    _write(incident, at, lambda state: command.note(state, by=by, words=words, at=at))


def name_cause(*, incident: str, by: str, words: str, is_outside: bool, at: datetime) -> None:
    """Say what the cause is, and whether it is outside. Source: EMG-3, RUN-4."""
    _write(
        incident,
        at,
        lambda state: command.name_cause(state, by=by, words=words, is_outside=is_outside, at=at),
    )


def name_customer(
    *, incident: str, customer: int, evidence: str, by: str, words: str, at: datetime
) -> None:
    """Put a customer on the list of the affected; they get a catch-up of all that was said."""
    plan = Customer.objects.get(pk=customer).plan
    _write(
        incident,
        at,
        lambda state: command.name_customer(
            state,
            customer=str(customer),
            evidence=evidence,
            plan=plan,
            by=by,
            words=words,
            at=at,
        ),
    )


def contain(*, incident: str, by: str, evidence: str, at: datetime) -> None:
    """State, with evidence, that it spreads no further. Source: EMG-2."""
    _write(incident, at, lambda state: command.contain(state, by=by, evidence=evidence, at=at))


def resolve(*, incident: str, by: str, words: str, at: datetime) -> None:
    """Service is restored: the incident and all of its cases are resolved, and all are told."""
    with ledger.writing(at=at) as book:
        stream = book.incident(incident, ending=True)
        book.append(stream, command.resolve(stream.state, by=by, words=words, at=at))
        for case in book.cases_of(incident):
            if case.state.is_open:
                book.append(case, *_answered(case.state, by, words, at, incident))
                book.append(case, cases.resolve(case.state, by=by, at=at))


def _answered(
    case: cases.Case, by: str, words: str, at: datetime, incident: str
) -> tuple[Entry, ...]:
    """Whom nobody has answered yet is answered by the words of the resolution."""
    if case.first_response_at is not None:
        return ()
    return (cases.respond(case, by=by, words=words, at=at, through=incident),)


def reopen(*, incident: str, by: str, why: str, at: datetime) -> None:
    """The trouble is back within the day: the same clocks go on, for its cases too."""
    with one_each(), ledger.writing(at=at) as book:
        stream = book.incident(incident)
        within = stream.pinned.policy.reopen_within.length
        manager = stream.state.manager
        beside = managed_beside(manager, incident) if manager else ()
        entry = command.reopen(stream.state, by=by, why=why, at=at, within=within, beside=beside)
        book.append(stream, entry)
        for case in book.cases_of(incident):
            if case.state.status in {"resolved", "closed"}:
                book.append(case, cases.reopen(case.state, by=by, at=at))


def close(*, incident: str, by: str, at: datetime) -> None:
    """Nothing more is to be done but the report, if one is owed."""
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        book.append(stream, command.close(stream.state, by=by, at=at))
        for case in book.cases_of(incident):
            if case.state.status == "resolved":
                book.append(case, cases.close(case.state, by=by, at=at))


def call_next_step(*, incident: str, lane: str, by: str, at: datetime) -> None:
    """Call the next step of a ladder now, by hand.

    Raises:
        NoStepLeft: every step was called.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        turn = ladder.call_next(stream.state, stream.pinned.policy, lane=lane, by=by, at=at)
        call_turn(book, stream, turn, by=by, at=at)


def skip_to_step(*, incident: str, lane: str, step: int, by: str, why: str, at: datetime) -> None:
    """Call a chosen step of a ladder now, and let it go on from there. `step` counts from 0.

    Raises:
        NoSuchStep, WhyMissing, IncidentEnded: see `redphone.core.ladder.skip_to`.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        turn = ladder.skip_to(
            stream.state, stream.pinned.policy, lane=lane, step=step, by=by, why=why, at=at
        )
        call_turn(book, stream, turn, by=by, at=at, words=why)


def call_turn(
    book: ledger.Book,
    stream: IncidentStream,
    turn: ladder.Turn,
    *,
    by: str,
    at: datetime,
    words: str = "",
) -> None:
    """Put down that a step is called now, by a person, with whom that calls."""
    people, without = duty.whom(turn, stream.ref, book.on_call, book.find, at)
    already = ladder.already_asked(stream.state, turn, people)
    entry = ladder.ask(
        turn, people=people, without=without, already=already, at=at, actor=by, words=words
    )
    book.append(stream, entry)


def publish_report(*, incident: str, by: str, sections: Mapping[str, str], at: datetime) -> None:
    """Send the post-incident report to everyone who was promised one. Source: POL-5, FAQ-7."""
    _write(incident, at, lambda state: review.publish(state, by=by, sections=sections, at=at))


def gather(*, incident: str, component: str | None, by: str, at: datetime) -> None:
    """Let later reports about a component join this incident; None ends that.

    Raises:
        NoSuchComponent: the status page has none of that slug.
        GatheredElsewhere: another open incident gathers them.
        GathersByKey: reports join this one by a key of their sender.
        IncidentEnded: see `redphone.core.command.gather`.
    """
    if component is not None and not Component.objects.filter(slug=component).exists():
        raise NoSuchComponent
    key = None if component is None else COMPONENT + component
    taken = IncidentRow.objects.filter(join_key=key, status="open").exclude(ref=incident)
    try:
        with ledger.writing(at=at) as book:
            stream = book.incident(incident)
            entry = command.gather(stream.state, component=component, by=by, at=at)
            if stream.row.join_key and not stream.row.join_key.startswith(COMPONENT):
                raise command.GathersByKey
            if key is not None and (other := taken.first()):
                raise GatheredElsewhere(f"It is {other.ref}.")
            stream.row.join_key = key
            book.append(stream, entry)
    except IntegrityError as error:
        # Two incidents were told to gather the same component in the same moment.
        raise GatheredElsewhere from error
