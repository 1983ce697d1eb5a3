"""Whom a page can reach, on what, and after how long.

A person's own rule says it. Without one, all their verified devices are tried: what can be read
at once, the telephone after a minute and again after three. Somebody without any device that works
is written to at the address that they sign in with: a page is never dropped for want of a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from redphone.records.models import Device, Person, RuleStep
from redphone.records.models.device import DeviceKind, Urgency

RINGS_AFTER = (timedelta(minutes=1), timedelta(minutes=3))
"""When the telephone rings for whoever has made no rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """One try to reach somebody: on what, and how long after the page was made.

    `device` is None for the address that they sign in with. `turn` counts the tries of one device
    within the rule, from 1.
    """

    channel: str
    address: str
    device: int | None = None
    after: timedelta = timedelta()
    turn: int = 1

    @property
    def name(self) -> str:
        """What tells this try from the others of the same page."""
        named = self.channel if self.device is None else f"{self.channel}:{self.device}"
        return named if self.turn == 1 else f"{named}:{self.turn}"


def rings(people: Collection[int], urgency: Urgency) -> dict[int, tuple[Ring, ...]]:
    """For each of these active people what is tried, soonest first; never nothing."""
    owned: dict[int, list[Device]] = {}
    for device in _working(people).order_by("id"):
        owned.setdefault(device.person_id, []).append(device)
    steps: dict[int, list[RuleStep]] = {}
    rules = RuleStep.objects.filter(person__in=owned, urgency=urgency)
    for step in rules.order_by("after_s", "position"):
        steps.setdefault(step.person_id, []).append(step)
    mails = dict(Person.objects.filter(pk__in=set(people)).values_list("pk", "email"))
    return {
        person: tuple(_own(owned.get(person, ()), steps.get(person, ()), urgency))
        or (Ring(channel=DeviceKind.MAIL.value, address=mail),)
        for person, mail in mails.items()
    }


def _own(devices: Iterable[Device], steps: Iterable[RuleStep], urgency: Urgency) -> list[Ring]:
    by_number = {device.pk: device for device in devices}
    chosen = [
        (by_number[step.device_id], timedelta(seconds=step.after_s))
        for step in steps
        if step.device_id in by_number
    ]
    planned = chosen or _by_default(by_number.values(), urgency)
    turns: dict[int, int] = {}
    found = []
    for device, after in planned:
        turn = turns[device.pk] = turns.get(device.pk, 0) + 1
        found.append(
            Ring(
                channel=device.kind,
                address=device.address,
                device=device.pk,
                after=after,
                turn=turn,
            )
        )
    return found


def _by_default(devices: Iterable[Device], urgency: Urgency) -> list[tuple[Device, timedelta]]:
    voice = [device for device in devices if device.kind == DeviceKind.VOICE]
    read = [device for device in devices if device.kind != DeviceKind.VOICE]
    if urgency is Urgency.CALM:
        mail = [device for device in read if device.kind == DeviceKind.MAIL]
        return [(device, timedelta()) for device in (mail or read or voice)[:1]]
    waits = RINGS_AFTER if read else (timedelta(), RINGS_AFTER[-1])
    calls = [(device, after) for after in waits for device in voice]
    return [*((device, timedelta()) for device in read), *calls]


def unreachable(people: Collection[int]) -> set[int]:
    """Those of these people who have no verified device that works: no rota may name them."""
    return set(people) - set(_working(people).values_list("person_id", flat=True))


def _working(people: Collection[int]) -> QuerySet[Device]:
    return Device.objects.filter(person__in=people, verified_at__isnull=False, off_at=None)
