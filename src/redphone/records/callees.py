"""Who stands behind a name that is no team's: a person, a role, the customer's account manager.

Source: EMG-1 to EMG-5, POL-1; clauses.md, rows 15 and 17.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from redphone.core import oncall
from redphone.core.policy import Callee, Named
from redphone.records import rotas
from redphone.records.models import CaseRow, Customer, IncidentRow, Person
from redphone.records.models.person import Role


def find(
    callee: Callee, incident: str, at: datetime, customers: Collection[int] = ()
) -> tuple[str, ...]:
    """The actors of everyone who stands behind a name now, in the order of their numbers.

    People who have left the desk stand behind none. `customers` are those of the incident's cases
    that are being opened now.
    """
    match callee.kind:
        case Named.PERSON:
            return _actors(_colleagues().filter(email=callee.name))
        case Named.ROLE if callee.name == Role.INCIDENT_MANAGER:
            return _free(_actors(_colleagues().filter(role=callee.name)))
        case Named.ROLE:
            return _actors(_colleagues().filter(role=callee.name))
        case Named.ACCOUNT_MANAGER:
            theirs = _affected(incident, customers)
            return _actors(_colleagues().filter(accounts__in=theirs).distinct())
        case Named.SENIOR if callee.name:
            number = int(callee.name.removeprefix("person:"))
            return _actors(_colleagues().filter(pk=number, is_senior=True))
        case Named.SENIOR:
            return _seniors_on_call(at)
        case _:
            return rotas.on_call(callee.name, at)


def managed_beside(person: str, incident: str) -> tuple[str, ...]:
    """The other open emergencies of priority 1 whose incident manager a person is.

    Source: clauses.md, row 17.
    """
    number = int(person.removeprefix("person:"))
    rows = IncidentRow.objects.filter(status="open", priority=1, manager=number)
    return tuple(rows.exclude(ref=incident).order_by("number").values_list("ref", flat=True))


def _colleagues() -> QuerySet[Person]:
    return Person.objects.filter(is_active=True).exclude(role=Role.CUSTOMER)


def _actors(people: QuerySet[Person]) -> tuple[str, ...]:
    return tuple(f"person:{pk}" for pk in people.order_by("pk").values_list("pk", flat=True))


def _free(people: tuple[str, ...]) -> tuple[str, ...]:
    """Those who manage nothing now; everyone when none is free, since somebody has to."""
    busy = IncidentRow.objects.filter(status="open", priority=1, manager__isnull=False)
    taken = {f"person:{pk}" for pk in busy.values_list("manager", flat=True)}
    return tuple(person for person in people if person not in taken) or people


def _affected(incident: str, customers: Collection[int]) -> QuerySet[Customer]:
    """The customers with a case in the incident, and those who were named."""
    reported = CaseRow.objects.filter(incident__ref=incident).exclude(status="declined")
    named = IncidentRow.objects.filter(ref=incident).values_list("state__named", flat=True)
    ids = {int(each["customer"]) for each in (named.first() or ())} | set(customers)
    known = Q(pk__in=reported.filter(customer__isnull=False).values("customer")) | Q(pk__in=ids)
    return Customer.objects.filter(known)


def _seniors_on_call(at: datetime) -> tuple[str, ...]:
    on_call = {p for rota in rotas.rotas(at).values() for p in oncall.on_call(rota, at)}
    seniors = _actors(_colleagues().filter(is_senior=True))
    return tuple(person for person in seniors if person in on_call)
