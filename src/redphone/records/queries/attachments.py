"""Files of a case, for those who may see the case."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from redphone.records.ledger import NoSuchStream
from redphone.records.models import Attachment, CaseRow
from redphone.records.queries import customer
from redphone.records.queries.asker import Asker


def of_case(row: CaseRow) -> QuerySet[Attachment]:
    """A case's files without their bytes, oldest first, for who may see the case."""
    return customer.files(row)


def attachment(asker: Asker, ref: str, number: uuid.UUID) -> Attachment:
    """One file of a case.

    Raises:
        NoSuchStream: there is no such case or file, or the asker may not see it.

    Source: EMG-2.
    """
    row = CaseRow.objects.select_related("incident").filter(ref=ref).first()
    if row is None or not customer.may_see(asker, row):
        raise NoSuchStream
    return _of(row, number)


def reported_attachment(report: uuid.UUID | None, number: uuid.UUID) -> Attachment:
    """One file of the case that a report became, for who holds the report's link.

    Raises:
        NoSuchStream: there is no such case or file.
    """
    row = CaseRow.objects.filter(report=report).first() if report else None
    if row is None:
        raise NoSuchStream
    return _of(row, number)


def _of(row: CaseRow, number: uuid.UUID) -> Attachment:
    found = of_case(row).defer(None).filter(pk=number).first()
    if found is None:
        raise NoSuchStream
    return found
