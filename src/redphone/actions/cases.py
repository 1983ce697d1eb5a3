"""What people do to a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from redphone.core import attend, command
from redphone.core import case as cases
from redphone.core.report import Attached
from redphone.core.stream import SYSTEM
from redphone.records import attachments, ledger
from redphone.records.ledger import Book
from redphone.records.models import CaseRow, Customer
from redphone.records.streams import CaseStream, IncidentStream


def respond(*, case: str, by: str, words: str, at: datetime, through: str = "reply") -> None:
    """Answer the customer in words. The first answer ends the first-response clock.

    Raises:
        CaseEnded, NotAPerson, WordsMissing: see `redphone.core.case.respond`.

    Source: POL-2, FAQ-3.
    """
    shared = _incident_of_chat(case) or _incident_at_work(case)
    with ledger.writing(at=at) as book:
        incident = book.incident(shared) if shared else None
        stream = book.case(case)
        entry = cases.respond(stream.state, by=by, words=words, at=at, through=through)
        book.append(stream, entry)
        if incident and incident.ref == stream.state.incident:
            # It shows that somebody is there, also where no chat waited for it.
            found = attend.answer(incident.state, case=case, by=by, at=at)
            found = found or attend.work(incident.state, through=case, by=by, at=at)
            book.append(incident, *found)


def _incident_of_chat(case: str) -> str | None:
    """The incident where a chat's customer waits: an answer by any way ends that wait."""
    found = CaseRow.objects.filter(ref=case, incident__state__chats__contains=[{"case": case}])
    return found.values_list("incident__ref", flat=True).first()


def _incident_at_work(case: str) -> str | None:
    """The incident of a case, where somebody has it and may be asked whether they are on it."""
    found = CaseRow.objects.filter(
        ref=case, incident__status="open", incident__engaged_at__isnull=False
    )
    return found.values_list("incident__ref", flat=True).first()


def add(
    *,
    case: str,
    by: str,
    words: str,
    at: datetime,
    fields: Iterable[str] = (),
    files: Sequence[Attached] = (),
    through: str = "",
) -> None:
    """Add to what was told, with files if there are any. Source: FAQ-6.

    Raises:
        WordsMissing: nothing was said, and nothing attached.
    """
    with ledger.writing(at=at) as book:
        stream = book.case(case)
        rows = attachments.rows(files, stream=stream.ref, actor=by, at=at)
        attachments.keep(rows)
        entry = cases.add(
            stream.state,
            by=by,
            words=words,
            at=at,
            fields=fields,
            files=[row.digest for row in rows],
            through=through,
        )
        book.append(stream, entry)


def decline(*, case: str, by: str, reason: str, at: datetime) -> None:
    """Decide that a case is no emergency; its incident ends with the last of its cases.

    Raises:
        CaseEnded, NotAPerson, ReasonMissing: see `redphone.core.case.decline`.

    Source: POL-10, FAQ-1, FAQ-5.
    """
    incident = _incident_of(case)
    with ledger.writing(at=at) as book:
        shared = book.incident(incident, ending=True)
        stream = book.case(case)
        book.append(stream, cases.decline(stream.state, by=by, reason=reason, at=at))
        book.append(shared, *attend.leave(shared.state, case=case, by=by, at=at))
        others = CaseRow.objects.filter(incident__ref=incident, status="open").exclude(ref=case)
        if shared.state.is_open and not shared.state.named and not others.exists():
            entry = command.decline(shared.state, by=by, reason=reason, at=at)
            book.append(shared, entry)


def move(*, case: str, to: str, by: str, why: str, at: datetime) -> None:
    """Join a case to another incident; the one it leaves empty ends.

    Raises:
        CaseEnded: the case is over.
        IncidentEnded: the incident that it should join is over.
    """
    before = _incident_of(case)
    with ledger.writing(at=at) as book:
        # Two incidents are locked in the order of their numbers, whichever way the case goes.
        for ref in sorted({before, to}, key=lambda ref: int(ref.removeprefix("INC-"))):
            book.incident(ref, ending=ref == before)
        left, joined = book.incident(before), book.incident(to)
        stream = book.case(case)
        command.require_open(joined.state)
        book.append(stream, cases.move(stream.state, to=to, by=by, at=at, why=why))
        plan = joined.pinned.policy.plan(stream.state.plan).slug
        book.append(joined, *command.join_plan(joined.state, plan=plan, at=at, actor=by))
        _move_chat(book, case, left, joined, by)
        others = CaseRow.objects.filter(incident__ref=before, status="open").exclude(ref=case)
        if left is not joined and left.state.is_open and not others.exists():
            reason = why or f"The same trouble as {to}."
            entry = command.decline(left.state, by=by, reason=reason, at=at, into=to)
            book.append(left, entry)


def _move_chat(
    book: ledger.Book, case: str, left: IncidentStream, joined: IncidentStream, by: str
) -> None:
    """Whoever waits in a chat waits in the incident that the case has joined."""
    if left is joined:
        return
    waits = attend.arrive(joined.state, left.state, case=case, by=by, at=book.at)
    book.append(joined, *waits)
    book.append(left, *attend.leave(left.state, case=case, by=by, at=book.at))


def identify(*, case: str, customer: int, by: str, at: datetime) -> None:
    """Say whose case it is. The clocks follow the plan.

    An incident that had this caller's provisional plan from nobody else lets it go. Its lock is
    the ending one, so that no case of that plan joins unseen meanwhile.

    Source: POL-6, FAQ-3.
    """
    owner = Customer.objects.get(pk=customer)
    incident = _incident_of(case)
    with ledger.writing(at=at) as book:
        shared = book.incident(incident, ending=True)
        make_known(book, shared, book.case(case), owner=owner, by=by, at=at)


def make_known(
    book: Book,
    shared: IncidentStream,
    stream: CaseStream,
    *,
    owner: Customer,
    by: str,
    at: datetime,
) -> None:
    """The same in a book that has both locked, the incident with the ending lock."""
    channels = stream.pinned.policy.plan(owner.plan).channels
    entry = cases.identify(
        stream.state, customer=str(owner.pk), plan=owner.plan, channels=channels, by=by, at=at
    )
    book.append(stream, entry)
    joined = command.join_plan(shared.state, plan=owner.plan, at=at, actor=SYSTEM)
    book.append(shared, *joined)
    still = {owner.plan, *_plans_of_others(shared, stream.ref)}
    book.append(shared, *command.leave_plan(shared.state, still=still, at=at, actor=SYSTEM))


def _plans_of_others(shared: IncidentStream, case: str) -> set[str]:
    """The plans of an incident's affected but one case; an unknown one as it stands for now."""
    others = CaseRow.objects.filter(incident__ref=shared.ref).exclude(ref=case)
    plans = set(others.exclude(status="declined").values_list("plan", flat=True))
    named = {named.plan for named in shared.state.named}
    return {shared.pinned.policy.plan(plan).slug for plan in plans | named}


def close(*, case: str, by: str, at: datetime) -> None:
    """Nothing is owed on this case any more.

    Raises:
        CaseNotResolved: it is still open, or was declined.
    """
    with ledger.writing(at=at) as book:
        stream = book.case(case)
        book.append(stream, cases.close(stream.state, by=by, at=at))


def _incident_of(case: str) -> str:
    """Which incident to lock before the case."""
    found: str | None = (
        CaseRow.objects.filter(ref=case).values_list("incident__ref", flat=True).first()
    )
    if found is None:
        raise ledger.NoSuchStream
    return found
