"""Customers, their contacts and people, for the desk's own people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from redphone.records.models import CaseRow, Component, Contact, Customer, CustomerPin, Person
from redphone.records.queries.asker import Asker, NotYours, require_staff

PER_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLine:
    """A customer in the list; `reachable` counts verified contacts that mail gets to."""

    customer: Customer
    reachable: int
    contacts: int
    open_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    customer: Customer
    contacts: tuple[Contact, ...]
    people: tuple[Person, ...]
    cases: tuple[CaseRow, ...]
    pin_made_at: datetime | None


def customer_list(
    asker: Asker, *, text: str = "", after: str = ""
) -> tuple[tuple[CustomerLine, ...], str]:
    """Customers by name, from after the name `after`; and the name to go on from, or "".

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = Customer.objects.select_related("account_manager").order_by("name")
    if text:
        rows = rows.filter(name__icontains=text)
    if after:
        rows = rows.filter(name__gt=after)
    found = list(rows[: PER_PAGE + 1])
    more, found = len(found) > PER_PAGE, found[:PER_PAGE]
    ids = [customer.pk for customer in found]
    contacts = {
        row["customer"]: row
        for row in Contact.objects.filter(customer__in=ids)
        .values("customer")
        .annotate(
            every=Count("id"),
            good=Count("id", filter=Q(verified_at__isnull=False, unreachable_at=None)),
        )
    }
    open_cases = dict(
        CaseRow.objects.filter(customer__in=ids, status="open")
        .values_list("customer")
        .annotate(Count("number"))
    )
    nothing = {"every": 0, "good": 0}
    lines = tuple(
        CustomerLine(
            customer=customer,
            reachable=contacts.get(customer.pk, nothing)["good"],
            contacts=contacts.get(customer.pk, nothing)["every"],
            open_cases=open_cases.get(customer.pk, 0),
        )
        for customer in found
    )
    return lines, found[-1].name if more else ""


def customer_page(asker: Asker, slug: str) -> CustomerPage:
    """One customer with their contacts, people, and latest cases.

    Raises:
        NotYours: the asker is none of the desk's own people, or there is no such customer.
    """
    require_staff(asker)
    customer = Customer.objects.select_related("account_manager").filter(slug=slug).first()
    if customer is None:
        raise NotYours
    return CustomerPage(
        customer=customer,
        contacts=tuple(customer.contacts.order_by("name", "pk")),
        people=tuple(customer.people.order_by("name", "pk")),
        cases=tuple(customer.cases.select_related("incident").order_by("-number")[:20]),
        pin_made_at=CustomerPin.objects.filter(customer=customer)
        .values_list("made_at", flat=True)
        .first(),
    )


def choices(asker: Asker, *, limit: int = 500) -> tuple[Customer, ...]:
    """Customers to choose among, by name; a form also takes a name that is not in the list."""
    require_staff(asker)
    return tuple(Customer.objects.order_by("name")[:limit])


def by_name(asker: Asker, typed: str) -> Customer | None:
    """The customer of that name or slug, however its letters were typed."""
    require_staff(asker)
    typed = typed.strip()
    found = Customer.objects.filter(Q(name__iexact=typed) | Q(slug=typed.lower()))
    return found.first() if typed else None


def components(asker: Asker) -> tuple[Component, ...]:
    """The status page's components, in its order."""
    require_staff(asker)
    return tuple(Component.objects.all())
