"""Browsers that get pushes: one asks for them, is known again, and moves to another address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from redphone.actions import device_codes, devices
from redphone.channels.push.subscription import BadSubscription, Subscription, parse
from redphone.core.stream import DeskError
from redphone.records.models import Device
from redphone.records.models.device import DeviceKind
from redphone.records.sealed import SealBroken, seal, unseal


class NoSubscription(DeskError):
    """This browser gave nothing that a push could be sent to. Reload the page, and try again."""


class Standing(StrEnum):
    """What a browser is to us: as a device of who is signed in there."""

    UNKNOWN = "unknown"
    WAITS = "waits"
    WORKS = "works"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One browser's device, 0 when it is none."""

    device: int
    standing: Standing


def subscribe(*, person: int, subscription: bytes, name: str, at: datetime) -> Known:
    """Push to this browser from now on, once its own service worker has brought the code back.

    The same browser again is the same device, switched on again if it was dead: it keeps its
    place in the rule.

    Raises:
        NoSubscription: it can't be read.
        SentTooOften, TooMany, NotOfTheDesk: see `device_codes` and `devices`.
    """
    wanted = _read(subscription)
    found = find(person, subscription)
    if found.standing is Standing.WORKS:
        return found
    with transaction.atomic():
        number = found.device or _dead(person, name)
        if number:
            _move(number, wanted)
            Device.objects.filter(pk=number).update(verified_at=None, off_at=None, off_why="")
            device_codes.send_code(person=person, device=number, at=at)
        else:
            kinds, text = [DeviceKind.PUSH.value], wanted.as_text()
            made = devices.begin(person=person, kinds=kinds, to=text, name=name, at=at)
            number = made[0].pk
    return Known(device=number, standing=Standing.WAITS)


def find(person: int, subscription: bytes) -> Known:
    """What this browser is to somebody.

    Raises:
        NoSubscription: it can't be read.
    """
    row = _device(person, _read(subscription))
    if row is None:
        return Known(device=0, standing=Standing.UNKNOWN)
    if row.off_at is not None:
        return Known(device=row.pk, standing=Standing.OFF)
    standing = Standing.WORKS if row.is_working else Standing.WAITS
    return Known(device=row.pk, standing=standing)


def move(*, person: int, old: bytes, new: bytes, at: datetime) -> Known:
    """Follow a browser whose push service has given it another address.

    It is the browser that knows the old one's secrets, and where its owner is signed in. A test
    goes to the new address, so that its owner sees whether it works.

    Raises:
        NoSubscription: they can't be read.
    """
    before, after = _read(old), _read(new)
    with transaction.atomic():
        row = _device(person, before)
        if row is None or _kept(row) != before:
            return Known(device=0, standing=Standing.UNKNOWN)
        _move(row.pk, after)
        if row.is_working:
            device_codes.test(person=person, device=row.pk, at=at)
    return find(person, new)


def _read(subscription: bytes) -> Subscription:
    try:
        return parse(subscription)
    except BadSubscription as error:
        raise NoSubscription from error


def _device(person: int, subscription: Subscription) -> Device | None:
    mine = Device.objects.filter(person=person, kind=DeviceKind.PUSH)
    return mine.filter(address=devices.browser_address(subscription)).first()


def _dead(person: int, name: str) -> int:
    """A dead browser of the same name, in whose place this one comes; 0 when there is none."""
    dead = Device.objects.filter(
        person=person, kind=DeviceKind.PUSH, name=name, off_at__isnull=False
    )
    return dead.order_by("pk").values_list("pk", flat=True).first() or 0


def _kept(row: Device) -> Subscription | None:
    try:
        return parse(unseal(row.sealed, purpose="device"))
    except (BadSubscription, SealBroken):
        return None


def _move(device: int, to: Subscription) -> None:
    sealed = seal(to.as_text(), purpose="device")
    Device.objects.filter(pk=device).update(address=devices.browser_address(to), sealed=sealed)
