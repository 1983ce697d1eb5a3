"""Somebody whom a vendor's page named, as our own books have them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.records.models import CaseRow, Customer, Person
from redphone.records.queries.customer import contact_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody whom a vendor's page named, as our books have them. "" is what isn't known."""

    name: str = ""
    organisation: str = ""
    contact: str = ""
    plan: str | None = None


def known(*, person: int | None, customer: int | None, name: str, email: str) -> Known:
    """Who that is: by our own books, or else by the name and address that came with them."""
    account = Person.objects.filter(pk=person).first() if person else None
    owner = Customer.objects.filter(pk=customer).first() if customer else None
    return Known(
        name=account.name if account else name or email,
        organisation=owner.name if owner else "",
        contact=contact_of(person) or email,
        plan=owner.plan if owner else None,
    )


LATELY = timedelta(days=1)


def reported_lately(person: int | None, *, at: datetime) -> list[tuple[str, uuid.UUID]]:
    """The open cases that this very person reported within a day, newest first, each with its
    report: so that whoever has closed the page finds it again."""
    if person is None:
        return []
    rows = CaseRow.objects.filter(reporter=person, status="open", opened_at__gt=at - LATELY)
    return list(rows.order_by("-opened_at").values_list("ref", "report_id")[:5])
