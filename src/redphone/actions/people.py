"""The desk's own people: taken in, moved to another address, and their telephone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from redphone.core.stream import DeskError
from redphone.records.models import Device, Person
from redphone.records.models.device import DeviceKind
from redphone.records.phones import e164
from redphone.records.queries.asker import STAFF


class NumberUnusable(DeskError):
    """That is no telephone number. Write it with its country, as +44 20 7946 0321."""


class ColleagueError(DeskError):
    """Nobody can be taken in or moved like that."""


class NoSuchRole(ColleagueError):
    """The desk has no such role."""


class NameMissing(ColleagueError):
    """A name is needed, for whoever reads a timeline."""


class AddressUnusable(ColleagueError):
    """That is no e-mail address that mail could be sent to. Check it."""


class AddressTaken(ColleagueError):
    """Somebody already signs in with that e-mail address."""


class NoSuchColleague(ColleagueError):
    """None of the desk's own people signs in with that e-mail address."""


def add(
    *,
    email: str,
    name: str,
    role: str,
    at: datetime,
    password: str | None = None,
    **more: Any,
) -> Person:
    """Take in one of the desk's own people. Their address is their first device.

    It is rung once its code was entered. Without a password they have none until they choose one.

    Raises:
        NoSuchRole, NameMissing, AddressUnusable, AddressTaken: see each.
    """
    if role not in STAFF:
        raise NoSuchRole
    if not name.strip():
        raise NameMissing
    _usable(email)
    try:
        with transaction.atomic():
            person = Person.objects.create_user(
                email, password, name=name.strip(), role=role, **more
            )
            Device.objects.create(
                person=person, kind=DeviceKind.MAIL, address=person.email, created_at=at
            )
    except IntegrityError as error:
        raise AddressTaken from error
    return person


def move(*, email: str, to: str, at: datetime) -> Person:
    """Let somebody sign in with another address. Their device of the old one follows, unverified.

    A page still comes to the new address meanwhile if nothing else of theirs works.

    Raises:
        NoSuchColleague, AddressUnusable, AddressTaken: see each.
    """
    _usable(to)
    with transaction.atomic():
        found = Person.objects.select_for_update(no_key=True).filter(
            email=Person.objects.normalize_email(email), role__in=STAFF
        )
        person = found.first()
        if person is None:
            raise NoSuchColleague
        before, person.email = person.email, Person.objects.normalize_email(to)
        try:
            with transaction.atomic():
                person.save(update_fields=["email"])
        except IntegrityError as error:
            raise AddressTaken from error
        _follow(person, before, at)
    return person


def _follow(person: Person, before: str, at: datetime) -> None:
    mails = Device.objects.filter(person=person, kind=DeviceKind.MAIL)
    if mails.filter(address=person.email).exists():
        return
    moved = mails.filter(address=before).update(
        address=person.email, verified_at=None, off_at=None, off_why="", code_hash=""
    )
    if not moved:
        Device.objects.create(
            person=person, kind=DeviceKind.MAIL, address=person.email, created_at=at
        )


def set_phone(*, person: int, phone: str) -> None:
    """Say on which telephone the hotline rings somebody; "" for none.

    Raises:
        NumberUnusable: nobody could dial it.

    Source: POL-1.
    """
    phone = phone.strip()
    if phone and e164(phone) is None:
        raise NumberUnusable
    row = Person.objects.get(pk=person)
    row.phone = phone
    row.save(update_fields=["phone"])


def _usable(email: str) -> None:
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise AddressUnusable from error
