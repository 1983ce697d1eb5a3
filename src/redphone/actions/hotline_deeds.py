"""What the desk does about a call: each deed once, in the transaction that says that it is done.

Deeds follow from what was heard, whenever it was. What a killed process has left undone the sweep
finds, and does.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from redphone.actions import cases as case_verbs
from redphone.actions import reports
from redphone.core import case as cases
from redphone.core import command
from redphone.core.hotline import MENU, Call, Callback, Leg, Step
from redphone.core.report import Report
from redphone.core.stream import SYSTEM, DeskError
from redphone.core.triage import triage
from redphone.records import calls, ledger
from redphone.records.chain import storable
from redphone.records.ledger import Book
from redphone.records.models import Call as CallRow
from redphone.records.models import CallEvent, CaseRow, Customer, Person
from redphone.records.queries import senders
from redphone.records.streams import CaseStream, IncidentStream

log = logging.getLogger(__name__)

SCOPE = "hotline"
THROUGH = "hotline"

LOST_AFTER = timedelta(minutes=10)
"""A caller's line that nobody has taken and that says nothing for so long is over: no step of the
hotline takes longer."""

LOST_IN_TALK_AFTER = timedelta(hours=12)
LOOK_AGAIN_AFTER = timedelta(seconds=30)
UNKNOWN_AFTER = timedelta(minutes=1)
"""How long a call of which only the second line was heard waits for word of its caller."""

Deed = Callable[[Book, IncidentStream, CaseStream], None]


class CaseHasMoved(DeskError):
    """The case joined another incident in this very moment. Try once more."""


def attend(call: Call, *, at: datetime, is_quiet: bool = False) -> str:
    """Do what is owed about a call. The name of its case; "" while it has none."""
    case = take_in(call, at=at)
    if case:
        for key, deed in deeds(call, at, is_quiet=is_quiet):
            _once(call.sid, case, key, deed, at)
    return case


def take_in(call: Call, *, at: datetime) -> str:
    """Have a report and a case of it, before anything else. The same call again is the same case.

    Source: POL-6, FAQ-2, FAQ-3.
    """
    row = CallRow.objects.get(sid=call.sid)
    if row.case_ref:
        return row.case_ref
    if not call.is_known and at < (call.started_at or at) + UNKNOWN_AFTER:
        return ""
    taken = reports.take_report(_incoming(call, at))
    CallRow.objects.filter(sid=call.sid).update(report=taken.report, case_ref=taken.case or "")
    return taken.case or ""


def _incoming(call: Call, at: datetime) -> reports.Incoming:
    first = CallEvent.objects.filter(call=call.sid).order_by("id").first()
    who = senders.by_phone(call.caller) if call.caller else senders.NOBODY
    whence = call.caller or "a withheld number"
    words = f"A call to the hotline from {whence}."
    if call.is_rehearsal:
        words = f"A rehearsal of the hotline: a call from {whence}. Nobody is in trouble."
    return reports.Incoming(
        channel="hotline",
        received_at=call.started_at or at,
        raw=bytes(first.raw) if first else b"",
        content_type="application/x-www-form-urlencoded",
        description=words,
        contact=call.caller,
        customer=who.customer,
        idempotency=(SCOPE, call.sid),
        notes=dict(_notes(call, who)),
    )


def _notes(call: Call, who: senders.Sender) -> Iterator[tuple[str, str]]:
    yield "call", call.sid
    if call.called:
        yield "called", call.called
    if not call.caller:
        yield "caller", "The number was withheld"
    elif who.is_staff:
        yield "caller", "The number of one of the desk's own people"
    elif who.customer:
        yield "caller", "Known by the number, which can be forged"
    if before := _called_before(call):
        yield "called before", ", ".join(before)
    if call.is_rehearsal:
        yield "rehearsal", "Made by 'redphone hotline rehearse': no emergency"


def _called_before(call: Call) -> list[str]:
    """The cases of the last day's calls from the same number, the newest first."""
    if not call.caller or call.started_at is None:
        return []
    rows = CallRow.objects.filter(caller=call.caller).exclude(sid=call.sid).exclude(case_ref="")
    rows = rows.filter(started_at__gte=call.started_at - timedelta(days=1))
    return list(rows.order_by("-started_at").values_list("case_ref", flat=True)[:5])


def deeds(call: Call, at: datetime, *, is_quiet: bool) -> Iterator[tuple[str, Deed]]:
    """What is owed once there is a case, in order, each under a key of its own.

    `is_quiet` is once the line has been silent for a while, and nothing is on its way any more.
    """
    if call.customer:
        yield f"customer:{call.customer}", _identify(call.customer, at)
    if call.chosen:
        yield f"key:{call.chosen}", _sort_by_key(call, at)
    for words in call.words:
        name = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
        yield f"words:{name}", _add(words, at)
        if not call.chosen:
            yield f"sort:{name}", _sort_by_words(call, words, at)
    if (leg := call.taken) and leg.taken_at:
        yield f"taken:{leg.person}", _take(leg, leg.taken_at)
    for each in call.recordings:
        if each.transcript:
            said = f"{each.transcript}\n\n(Written down by a machine, from the recording.)"
            yield f"transcript:{each.name}", _add(said, at)
            if is_quiet and not call.chosen:
                # A key that comes late still weighs more than what a machine wrote down.
                yield f"sort:{each.name}", _sort_by_words(call, each.transcript, at)


