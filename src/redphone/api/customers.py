"""Customers: who looks after each of them."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from redphone.actions import customers
from redphone.api import bodies, schemas, shapes
from redphone.api.auth import caller
from redphone.api.problems import Unusable
from redphone.records.models import Customer
from redphone.records.queries import api as doors
from redphone.records.queries import customers as pages
from redphone.records.queries import rights
from redphone.records.queries.asker import require_staff

router = Router(tags=["Customers"])


@router.get("/{slug}", response=schemas.Customer, summary="Read a customer")
def show(request: HttpRequest, slug: str) -> schemas.Customer:
    """Their plan, and the colleague who looks after them."""
    who = caller(request)
    require_staff(who.asker)
    return _shown(pages.customer_page(who.asker, slug.replace("\x00", "")).customer)


@router.post(
    "/{slug}/account-manager", response=schemas.Customer, summary="Set the account manager"
)
def set_account_manager(
    request: HttpRequest, slug: str, said: bodies.AccountManager
) -> schemas.Customer:
    """One of the desk's people, whom a ladder's step can call; null: nobody."""
    who = caller(request)
    rights.require(who.asker, "customers.change")
    row = pages.customer_page(who.asker, slug.replace("\x00", "")).customer
    manager = None
    if said.email is not None:
        manager = doors.person_of_the_desk(said.email.replace("\x00", ""))
        if manager is None:
            raise Unusable("email", "None of the desk's people has that e-mail address.")
    changed = customers.change_customer(
        customer=row.pk,
        name=row.name,
        plan=row.plan,
        account_manager=manager.pk if manager else None,
    )
    return _shown(changed)


def _shown(row: Customer) -> schemas.Customer:
    return schemas.Customer(
        slug=row.slug,
        name=row.name,
        plan=row.plan,
        account_manager=shapes.person_ref(row.account_manager),
    )
