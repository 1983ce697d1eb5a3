"""Somebody has it: what still waits for the others is cancelled, and who was rung is told.

It is written in the transaction of the answer, so that no page can leave after it was committed
but one that a worker had in hand already.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from redphone.core.asks import Ask
from redphone.core.incident import Incident
from redphone.core.stream import Entry, is_person
from redphone.core.updates import URGENT, Purpose
from redphone.records import wake
from redphone.records.models import Delivery
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.models.device import DeviceKind
from redphone.records.rings import still_wanted

A_CALL_LASTS = timedelta(minutes=5)
"""A call that began longer ago rings no more, whatever its provider has told."""

PRIORITY = 2
TRIES = 5
WORTH_TELLING_FOR = timedelta(minutes=10)

RUNG = (State.SENDING, State.SENT, State.DELIVERED)


def may_end_ringing(entry: Entry) -> bool:
    """Whether somebody may be rung for nothing after it: what a person does can end a page."""
    return is_person(entry.actor) and entry.kind not in {"opened", "asked"}


def let_go(
    *, stream: str, seq: int, entry: Entry, state: Incident, at: datetime
) -> Iterator[Delivery]:
    """Cancel what rings and is wanted no more; the rows that tell those whom a page has reached.

    Source: POL-1, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    urgent = Delivery.objects.filter(stream=stream, purpose__in=URGENT, person__isnull=False)
    waiting = urgent.filter(state=State.PENDING)
    _cancel([row for row in waiting if not still_wanted(row, state)], at)
    rung = [row for row in urgent.filter(state__in=RUNG) if not still_wanted(row, state)]
    _hang_up(rung, entry, at)
    _ring_after_all(rung, state, at)
    if entry.kind == "acknowledged":
        yield from _told(rung, stream=stream, seq=seq, entry=entry, state=state, at=at)


def _cancel(pages: list[Delivery], at: datetime) -> None:
    ids = [page.pk for page in pages]
    if not ids:
        return
    waiting = Delivery.objects.filter(pk__in=ids, state=State.PENDING)
    waiting.update(state=State.CANCELLED, bundled_into=None)
    carried = Delivery.objects.filter(bundled_into__in=ids, state=State.PENDING)
    carried.update(bundled_into=None, next_try_at=at)


def _hang_up(rung: list[Delivery], entry: Entry, at: datetime) -> None:
    """Have calls ended that ring for nothing. Whoever answered on the phone is still listening."""
    by_phone = entry.data.get("through") == DeviceKind.VOICE
    calls = [
        page.pk
        for page in rung
        if page.channel == DeviceKind.VOICE
        and page.hang_up_at is None
        and (page.sent_at or page.sending_since or at) > at - A_CALL_LASTS
        and not (by_phone and entry.actor == f"person:{page.person_id}")
    ]
    if calls:
        Delivery.objects.filter(pk__in=calls).update(hang_up_at=at)
        wake.hang_up(len(calls))


def _ring_after_all(rung: list[Delivery], state: Incident, at: datetime) -> None:
    """Whoever is asked by another ladder too, and was rung once for both, is rung for that one."""
    along = Delivery.objects.filter(bundled_into__in=[row.pk for row in rung], state__in=RUNG)
    again = [
        row.pk
        for row in along
        if row.stream == state.ref and row not in rung and still_wanted(row, state)
    ]
    Delivery.objects.filter(pk__in=again).update(
        state=State.PENDING,
        bundled_into=None,
        next_try_at=at,
        sent_at=None,
        delivered_at=None,
        receipt_due_at=None,
        tries=0,
    )


def _told(
    rung: list[Delivery], *, stream: str, seq: int, entry: Entry, state: Incident, at: datetime
) -> Iterator[Delivery]:
    asks = [ask for ask in state.asks if _was_answered_by(ask, entry)]
    told = set()
    for page in rung:
        device = (page.channel, page.device_id, page.address.lower())
        if page.purpose != Purpose.PAGE or page.channel == DeviceKind.VOICE:
            continue
        if page.bundled_into_id or device in told:
            continue
        if not any(_is_of(page, ask) for ask in asks) or entry.actor == f"person:{page.person_id}":
            continue
        told.add(device)
        name = page.channel if page.device_id is None else f"{page.channel}:{page.device_id}"
        yield Delivery(
            key=f"{stream}/{seq}/person:{page.person_id}/{name}/{Purpose.TAKEN.value}",
            stream=stream,
            seq=seq,
            purpose=Purpose.TAKEN.value,
            person_id=page.person_id,
            channel=page.channel,
            device_id=page.device_id,
            address=page.address,
            priority=PRIORITY,
            most_tries=TRIES,
            next_try_at=at,
            deadline_at=at + WORTH_TELLING_FOR,
            created_at=at,
            payload={"lane": page.payload.get("lane", ""), "page": page.key},
        )


def _was_answered_by(ask: Ask, entry: Entry) -> bool:
    return ask.answered_by == entry.actor and ask.answered_at == entry.at


def _is_of(page: Delivery, ask: Ask) -> bool:
    is_theirs = f"person:{page.person_id}" in ask.people
    return is_theirs and page.payload.get("lane") == ask.lane and page.created_at >= ask.at