def _once(sid: str, case: str, key: str, deed: Deed, at: datetime) -> None:
    """Do one deed with the case and its incident locked, unless it was done."""
    if key in CallRow.objects.values_list("done", flat=True).get(sid=sid):
        return
    incident = str(CaseRow.objects.values_list("incident__ref", flat=True).get(ref=case))
    with ledger.writing(at=at) as book:
        row = CallRow.objects.select_for_update().get(sid=sid)
        if key in row.done:
            return
        shared, stream = book.incident(incident, ending=True), book.case(case)
        if stream.state.incident != incident:
            raise CaseHasMoved
        deed(book, shared, stream)
        row.done = [*row.done, key]
        row.save(update_fields=["done"])


def _identify(customer: int, at: datetime) -> Deed:
    def deed(book: Book, incident: IncidentStream, case: CaseStream) -> None:
        owner = Customer.objects.filter(pk=customer).first()
        if owner is not None and case.state.customer is None and case.state.is_open:
            case_verbs.make_known(book, incident, case, owner=owner, by=SYSTEM, at=at)

    return deed


def _sort_by_key(call: Call, at: datetime) -> Deed:
    return _sort(call, lambda case: MENU[call.chosen][0], "key", at)


def _sort_by_words(call: Call, words: str, at: datetime) -> Deed:
    def found(case: CaseStream) -> str:
        report = Report(channel="hotline", received_at=at, description=words)
        return triage(report, case.pinned.policy).issue_type

    return _sort(call, found, "words", at)


def _sort(call: Call, find: Callable[[CaseStream], str], because: str, at: datetime) -> Deed:
    def deed(book: Book, incident: IncidentStream, case: CaseStream) -> None:
        slug = find(case)
        if slug not in case.pinned.policy.issue_types:
            return
        found = command.sort(
            incident.state, issue_type=slug, at=at, actor=SYSTEM, is_rehearsal=call.is_rehearsal
        )
        book.append(incident, *found)
        entries = cases.sort(case.state, issue_type=slug, because=because, at=at, actor=SYSTEM)
        book.append(case, *entries)

    return deed


def _add(words: str, at: datetime) -> Deed:
    def deed(book: Book, incident: IncidentStream, case: CaseStream) -> None:
        said = storable(words)
        if said.strip():
            entry = cases.add(case.state, by=SYSTEM, words=said, at=at, through=THROUGH)
            book.append(case, entry)

    return deed


def _take(leg: Leg, at: datetime) -> Deed:
    """Whoever pressed 1 has the incident, and the caller has an answer. Source: POL-2, FAQ-3."""

    def deed(book: Book, incident: IncidentStream, case: CaseStream) -> None:
        person = Person.objects.filter(pk=leg.person).first()
        if person is None:
            return
        moment = max(at, case.state.opened_at)
        try:
            entry = command.acknowledge(incident.state, by=person.actor, at=moment)
            book.append(incident, entry)
        except command.IncidentError:
            # Somebody else was first, or it is over; the call is answered all the same.
            log.info("%s was not waiting to be acknowledged", incident.ref)
        try:
            words = f"{person.name} answered the call to the hotline."
            book.append(
                case,
                cases.respond(
                    case.state, by=person.actor, words=words, at=moment, through="phone"
                ),
            )
        except cases.CaseEnded:
            log.info("%s was over before its call was answered", case.ref)

    return deed


def _miss(how: str, at: datetime) -> Deed:
    def deed(book: Book, incident: IncidentStream, case: CaseStream) -> None:
        moment = max(at, case.state.opened_at)
        book.append(case, cases.miss_call(case.state, how=how, at=moment, actor=SYSTEM))

    return deed


def sweep(*, at: datetime, limit: int = 20) -> int:
    """Look at calls that have been silent for a while: what is undone, lost, or over.

    How many it looked at. One bad call is logged, and holds up no other.
    """
    due = CallRow.objects.filter(look_at__lte=at).order_by("look_at")
    found = list(due.values_list("sid", flat=True)[:limit])
    for sid in found:
        CallRow.objects.filter(sid=sid, look_at__lte=at).update(look_at=at + LOOK_AGAIN_AFTER)
        try:
            _look(sid, at)
        except Exception:
            log.exception("call %s could not be looked after", sid)
    return len(found)


def _look(sid: str, at: datetime) -> None:
    row, call = CallRow.objects.get(sid=sid), calls.replay(sid)
    case = attend(call, at=at, is_quiet=True)
    if call.ended_at is None:
        patience = LOST_IN_TALK_AFTER if call.was_answered else LOST_AFTER
        if at - row.last_heard_at < patience:
            return
        minute = int(at.timestamp() // 60)
        call = calls.keep(Callback(step=Step.LOST, call=sid, at=at, turn=minute))
    if not case:
        return
    if call.needs_call_back and call.ended_at:
        _once(sid, case, "missed", _miss(call.end, call.ended_at), at)
    # What comes after this is heard like the rest, and looks at it again.
    CallRow.objects.filter(sid=sid, last_heard_at__lte=at).update(look_at=None)
