"""What is done with a mail that belongs somewhere: each in one transaction with the mail's row.

The stream is locked first and the row after it, and whoever finds the row settled by another
process writes nothing.

Source: POL-1, POL-2, FAQ-6, FAQ-8.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction

from redphone.actions import bounces, mail_reports, paging, reports
from redphone.actions.mail_decisions import Decision
from redphone.channels.mail.arrived import Opened
from redphone.core import case as cases
from redphone.core import command
from redphone.core.stream import DeskError
from redphone.records import attachments, ledger
from redphone.records.ledger import Book
from redphone.records.models import ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.streams import CaseStream, IncidentStream

EMPTY = "(A mail without words. It is kept: look at it.)"


class Settled(Exception):
    """Another process has put this mail somewhere meanwhile."""


def do(row: ReceivedMail, opened: Opened, what: Decision, *, at: datetime) -> bool:
    """Put a waiting mail where it belongs; False when another process has done so."""
    deed = _DEEDS.get(what.became)
    try:
        if deed is not None:
            return deed(row, opened, what, at)
        settle(row, what.became, what.why, stream=what.stream)
    except Settled:
        return False
    return True


def settle(row: ReceivedMail, became: Became, why: str, *, stream: str = "", **more: Any) -> None:
    """Write down what became of a mail, in the caller's transaction.

    Raises:
        Settled: it is not waiting any more.
    """
    waiting = ReceivedMail.objects.filter(pk=row.pk, became=Became.WAITING)
    if not waiting.update(became=became, why=why, stream=stream, next_try_at=None, **more):
        raise Settled
    row.became, row.why, row.stream, row.next_try_at = became, why, stream, None


def open_waiting(row: ReceivedMail, opened: Opened, what: Decision, *, at: datetime) -> bool:
    """Open the case of a mail that waited for something else first, and now needs one."""
    try:
        with transaction.atomic(durable=True):
            report, files = reports.rows_of(mail_reports.incoming(opened, what))
            report.save(force_insert=True)
            attachments.keep(files)
            # The raw bytes are the report's from here on: they are kept once.
            settle(row, Became.OPENED, what.why, report=report, raw=b"")
    except Settled:
        return False
    row.report = report
    reports.open_or_leave([report])
    return True


def _add(row: ReceivedMail, opened: Opened, what: Decision, at: datetime) -> bool:
    with ledger.writing(at=at) as book:
        stream = book.case(what.stream)
        marked = "escalation" if what.escalated else ""
        append_added(book, stream, row, opened, what.actor, marked)
        settle(row, Became.ADDED, what.why, stream=what.stream)
    return True


def append_added(
    book: Book,
    stream: CaseStream,
    row: ReceivedMail,
    opened: Opened,
    actor: str,
    marked: str = "",
) -> None:
    """Append what a mail says to a case, with its files."""
    at = row.received_at
    files = attachments.rows(opened.mail.files, stream=stream.ref, actor=actor, at=at)
    attachments.keep(files)
    entry = cases.add(
        stream.state,
        by=actor,
        words=mail_reports.added_words(opened.mail) or EMPTY,
        at=at,
        files=[file.digest for file in files],
        through=mail_reports.CHANNEL,
        marked=marked,
    )
    book.append(stream, entry)


def _auto_reply(row: ReceivedMail, opened: Opened, what: Decision, at: datetime) -> bool:
    with ledger.writing(at=at) as book:
        if what.stream.startswith("INC-"):
            _note(book, book.incident(what.stream), opened, row, what.actor, "auto_reply")
        else:
            stream = book.case(what.stream)
            append_added(book, stream, row, opened, what.actor, "auto_reply")
        settle(row, Became.AUTO_REPLY, what.why, stream=what.stream)
    return True


def _noted(row: ReceivedMail, opened: Opened, what: Decision, at: datetime) -> bool:
    with ledger.writing(at=at) as book:
        _note(book, book.incident(what.stream), opened, row, what.actor)
        settle(row, Became.NOTED, what.why, stream=what.stream)
    return True


def _note(
    book: Book,
    stream: IncidentStream,
    opened: Opened,
    row: ReceivedMail,
    actor: str,
    marked: str = "",
) -> None:
    words = mail_reports.added_words(opened.mail) or EMPTY
    entry = command.note(
        stream.state,
        by=actor,
        words=words,
        at=row.received_at,
        through=mail_reports.CHANNEL,
        marked=marked,
    )
    book.append(stream, entry)


def _acknowledge(row: ReceivedMail, opened: Opened, what: Decision, at: datetime) -> bool:
    """Answer the page in the name of whom it was sent to; what can't answer it is kept as a note.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    delivery = what.delivery
    assert delivery is not None
    try:
        with ledger.writing(at=at) as book:
            stream = paging.answer_by_mail(book, delivery, at=row.received_at)
            _note(book, stream, opened, row, what.actor)
            settle(row, Became.ACKNOWLEDGED, what.why, stream=what.stream)
    except DeskError as refused:
        why = f"It answered no page: {refused}"
        with ledger.writing(at=at) as book:
            _note(book, book.incident(what.stream), opened, row, what.actor)
            settle(row, Became.NOTED, why, stream=what.stream)
    return True


def _bounce(row: ReceivedMail, opened: Opened, what: Decision, at: datetime) -> bool:
    delivery, bounce = what.delivery, what.bounce
    assert delivery is not None
    assert bounce is not None
    with ledger.writing(at=at) as book:
        bounces.come_back(book, delivery, bounce, at=row.received_at)
        settle(row, Became.BOUNCE, what.why, stream=what.stream)
    return True


_DEEDS: dict[Became, Callable[[ReceivedMail, Opened, Decision, datetime], bool]] = {
    Became.ADDED: _add,
    Became.AUTO_REPLY: _auto_reply,
    Became.NOTED: _noted,
    Became.ACKNOWLEDGED: _acknowledge,
    Became.BOUNCE: _bounce,
}
