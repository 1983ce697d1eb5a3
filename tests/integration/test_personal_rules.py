"""What a page becomes: every try of the personal rules of who is asked, as a row at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import NOON, Cast

from redphone.records import devices
from redphone.records.models import Delivery, Device, Person, RuleStep
from redphone.records.models.device import DeviceKind, Urgency

pytestmark = pytest.mark.django_db(transaction=True)


def device(person: Person, kind: DeviceKind, address: str, **more: object) -> Device:
    given = {"verified_at": NOON, "created_at": NOON} | more
    return Device.objects.create(person=person, kind=kind, address=address, **given)


def ways(person: Person, urgency: Urgency = Urgency.URGENT) -> list[tuple[str, float]]:
    """The channel of each try, and the minutes after which it comes."""
    found = devices.rings([person.pk], urgency)[person.pk]
    return [(ring.channel, ring.after / timedelta(minutes=1)) for ring in found]


def test_without_a_rule_what_can_be_read_comes_at_once_and_the_telephone_twice(cast: Cast) -> None:
    device(cast.ana, DeviceKind.VOICE, "+442079460321")
    device(cast.ana, DeviceKind.SMS, "+442079460321")

    assert ways(cast.ana) == [("mail", 0), ("sms", 0), ("voice", 1), ("voice", 3)]
    assert ways(cast.ana, Urgency.CALM) == [("mail", 0)]


def test_an_own_rule_holds_in_its_order_and_a_device_may_come_twice(cast: Cast) -> None:
    phone = device(cast.ana, DeviceKind.VOICE, "+442079460321")
    for position, after in enumerate((0, 120)):
        RuleStep.objects.create(
            person=cast.ana, urgency="urgent", position=position, device=phone, after_s=after
        )

    assert ways(cast.ana) == [("voice", 0), ("voice", 2)]


def test_a_rule_whose_devices_are_all_dead_gives_way_to_what_still_works(cast: Cast) -> None:
    phone = device(cast.ana, DeviceKind.VOICE, "+442079460321", off_at=NOON)
    RuleStep.objects.create(person=cast.ana, urgency="urgent", position=0, device=phone)

    assert ways(cast.ana) == [("mail", 0)]


def test_whoever_has_no_device_is_written_to_where_they_sign_in(cast: Cast) -> None:
    Device.objects.filter(person=cast.ana).delete()

    found = devices.rings([cast.ana.pk], Urgency.URGENT)[cast.ana.pk]

    assert [(ring.channel, ring.address) for ring in found] == [("mail", cast.ana.email)]
    assert devices.unreachable([cast.ana.pk, cast.bo.pk]) == {cast.ana.pk}


def test_a_device_that_was_not_verified_is_never_used(cast: Cast) -> None:
    device(cast.ana, DeviceKind.SMS, "+442079460321", verified_at=None)

    assert ways(cast.ana) == [("mail", 0)]


def test_all_tries_of_a_page_are_rows_before_anything_is_sent(cast: Cast) -> None:
    for person in Person.objects.exclude(role="customer"):
        device(person, DeviceKind.VOICE, f"+44207946{person.pk:04}")

    cast.report(cast.mira)

    pages = Delivery.objects.filter(purpose="page", state="pending").order_by("next_try_at", "id")
    first = pages[0].person
    mine = pages.filter(person=first)
    waits = [(row.channel, row.next_try_at - NOON) for row in mine]
    minute = timedelta(minutes=1)
    assert waits == [("mail", timedelta()), ("voice", minute), ("voice", 3 * minute)]
    assert len(set(mine.values_list("key", flat=True))) == 3
    assert all(row.device_id for row in mine)
