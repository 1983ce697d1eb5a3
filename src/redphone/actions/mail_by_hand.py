"""What a person does with a mail that was put nowhere: to a case, into a case of its own, aside.

Source: POL-6, FAQ-2, FAQ-6.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from redphone.actions import mail_deeds, mail_reports, reports
from redphone.actions.mail_decisions import Decision
from redphone.actions.mail_threads import actor_of
from redphone.channels.mail.arrived import read
from redphone.channels.mail.incoming import Kind
from redphone.core.stream import DeskError
from redphone.records import attachments, ledger
from redphone.records.models import CaseRow, ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.queries import senders


class MailSettled(DeskError):
    """This mail was put somewhere already. Its page says where."""


class NotThere(DeskError):
    """There is no such case. Check its number."""


class NoSuchMail(ledger.NoSuchStream):
    """There is no such mail. Look at the list again."""


def attach(*, mail: uuid.UUID, case: str, by: str, at: datetime) -> None:
    """Add a parked mail to a case, in its sender's name: whoever attaches it vouches for that.

    Raises:
        NoSuchMail, MailSettled, NotThere: see each.
    """
    row = _parked(mail)
    if not CaseRow.objects.filter(ref=case).exists():
        raise NotThere
    opened = read(mail_reports.arrived(row))
    actor = actor_of(senders.by_email(row.sender))
    with ledger.writing(at=at) as book:
        stream = book.case(case)
        mail_deeds.append_added(book, stream, row, opened, actor)
        _settle(row, Became.ADDED, by, f"Put there by hand. {row.why}", stream=case)


def open_case(*, mail: uuid.UUID, by: str, at: datetime) -> str:
    """Open a case from a parked mail; its number. The clocks start when the mail reached us.

    Raises:
        NoSuchMail, MailSettled: see each.
    """
    row = _parked(mail)
    opened = read(mail_reports.arrived(row))
    sender = senders.by_email(row.sender)
    what = Decision(
        became=Became.OPENED,
        why=f"Opened by hand. {row.why}",
        sender=sender,
        customer=sender.customer,
        quiet=opened.mail.kind is not Kind.HUMAN,
    )
    with transaction.atomic(durable=True):
        report, files = reports.rows_of(mail_reports.incoming(opened, what))
        report.save(force_insert=True)
        attachments.keep(files)
        _settle(row, Became.OPENED, by, what.why, report=report, raw=b"")
    reports.open_or_leave([report])
    return report.case_ref or ""


def set_aside(*, mail: uuid.UUID, by: str, at: datetime) -> None:
    """Nothing is to be done with it. It is kept.

    Raises:
        NoSuchMail, MailSettled: see each.
    """
    row = _parked(mail)
    _settle(row, Became.SET_ASIDE, by, row.why)


def _parked(mail: uuid.UUID) -> ReceivedMail:
    row = ReceivedMail.objects.select_related("report").filter(pk=mail).first()
    if row is None:
        raise NoSuchMail
    if row.became != Became.PARKED:
        raise MailSettled
    return row


def _settle(row: ReceivedMail, became: Became, by: str, why: str, **more: Any) -> None:
    """Raises: MailSettled, when somebody else was first."""
    parked = ReceivedMail.objects.filter(pk=row.pk, became=Became.PARKED)
    if not parked.update(became=became, why=why, settled_by=by, **more):
        raise MailSettled
