"""Codes: that who adds a device is who answers it. And tests of those that work.

A code is six digits, good for ten minutes and five tries; the newest is the only one. How many
are sent is bounded for who asks and for where they go: nobody can have a stranger's telephone
rung by adding it to their page.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac

from redphone.core.reach import masked
from redphone.core.stream import DeskError
from redphone.records import wake
from redphone.records.models import Device, DeviceMessage, Person
from redphone.records.models.device import DeviceKind
from redphone.records.models.device_message import DeviceMessagePurpose as Purpose
from redphone.records.models.device_message import DeviceMessageState as State
from redphone.records.queries.asker import NotYours
from redphone.records.sealed import seal

LENGTH = 6
TRIES = 5
CODE_IS_GOOD_FOR = timedelta(minutes=10)
TEST_IS_WORTH_SENDING_FOR = timedelta(minutes=5)
NEWS_ARE_WORTH_SENDING_FOR = timedelta(days=1)

MOST = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
"""So many codes at most in such a time, for one person, and to one address."""

MOST_TESTS = ((5, timedelta(minutes=10)), (30, timedelta(days=1)))

SEALED_FOR = "device-code"

_SALT = "redphone.device.code"


class CodeError(DeskError):
    """The device can't be verified like that."""


class NoSuchDevice(NotYours):
    """You have no such device. It may have been removed."""


class WorksAlready(CodeError):
    """This device works already: it needs no code."""


class SentTooOften(CodeError):
    """So many codes were sent just now that no more go out for a while. Wait ten minutes, and look
    whether the number or address is right."""


class NoCodeWaits(CodeError):
    """No code is waiting for this device. Have a new one sent."""


class CodeTooOld(CodeError):
    """That code is older than ten minutes. Have a new one sent."""


class CodeWrong(CodeError):
    """That is not the code."""


class TriesUsedUp(CodeError):
    """That is not the code either, and its five tries are used up. Have a new one sent."""


class NothingToTest(CodeError):
    """This device does not work yet. Enter its code first."""


