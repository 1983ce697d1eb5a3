"""Customers: who they are, whom to tell when something is wrong, and who may sign in for them."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from redphone.core.stream import DeskError
from redphone.records.models import Contact, Customer, Person
from redphone.records.models.customer import Plan
from redphone.records.models.person import Role


class CustomerError(DeskError):
    """The customer can't be changed like that."""


class NoSuchCustomer(CustomerError):
    """There is no such customer. Look in the list of customers."""


class NoSuchContact(CustomerError):
    """That contact is gone already."""


class NameMissing(CustomerError):
    """A name is needed."""


class NameTaken(CustomerError):
    """There is already a customer of that name. Choose another name."""


class NoSuchPlan(CustomerError):
    """The policy has no such plan. Choose one from the list."""


class NoWayToReach(CustomerError):
    """A contact needs an e-mail address or a telephone number."""


class AddressUnusable(CustomerError):
    """That is no e-mail address that mail could be sent to. Check it."""


class ContactStandsAlready(CustomerError):
    """This customer already has a contact with that e-mail address."""


class AddressTaken(CustomerError):
    """Somebody already signs in with that e-mail address."""


def add_customer(*, name: str, plan: str, account_manager: int | None, at: datetime) -> Customer:
    """Take in a new customer.

    Raises:
        NameMissing, NameTaken, NoSuchPlan: see each.
    """
    name = name.strip()
    if not slugify(name):
        raise NameMissing
    _known_plan(plan)
    try:
        with transaction.atomic():
            return Customer.objects.create(
                name=name,
                slug=slugify(name)[:80],
                plan=plan,
                account_manager_id=account_manager,
                created_at=at,
            )
    except IntegrityError as error:
        raise NameTaken from error


def change_customer(
    *, customer: int, name: str, plan: str, account_manager: int | None
) -> Customer:
    """Rename a customer, or change their plan: cases keep the plan that they were opened under.

    Raises:
        NoSuchCustomer, NameMissing, NameTaken, NoSuchPlan: see each.
    """
    name = name.strip()
    if not name:
        raise NameMissing
    _known_plan(plan)
    row = _customer(customer)
    row.name, row.plan, row.account_manager_id = name, plan, account_manager
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "plan", "account_manager"])
    except IntegrityError as error:
        raise NameTaken from error
    return row


def save_contact(
    *,
    customer: int,
    contact: int | None,
    name: str,
    email: str,
    phone: str,
    security: bool,
) -> Contact:
    """Add a contact, or change one. A changed address has to be verified anew.

    Raises:
        NoSuchCustomer, NoSuchContact, NameMissing, NoWayToReach, AddressUnusable,
        ContactStandsAlready: see each.

    Source: EMG-2, EMG-4, EMG-5.
    """
    name, email, phone = name.strip(), email.strip(), phone.strip()
    if not name:
        raise NameMissing
    if not email and not phone:
        raise NoWayToReach
    _usable(email)
    row = Contact(customer=_customer(customer)) if contact is None else _contact(contact, customer)
    if row.email.lower() != email.lower():
        row.verified_at, row.unreachable_at, row.unreachable_why = None, None, ""
    row.name, row.email, row.phone, row.security = name, email, phone, security
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ContactStandsAlready from error
    return row


def verify_contact(*, contact: int, customer: int, at: datetime) -> None:
    """Say that this contact was checked over another way: from now on they are written to.

    Raises:
        NoSuchContact: it is gone.

    Source: EMG-2, EMG-5.
    """
    row = _contact(contact, customer)
    row.verified_at = at
    row.save(update_fields=["verified_at"])


def reach_contact_again(*, contact: int, customer: int) -> None:
    """Say that what kept mail from this contact has been put right.

    Raises:
        NoSuchContact: it is gone.
    """
    row = _contact(contact, customer)
    row.unreachable_at, row.unreachable_why = None, ""
    row.save(update_fields=["unreachable_at", "unreachable_why"])


def remove_contact(*, contact: int, customer: int) -> None:
    """Tell this contact nothing any more. What they were sent stays on record.

    Raises:
        NoSuchContact: it is gone already.
    """
    _contact(contact, customer).delete()


def add_person(*, customer: int, name: str, email: str) -> Person:
    """Let somebody sign in for a customer. They have no password until they choose one.

    Raises:
        NoSuchCustomer, NameMissing, AddressUnusable, AddressTaken: see each.
    """
    name, email = name.strip(), email.strip().lower()
    if not name:
        raise NameMissing
    if not email:
        raise AddressUnusable
    _usable(email)
    row = _customer(customer)
    try:
        with transaction.atomic():
            return Person.objects.create_user(
                email, None, name=name, role=Role.CUSTOMER, customer=row
            )
    except IntegrityError as error:
        raise AddressTaken from error


def _known_plan(plan: str) -> None:
    if plan not in Plan.values:
        raise NoSuchPlan


def _usable(email: str) -> None:
    try:
        if email:
            validate_email(email)
    except ValidationError as error:
        raise AddressUnusable from error


def _customer(pk: int) -> Customer:
    row = Customer.objects.filter(pk=pk).first()
    if row is None:
        raise NoSuchCustomer
    return row


def _contact(pk: int, customer: int) -> Contact:
    row = Contact.objects.filter(pk=pk, customer=customer).first()
    if row is None:
        raise NoSuchContact
    return row
