"""What somebody is reached on: add a device, name it, remove it. Codes are in `device_codes`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from redphone.actions.device_codes import own, send_code
from redphone.actions.people import NumberUnusable
from redphone.channels.apprise import apps
from redphone.channels.mail.letter import is_address
from redphone.channels.push.subscription import BadSubscription, Subscription, parse
from redphone.core.stream import DeskError
from redphone.records import policies, rotas
from redphone.records.models import Device, Person
from redphone.records.models.device import DeviceKind
from redphone.records.phones import e164, is_costly
from redphone.records.queries.asker import STAFF
from redphone.records.sealed import seal

MOST = 20
"""Devices of one person: more is a mistake, or mischief."""

LONGEST_NAME = 60


class DeviceError(DeskError):
    """The device can't be added or changed like that."""


class NotOfTheDesk(DeviceError):
    """Only the desk's own people have devices. Choose someone from the list."""


class NoSuchKind(DeviceError):
    """There is no such kind of device. Choose one from the list."""


class TooMany(DeviceError):
    """Twenty devices are the most. Remove one that you no longer use."""


class DeviceStandsAlready(DeviceError):
    """That device is on the list already."""


class MailUnusable(DeviceError):
    """That is no e-mail address that mail could be sent to. Check it."""


class OurOwn(DeviceError):
    """That is this desk itself: a page would come back in as a report. Give one of your own."""


class AppUnusable(DeviceError):
    """That address can't be sent to."""


class LastOneWorking(DeviceError):
    """This is your last device that works. Add another one first, or have the rota changed."""


def add(
    *,
    person: int,
    kind: str,
    to: str,
    at: datetime,
    by: str = "",
    name: str = "",
) -> Device:
    """A new device of one of the desk's own people; it is rung once its code was entered.

    `to` is a telephone number, a mail address, or an app's whole address, which is sealed and
    never shown again. `by` is the actor who adds it, where that is not its owner.

    Raises:
        NotOfTheDesk, NoSuchKind, NumberUnusable, MailUnusable, OurOwn, AppUnusable, TooMany,
        DeviceStandsAlready: see each.
    """
    if kind not in _READ:
        raise NoSuchKind
    address, secret = _READ[DeviceKind(kind)](to.strip())
    with transaction.atomic():
        owner = Person.objects.select_for_update(no_key=True).filter(
            pk=person, is_active=True, role__in=STAFF
        )
        who = owner.first()
        if who is None:
            raise NotOfTheDesk
        if Device.objects.filter(person=who).count() >= MOST:
            raise TooMany
        return _create(
            person=who,
            kind=kind,
            address=address,
            sealed=seal(secret, purpose="device") if secret else "",
            name=_one_line(name),
            added_by="" if by == who.actor else by,
            created_at=at,
        )


def begin(
    *, person: int, kinds: Iterable[str], to: str, at: datetime, name: str = ""
) -> list[Device]:
    """Add devices of one's own at one address, and have a code sent to each: all or none.

    Raises:
        SentTooOften: see `device_codes.send_code`.
        DeviceError, NumberUnusable: see `add`.
    """
    with transaction.atomic():
        made = [add(person=person, kind=kind, to=to, name=name, at=at) for kind in kinds]
        for row in made:
            send_code(person=person, device=row.pk, at=at)
    return made


def _create(**columns: Any) -> Device:
    try:
        with transaction.atomic():
            return Device.objects.create(**columns)
    except IntegrityError as error:
        raise DeviceStandsAlready from error


def rename(*, person: int, device: int, name: str) -> Device:
    """Call one's own device something; "" for its address again.

    Raises:
        NoSuchDevice: it is somebody else's, or nobody's.
    """
    with transaction.atomic():
        row = own(person, device)
        row.name = _one_line(name)
        row.save(update_fields=["name"])
    return row


def remove(*, person: int, device: int, at: datetime) -> Device:
    """Take one's own device away, and out of the rules. The hotline follows its telephone.

    Raises:
        NoSuchDevice: it is somebody else's, or nobody's.
        LastOneWorking: nothing else of theirs works, and they are on a rota; it says which.
    """
    with transaction.atomic():
        row = own(person, device)
        others = Device.objects.filter(person=person).exclude(pk=row.pk)
        left = others.filter(verified_at__isnull=False, off_at=None).exists()
        if row.is_working and not left and (teams := rotas.named(at).get(row.person.actor)):
            raise LastOneWorking(f"You are on the rota of {', '.join(teams)}.")
        if row.kind == DeviceKind.VOICE and row.person.phone_e164 == row.address:
            row.person.phone = ""
            row.person.save(update_fields=["phone"])
        row.delete()
    return row


def _number(to: str) -> tuple[str, str]:
    number = e164(to)
    if number is None or is_costly(number):
        raise NumberUnusable
    if number in {e164(own_number) for own_number in _own_numbers()}:
        raise OurOwn
    return number, ""


def _mail(to: str) -> tuple[str, str]:
    address = to.lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise MailUnusable from error
    if not is_address(address):
        raise MailUnusable
    if address in _own_mail():
        raise OurOwn
    return address, ""


def _app(to: str) -> tuple[str, str]:
    """An app's whole address: what may be shown of it, and itself."""
    if why := apps.refused(to):
        raise AppUnusable(why)
    # Enough to tell two of one kind apart, and to know the same one again.
    mark = hashlib.sha256(f"{settings.SECRET_KEY}:{to}".encode()).hexdigest()[:4]
    return f"{apps.named(to)} ·{mark}", to


def _browser(to: str) -> tuple[str, str]:
    """A browser's subscription: whose push service it is, and itself."""
    try:
        found = parse(to)
    except BadSubscription as error:
        raise AppUnusable from error
    return browser_address(found), found.as_text()


def browser_address(found: Subscription) -> str:
    """What may be shown of a browser: whose push service, and what tells it from others there."""
    mark = salted_hmac("redphone.browser", found.endpoint, algorithm="sha256").hexdigest()[:12]
    return f"{found.host} ·{mark}"


_READ: dict[DeviceKind, Callable[[str], tuple[str, str]]] = {
    DeviceKind.VOICE: _number,
    DeviceKind.SMS: _number,
    DeviceKind.MAIL: _mail,
    DeviceKind.APP: _app,
    DeviceKind.PUSH: _browser,
}


def _own_numbers() -> list[str]:
    try:
        return [policies.current().policy.hotline]
    except policies.NoPolicy:
        return []


def _own_mail() -> set[str]:
    found = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1], *settings.MAIL_ADDRESSES}
    try:
        policy = policies.current().policy
        found |= {policy.email, policy.escalations}
    except policies.NoPolicy:
        pass
    return {address.lower() for address in found}


def _one_line(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:LONGEST_NAME]
