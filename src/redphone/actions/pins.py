"""Customers' PINs for the hotline: made by the desk, shown once, kept as a keyed digest."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from redphone.actions.customers import NoSuchCustomer
from redphone.records.models import CallEvent, Customer, CustomerPin

LENGTH = 8

WRONG_AN_HOUR = 60
"""Wrong PINs of all calls together after which none is looked up for a while. A hundred million
PINs are there; who guesses at this rate finds one of a thousand customers in two months."""

_SALT = "redphone.hotline.pin"


def make_pin(*, customer: int, by: str, at: datetime) -> str:
    """Give a customer a new PIN; the old one names nobody any more. It is never shown again.

    Raises:
        NoSuchCustomer: there is no such customer.
    """
    if not Customer.objects.filter(pk=customer).exists():
        raise NoSuchCustomer
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(LENGTH))
        told = {"digest": digest(pin), "made_at": at, "made_by": by}
        try:
            with transaction.atomic():
                CustomerPin.objects.update_or_create(customer_id=customer, defaults=told)
        except IntegrityError:
            # Another customer has this very one: a PIN names one customer only.
            continue
        return pin


def remove_pin(*, customer: int) -> None:
    """Take a customer's PIN away: it names nobody any more."""
    CustomerPin.objects.filter(customer=customer).delete()


def digest(pin: str) -> str:
    """A digest that needs our secret key: eight digits alone are soon tried through."""
    return salted_hmac(_SALT, pin, algorithm="sha256").hexdigest()


def are_asked(*, at: datetime) -> bool:
    """Whether callers are asked for a PIN: somebody has one, and nobody is guessing them."""
    return CustomerPin.objects.exists() and not _are_guessed(at)


def check(pin: str, *, at: datetime) -> int:
    """Whose PIN it is: a customer, or 0."""
    if len(pin) != LENGTH or _are_guessed(at):
        return 0
    found = CustomerPin.objects.filter(digest=digest(pin)).values_list("customer_id", flat=True)
    return found.first() or 0


def _are_guessed(at: datetime) -> bool:
    wrong = CallEvent.objects.filter(step="pin", told__customer=0)
    return wrong.filter(received_at__gte=at - timedelta(hours=1)).count() >= WRONG_AN_HOUR
