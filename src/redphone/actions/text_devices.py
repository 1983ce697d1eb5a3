"""Whose telephone an SMS came from, what rings there, and switching it off and on by STOP."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import Q

from redphone.actions import failures, letters_page, links, standings
from redphone.actions.standings import Stage
from redphone.core.ringing import ANSWERED
from redphone.records import ledger
from redphone.records.models import Delivery, Device, Person
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.models.device import DeviceKind
from redphone.records.models.person import Role

log = logging.getLogger(__name__)

TELEPHONES = (DeviceKind.SMS, DeviceKind.VOICE)
STOPPED = "its owner sent STOP"
MOST = 20


def people_of(number: str) -> list[Person]:
    """The desk's own people who have proved that this number is theirs, or are called there."""
    proved = Q(
        devices__address=number,
        devices__kind__in=TELEPHONES,
        devices__verified_at__isnull=False,
    )
    found = Person.objects.filter(proved | Q(phone_e164=number), is_active=True)
    return list(found.exclude(role=Role.CUSTOMER).distinct().order_by("pk"))


def ringing(people: list[int], incident: str, *, at: datetime) -> list[Delivery]:
    """What rings for these people now, one an incident: what was sent last comes first.

    An SMS comes before all else, since it is what is answered by one. Without `incident`, what has
    not left yet is left out: nobody takes what they have not heard of. What they have passed on
    can be taken all the same.
    """
    pages = Delivery.objects.filter(
        purpose__in=ANSWERED,
        person__in=people,
        created_at__gt=at - letters_page.PAGE_LASTS,
        state__in=[State.SENT, State.DELIVERED, State.SENDING, State.PENDING, State.FAILED],
    ).select_related("person")
    if incident:
        pages = pages.filter(stream=incident)
    else:
        pages = pages.exclude(state=State.PENDING, tries=0)
    rows = sorted(
        pages.order_by("-id")[:MOST],
        key=lambda row: (row.channel == DeviceKind.SMS, row.sent_at or row.created_at, row.pk),
        reverse=True,
    )
    found: dict[str, Delivery] = {}
    for row in rows:
        if row.stream not in found and _rings(row, at):
            found[row.stream] = row
    return list(found.values())


def has_answered(people: list[int], *, since: datetime) -> bool:
    """Whether one of these people has taken a page since then, by whatever device."""
    pages = Delivery.objects.filter(purpose__in=ANSWERED, person__in=people)
    return pages.filter(answered_at__gte=since).exists()


def _rings(row: Delivery, at: datetime) -> bool:
    page = standings.page(links.answer_token(row.pk, row.person_id or 0), at=at)
    return page.stage in (Stage.RINGS, Stage.PASSED)


def switch_off(number: str, *, at: datetime) -> None:
    """No SMS goes there any more. Its owner is told on what else they have, and the managers."""
    for device in Device.objects.filter(kind=DeviceKind.SMS, address=number, off_at=None):
        last = Delivery.objects.filter(device=device).order_by("-id").first()
        if last is None:
            Device.objects.filter(pk=device.pk, off_at=None).update(off_at=at, off_why=STOPPED)
            log.warning("device %s was switched off by STOP", device.pk)
            continue
        with ledger.writing(at=at) as book:
            failures.switch_off(book, last, said=STOPPED, at=at)


def switch_on(number: str) -> None:
    """SMS go there again, where STOP was what had ended them."""
    stopped = Device.objects.filter(kind=DeviceKind.SMS, address=number, off_why=STOPPED)
    stopped.update(off_at=None, off_why="")
