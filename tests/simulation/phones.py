"""The telephones of the house: they ring in virtual time, through the real path of deliveries.

What leaves goes to lines that ship with Redphone; what comes back of it comes at its moment, by
the same verbs that a provider's callbacks use.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from django.db.models import Min

from redphone.actions import deliveries, hangups, paging, receipts
from redphone.channels.fake import Does, Telephones, What, comes_back
from redphone.channels.mail.fake import FakeMail
from redphone.channels.switchboard import Switchboard
from redphone.core.message import Message
from redphone.core.stream import DeskError
from redphone.records.models import Delivery, Device, Person
from redphone.records.models.delivery import DeliveryState as State

RINGS_FOR = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Ring:
    """One message that a device was handed, and when."""

    at: datetime
    channel: str
    address: str
    message: Message


@dataclass
class Phones:
    """Everybody's devices, and what is under way to them and from them."""

    telephones: Telephones = field(default_factory=Telephones)
    mail: FakeMail = field(default_factory=FakeMail)
    rings: list[Ring] = field(default_factory=list)
    _events: list[tuple[datetime, int, What, str]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=count)

    def board(self) -> Switchboard:
        lines = {name: self.telephones.line(name) for name in ("voice", "sms", "push", "app")}
        return Switchboard({"mail": lambda: self.mail, **lines})

    def next_due(self) -> datetime | None:
        """When something is to be sent, given up, or comes back."""
        waiting = Delivery.objects.filter(state=State.PENDING, bundled_into=None)
        unconfirmed = Delivery.objects.filter(state=State.SENT)
        moments = (
            waiting.aggregate(at=Min("next_try_at"))["at"],
            unconfirmed.aggregate(at=Min("receipt_due_at"))["at"],
            self._events[0][0] if self._events else None,
        )
        return min((at for at in moments if at is not None), default=None)

    def work(self, now: datetime) -> None:
        """Do all that is due by now: what came back, what nobody confirmed, what waits."""
        while self._events and self._events[0][0] <= now:
            at, _, what, key = heapq.heappop(self._events)
            self._come_back(what, key, at)
        receipts.sweep(at=now)
        deliveries.send_waiting(channel=self.board, now=lambda: now)
        hangups.hang_up_waiting(channel=self.board, now=lambda: now)
        self._note(now)

    def _note(self, now: datetime) -> None:
        """Write down what has just rung, and what will be told of it."""
        for message in self.telephones.messages[self._noted :]:
            self.rings.append(Ring(now, message.channel, message.to, message))
            for after, what in comes_back(self.telephones.is_of(message.to)):
                heapq.heappush(self._events, (now + after, next(self._number), what, message.key))

    @property
    def _noted(self) -> int:
        return len(self.rings)

    def _come_back(self, what: What, key: str, at: datetime) -> None:
        delivery = Delivery.objects.get(key=key)
        assert delivery.person_id is not None
        match what:
            case What.ARRIVED:
                receipts.delivered(delivery.pk, at=at)
            case What.ANSWERED:
                try:
                    paging.answer_delivery(
                        delivery.pk, delivery.person_id, through=delivery.channel, at=at
                    )
                except DeskError:
                    return
            case _:
                dead = what is What.DIED
                receipts.failed(delivery.pk, said="it is off", for_good=dead, at=at)


@dataclass
class Phone:
    """The devices of one person, as they lie beside the bed."""

    phones: Phones
    person: Person
    now: datetime

    @property
    def _addresses(self) -> set[tuple[str, str]]:
        devices = Device.objects.filter(person=self.person)
        return set(devices.values_list("kind", "address"))

    def does(self, what: Does, *, kind: str = "") -> None:
        """From now on these devices (of one kind, or all) behave so."""
        for channel, address in self._addresses:
            if kind in {"", channel}:
                self.phones.telephones.does[address] = what

    def rang(self, kind: str = "") -> list[Ring]:
        """All that has come to these devices so far."""
        mine = self._addresses
        return [
            ring
            for ring in self.phones.rings
            if (ring.channel, ring.address) in mine and kind in {"", ring.channel}
        ]

    def rings(self) -> bool:
        """Whether a call or a page is to be heard at this moment."""
        return any(self.now - ring.at < RINGS_FOR for ring in self._heard())

    def _heard(self) -> Iterator[Ring]:
        """Calls that nobody has ended, and of what can be read only what came last."""
        ended = set(self.phones.telephones.ended)
        last = {(ring.channel, ring.address): ring for ring in self.rang()}
        for ring in self.rang():
            is_call = ring.channel == "voice"
            is_last = ring is last[ring.channel, ring.address]
            is_on = f"voice/{ring.message.key}" not in ended
            if is_on if is_call else is_last and ring.message.is_urgent:
                yield ring

    def says(self) -> list[str]:
        """What was to be read on them, in order."""
        return [ring.message.short for ring in self.rang()]
