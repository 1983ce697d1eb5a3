"""Not ringing more often than helps: what rings one device waits for each other, and goes as one.

While a page to a device is fresh, further ones wait; then the first of them carries all, and what
becomes of it becomes of them. So does whatever else is urgent; one message asks one thing only. A
storm so rings once, and once more. Nothing waits in a memory: the rows say who carries whom.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from redphone.actions import one_ring
from redphone.core.updates import URGENT
from redphone.records import states
from redphone.records.models import Delivery, IncidentRow, Person
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.models.device import DeviceKind
from redphone.records.rings import still_wanted

LOUD = frozenset({DeviceKind.VOICE, DeviceKind.SMS, DeviceKind.PUSH, DeviceKind.APP})
"""What makes a noise in the night. Mail is kept one a page: it is read, and looked up later."""

APART = timedelta(seconds=60)
"""Between two rings of one device for different incidents."""

SOON = timedelta(seconds=5)
"""What would be due so soon after goes along: to wait for it would only ring again."""

HOUR = timedelta(hours=1)

HELD_FOR = timedelta(minutes=5)
"""The longest that the hourly limit holds a page back: past it, a person is rung this often."""

FIRST_PAGE = 0
ENDED = (State.STALE, State.CANCELLED, State.FAILED, State.SENT, State.DELIVERED)


def has_to_wait(delivery: Delivery, *, at: datetime) -> bool:
    """Whether a claimed row is not sent now, since its device has just rung for another one.

    When it may go, it is written down that it rings from now on, and what it carries along. The
    person's row is the lock: of two workers with a page to one device each, one waits.
    """
    if delivery.purpose not in URGENT or delivery.channel not in LOUD:
        return False
    if delivery.device_id is None or delivery.person_id is None:
        return False
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=delivery.person_id)
        # Its own row before those that go along: an answer for several takes them in any order.
        list(_still(delivery).select_for_update(no_key=True).values_list("pk"))
        if one_ring.goes_along(delivery, at=at):
            return True
        until = _free_at(delivery, at)
        if until is None:
            _ring(delivery, at)
        else:
            _still(delivery).update(
                state=State.PENDING, sending_since=None, tries=F("tries") - 1, next_try_at=until
            )
    return until is not None


def _still(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, sending_since=delivery.sending_since
    )


def _free_at(delivery: Delivery, at: datetime) -> datetime | None:
    """When the page may ring; None for now.

    The hourly limit never holds back the first page of an incident when the person was left alone
    for a minute, nor anything for longer than five: a last step that waits is a last step that
    nobody hears.
    """
    rung = Delivery.objects.filter(person=delivery.person_id, loud_at__gt=at - HOUR)
    found = rung.exclude(pk=delivery.pk).order_by("loud_at")
    recent = list(found.values_list("loud_at", "device", "stream"))
    moments = [since for since, _, _ in recent if since]
    same = [
        since
        for since, device, stream in recent
        if since and device == delivery.device_id and stream != delivery.stream
    ]
    if same and same[-1] > at - APART:
        return same[-1] + APART
    most = settings.LOUD_PER_HOUR
    if len(moments) < most:
        return None
    quiet = APART if delivery.priority == FIRST_PAGE else HELD_FOR
    until = min(moments[-most] + HOUR, moments[-1] + quiet)
    return until if until > at else None


def _ring(delivery: Delivery, at: datetime) -> None:
    along = _gather(delivery, at)
    before = _unanswered(delivery, at)
    says = _each_stream_once([*before, delivery, *along])
    if len(says) > 1:
        delivery.payload = delivery.payload | {"says": [each.pk for each in says]}
    else:
        delivery.payload = {k: v for k, v in delivery.payload.items() if k != "says"}
    delivery.loud_at = at
    _still(delivery).update(loud_at=at, payload=delivery.payload)


def _gather(delivery: Delivery, at: datetime) -> list[Delivery]:
    """The pages that go along. One that somebody has in hand is passed over, and waits itself.

    One that waited for its next try may carry others: they go along with it.
    """
    due = Q(device=delivery.device_id, next_try_at__lte=at + SOON)
    found = [
        each
        for each in _free(delivery, due & (Q(bundled_into=None) | Q(bundled_into=delivery.pk)))
        if each.stream != delivery.stream
    ]
    wanted = _wanted(found)
    gone = {each.pk for each in found} - {each.pk for each in wanted}
    Delivery.objects.filter(pk__in=gone).update(state=State.STALE, bundled_into=None)
    wanted += _wanted(_free(delivery, Q(bundled_into__in=[each.pk for each in wanted])))
    Delivery.objects.filter(pk__in=[each.pk for each in wanted]).update(bundled_into=delivery.pk)
    return wanted


def _free(delivery: Delivery, which: Q) -> list[Delivery]:
    """What waits and asks the same, and nobody has in hand, locked."""
    waiting = Delivery.objects.select_for_update(no_key=True, skip_locked=True).filter(
        which, purpose=delivery.purpose, state=State.PENDING
    )
    return list(waiting.order_by("id"))


def _unanswered(delivery: Delivery, at: datetime) -> list[Delivery]:
    """The pages that this device has rung for within the hour, and nobody has answered."""
    rung = Delivery.objects.filter(
        person=delivery.person_id,
        device=delivery.device_id,
        purpose=delivery.purpose,
        loud_at__gt=at - HOUR,
    ).exclude(pk=delivery.pk)
    along = Delivery.objects.filter(bundled_into__in=list(rung.values_list("pk", flat=True)))
    return _wanted([*rung, *along.exclude(bundled_into=delivery.pk)])


def _wanted(pages: Iterable[Delivery]) -> list[Delivery]:
    """Those of these pages that still ring for their person."""
    pages = list(pages)
    rows = IncidentRow.objects.filter(ref__in={page.stream for page in pages})
    known = {row["ref"]: states.load_incident(row["state"]) for row in rows.values("ref", "state")}
    return [
        page for page in pages if page.stream in known and still_wanted(page, known[page.stream])
    ]


def _each_stream_once(pages: Iterable[Delivery]) -> list[Delivery]:
    ordered = sorted(pages, key=lambda page: (page.created_at, page.pk))
    first: dict[str, Delivery] = {}
    for page in ordered:
        first.setdefault(page.stream, page)
    return list(first.values())


def said(delivery: Delivery) -> list[Delivery]:
    """All pages that a message speaks for, in the order in which it names them."""
    ids = delivery.payload.get("says")
    if not ids:
        return [delivery]
    known = Delivery.objects.select_related("person", "contact", "device").in_bulk(ids)
    return [known[number] for number in ids if number in known]


def still_said(delivery: Delivery) -> list[Delivery]:
    """Those of the pages that a message speaks for which still ring for their person."""
    return _wanted(said(delivery))


def carried(delivery: Delivery) -> QuerySet[Delivery]:
    """What goes along with a message and has no end of its own yet."""
    return Delivery.objects.filter(bundled_into=delivery.pk, state=State.PENDING)


def release(delivery: Delivery, *, at: datetime) -> None:
    """What a message carried along goes by itself: that one will never arrive."""
    carried(delivery).update(bundled_into=None, next_try_at=at)


def release_lost(*, at: datetime) -> None:
    """Whatever waits for a message that has ended or left without it goes by itself."""
    lost = Delivery.objects.filter(state=State.PENDING, bundled_into__state__in=ENDED)
    lost.update(bundled_into=None, next_try_at=at)