def send_code(*, person: int, device: int, at: datetime) -> DeviceMessage:
    """Have a new code sent to one's own device: the only one that counts from now on.

    Raises:
        NoSuchDevice, WorksAlready, SentTooOften: see each.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(LENGTH))
    with transaction.atomic():
        row = own(person, device)
        if row.is_working:
            raise WorksAlready
        _bound(row, Purpose.CODE, MOST, at)
        _drop_waiting(row, "a newer code took its place", at)
        row.code_hash = _digest(row, code)
        row.code_until, row.code_tries = at + CODE_IS_GOOD_FOR, TRIES
        row.save(update_fields=["code_hash", "code_until", "code_tries"])
        sealed = seal(code, purpose=SEALED_FOR)
        return _write(row, Purpose.CODE, at=at, until=at + CODE_IS_GOOD_FOR, sealed=sealed)


def verify(*, person: int, device: int, code: str, at: datetime) -> Device:
    """Enter the code of one's own device: from now on it is rung.

    A wrong one costs a try, which is committed whatever comes after it. A first telephone becomes
    the one on which the hotline rings, too; of a device that is new, the sign-in address is told.

    Raises:
        NoSuchDevice, NoCodeWaits, CodeTooOld, CodeWrong, TriesUsedUp: see each.
    """
    with transaction.atomic():
        row = own(person, device)
        wrong = _check(row, code, at)
        if wrong is None:
            _works(row, at)
    if wrong is not None:
        raise wrong
    return row


def test(*, person: int, device: int, at: datetime) -> DeviceMessage:
    """Send one's own device a message that tells only that the line works.

    Raises:
        NoSuchDevice, NothingToTest, SentTooOften: see each.
    """
    with transaction.atomic():
        row = own(person, device)
        if not row.is_working:
            raise NothingToTest
        _bound(row, Purpose.TEST, MOST_TESTS, at)
        return _write(row, Purpose.TEST, at=at, until=at + TEST_IS_WORTH_SENDING_FOR)


def own(person: int, device: int) -> Device:
    """One's own device, locked, and its owner before it: what is counted for them holds.

    Raises:
        NoSuchDevice: it is somebody else's, or nobody's.
    """
    list(Person.objects.select_for_update(no_key=True).filter(pk=person))
    mine = Device.objects.select_for_update(no_key=True, of=("self",)).select_related("person")
    row = mine.filter(pk=device, person=person, person__is_active=True).first()
    if row is None:
        raise NoSuchDevice
    return row


def _check(row: Device, typed: str, at: datetime) -> CodeError | None:
    """What is wrong with a code, after its try was counted; None when it is right."""
    if not row.code_hash or row.code_until is None or row.is_working:
        return NoCodeWaits()
    if at >= row.code_until:
        return CodeTooOld()
    if row.code_tries <= 0:
        return TriesUsedUp()
    code = re.sub(r"[\s.-]", "", typed)
    if constant_time_compare(_digest(row, code), row.code_hash):
        return None
    row.code_tries -= 1
    row.save(update_fields=["code_tries"])
    if not row.code_tries:
        return TriesUsedUp()
    left = "One try is left." if row.code_tries == 1 else f"{row.code_tries} tries are left."
    return CodeWrong(left)


def _works(row: Device, at: datetime) -> None:
    is_new = row.verified_at is None
    row.verified_at, row.off_at, row.off_why = at, None, ""
    row.code_hash, row.code_until, row.code_tries = "", None, 0
    row.save(
        update_fields=[
            *("verified_at", "off_at", "off_why"),
            *("code_hash", "code_until", "code_tries"),
        ]
    )
    _drop_waiting(row, "its code was entered", at)
    if row.kind == DeviceKind.VOICE and not row.person.phone:
        row.person.phone = row.address
        row.person.save(update_fields=["phone"])
    if is_new:
        _tell_of(row, at)


def _tell_of(row: Device, at: datetime) -> None:
    """Tell whose pages go to a new device, where they sign in: it may not have been them."""
    mails = Device.objects.filter(person=row.person, kind=DeviceKind.MAIL, off_at=None)
    known = mails.filter(address=row.person.email, verified_at__isnull=False)
    for mail in known.exclude(pk=row.pk):
        about = f"{row.get_kind_display()} {masked(row.kind, row.address)}"
        _write(mail, Purpose.NEWS, at=at, until=at + NEWS_ARE_WORTH_SENDING_FOR, about=about)


def _drop_waiting(row: Device, why: str, at: datetime) -> None:
    waiting = DeviceMessage.objects.filter(device=row, purpose=Purpose.CODE)
    waiting.filter(state__in=[State.PENDING, State.SENDING]).update(
        state=State.FAILED, sealed="", said=why, ended_at=at, sending_since=None
    )


def _bound(
    row: Device, purpose: Purpose, most: tuple[tuple[int, timedelta], ...], at: datetime
) -> None:
    sent = DeviceMessage.objects.filter(
        Q(person=row.person_id) | Q(channel=row.kind, address=row.address), purpose=purpose
    )
    if any(sent.filter(created_at__gt=at - within).count() >= many for many, within in most):
        raise SentTooOften


def _write(
    row: Device,
    purpose: Purpose,
    *,
    at: datetime,
    until: datetime,
    sealed: str = "",
    about: str = "",
) -> DeviceMessage:
    message = DeviceMessage.objects.create(
        person_id=row.person_id,
        device=row,
        purpose=purpose,
        channel=row.kind,
        address=row.address,
        sealed=sealed,
        about=about,
        next_try_at=at,
        deadline_at=until,
        created_at=at,
    )
    wake.devices()
    return message


def _digest(row: Device, code: str) -> str:
    """A digest that needs our secret key: six digits alone are soon tried through."""
    told = f"{row.pk}:{row.address}:{code}"
    return salted_hmac(_SALT, told, algorithm="sha256").hexdigest()
