"""The doors of monitors and what came in by them, for the desk's own people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from redphone.records.ledger import NoSuchStream
from redphone.records.models import Alert, Door, Signal
from redphone.records.queries.asker import Asker, require_staff

LATEST = 20
"""Alerts that a door's page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLine:
    """A door in the list of them: when its last alert came, and how many in the last day."""

    door: Door
    last_at: datetime | None
    lately: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCount:
    """The alerts of an incident: those after the first, the last of all, and what still fires.

    `told` are the last of those that said something new, the newest first.
    """

    more: int
    last_at: datetime
    firing: int
    keys: int
    door: Door
    told: tuple[Alert, ...]


def doors(asker: Asker, *, at: datetime) -> list[DoorLine]:
    """The doors, those that are open first, then the newest.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    found = Door.objects.select_related("customer").order_by("-created_at")
    lines = [_line(door, at) for door in found]
    return sorted(lines, key=lambda line: line.door.revoked_at is not None)


def _line(door: Door, at: datetime) -> DoorLine:
    mine = Alert.objects.filter(door=door).order_by("-id")
    last = mine.values_list("received_at", flat=True).first()
    day = last is not None and at - last < timedelta(days=1)
    lately = mine.filter(received_at__gt=at - timedelta(days=1)).count() if day else 0
    return DoorLine(door=door, last_at=last, lately=lately)


def door(asker: Asker, number: int) -> Door:
    """One door.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NoSuchStream: there is no such door.
    """
    require_staff(asker)
    found = Door.objects.select_related("customer").filter(pk=number).first()
    if found is None:
        raise NoSuchStream
    return found


def latest(asker: Asker, door: Door) -> QuerySet[Alert]:
    """The last alerts of a door, the newest first, without their bodies.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    found = Alert.objects.filter(door=door).select_related("incident")
    return found.defer("raw", "said").order_by("-id")[:LATEST]


def raw(asker: Asker, number: int) -> bytes:
    """The body in which an alert came.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NoSuchStream: there is no such alert.
    """
    require_staff(asker)
    alert = Alert.objects.filter(pk=number).only("request", "door").first()
    if alert is None:
        raise NoSuchStream
    first = Alert.objects.filter(door=alert.door_id, request=alert.request, part=0)
    # A request's rows were written together: the first of them is close before this one.
    first = first.filter(pk__lte=number, pk__gt=number - 50_000)
    return bytes(first.values_list("raw", flat=True).order_by("-pk").first() or b"")


def of_incident(number: int) -> AlertCount | None:
    """What monitors said about an incident; None when none did."""
    mine = Alert.objects.filter(incident=number)
    counted = mine.aggregate(
        all=Count("id", filter=~Q(change="resolved")), last_at=Max("received_at")
    )
    if counted["last_at"] is None:
        return None
    signals = Signal.objects.filter(incident=number)
    firing = signals.aggregate(firing=Count("id", filter=Q(is_firing=True)), keys=Count("id"))
    first = mine.select_related("door").order_by("received_at").first()
    assert first is not None
    return AlertCount(
        more=max(counted["all"] - 1, 0),
        last_at=counted["last_at"],
        firing=firing["firing"],
        keys=firing["keys"],
        door=first.door,
        told=tuple(_told(number)),
    )


def _told(number: int) -> QuerySet[Alert]:
    new = Alert.objects.filter(incident=number).exclude(became="repeat")
    return new.defer("raw", "said").order_by("-received_at", "-id")[:LATEST]
