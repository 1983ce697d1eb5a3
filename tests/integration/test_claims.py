"""How many pages one thread takes in hand, and what it leaves to others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import claims, deliveries
from redphone.channels.fake import Line, Telephones
from redphone.channels.switchboard import Switchboard
from redphone.core.message import Message, Outcome
from redphone.records.models import Delivery, Device, Person
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def pages_by(cast: Cast, channel: str, count: int) -> None:
    """So many incidents, each of which pages Ana on this channel, and nobody else."""
    cast.ana.devices.all().delete()
    Device.objects.create(
        person=cast.ana, kind=channel, address="+442079460321", verified_at=NOON, created_at=NOON
    )
    for number in range(count):
        cast.report(cast.mira, f"Trouble {number}", at=NOON, join_key=f"trouble-{number}")
    Delivery.objects.exclude(person=cast.ana, channel=channel).delete()


def test_of_what_rings_at_one_telephone_one_is_taken(cast: Cast) -> None:
    pages_by(cast, "sms", 4)

    taken = claims.claim(at=NOON + SECOND, limit=16)

    oldest = Delivery.objects.order_by("priority", "next_try_at", "id").first()
    assert taken == [oldest]
    assert Delivery.objects.filter(state=State.PENDING, tries=0).count() == 3


def test_of_what_makes_no_noise_many_are_taken(cast: Cast) -> None:
    pages_by(cast, "mail", 4)

    taken = claims.claim(at=NOON + SECOND, limit=3)

    assert [page.state for page in taken] == [State.SENDING] * 3
    assert [page.pk for page in taken] == sorted(page.pk for page in taken)


def test_batches_grow_while_they_are_quick_and_are_one_again_when_not() -> None:
    pace = claims.Pace()

    sizes = []
    for _ in range(6):
        sizes.append(pace.size)
        pace.took(SECOND / 100)
    pace.took(SECOND)

    assert sizes == [1, 2, 4, 8, 16, 16]
    assert pace.size == 1


class Slow(Line):
    """A provider whose answers begin to take a second after the third."""

    def __init__(self) -> None:
        super().__init__(Telephones(), "mail")
        self.at = NOON + SECOND
        self.keys: list[str] = []
        self.most_held = 0

    def send(self, message: Message) -> Outcome:
        held = Delivery.objects.filter(state=State.SENDING).count()
        if len(self.keys) >= 3:
            self.at += SECOND
        if len(self.keys) > 4:
            self.most_held = max(held, self.most_held)
        self.keys.append(message.key)
        return super().send(message)


def test_a_line_that_becomes_slow_gives_back_what_it_has_not_sent(cast: Cast) -> None:
    """EMG-1 to EMG-5: what one thread holds can be sent by no other."""
    pages_by(cast, "mail", 9)
    line = Slow()

    deliveries.send_waiting(
        channel=lambda: Switchboard({"mail": lambda: line}), now=lambda: line.at
    )

    assert len(line.keys) == len(set(line.keys)) == 9
    assert line.most_held == 1
    assert set(Delivery.objects.values_list("state", "tries")) == {(State.SENT, 1)}


def test_the_first_page_of_an_incident_overtakes_at_the_next_claim(cast: Cast) -> None:
    pages_by(cast, "mail", 5)
    Delivery.objects.update(priority=1)
    last: Delivery | None = Delivery.objects.order_by("id").last()
    assert last is not None
    Delivery.objects.filter(pk=last.pk).update(priority=0)

    (first,) = claims.claim(at=NOON + SECOND, limit=1)

    assert first == last


def test_somebody_who_has_left_is_still_not_paged(cast: Cast) -> None:
    """What messages share never hides that one of them is not true any more; others are asked."""
    pages_by(cast, "mail", 2)
    Person.objects.filter(pk=cast.ana.pk).update(is_active=False)
    line = Line(Telephones(), "mail")

    deliveries.send_waiting(
        channel=lambda: Switchboard({"mail": lambda: line}), now=lambda: NOON + SECOND
    )

    assert cast.ana.email not in {message.to for message in line.telephones.messages}
    assert not Delivery.objects.filter(state=State.SENT, person=cast.ana).exists()
