"""Does a page reach a person, whatever their telephones and the providers do?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from redphone.channels.fake import Does
from redphone.records.models import Delivery, Device, EntryRow
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.simulation.conftest import House

pytestmark = pytest.mark.django_db(transaction=True)

ANA, BO = "+442079460321", "+442079460322"


def test_a_call_rings_and_a_key_takes_it(house: House) -> None:
    """POL-1, EMG-1."""
    house.device("l1 support", "voice", ANA, 0)
    house.phone("l1 support").does(Does.ANSWERS)

    house.report("system_outage")
    house.advance(seconds=5)
    assert house.phone("l1 support").rings()

    house.advance(minutes=10)
    assert house.pages() == [(0, "l1-support")]
    (taken,) = EntryRow.objects.filter(kind="acknowledged")
    assert (taken.actor, taken.data["through"]) == (house.cast.ana.actor, "voice")


def test_a_personal_rule_goes_on_when_the_next_step_was_called(house: House) -> None:
    """The complaint of others: the ladder climbs, and the rule of the one below is cut off."""
    house.device("l1 support", "voice", ANA, 0, 4, 8)

    house.report("system_outage")
    house.advance(minutes=9)

    minutes = [(ring.at - house.phones.rings[0].at).seconds // 60 for ring in house.phones.rings]
    assert house.paged() == ["l1-support", "on-call-engineer"]
    assert len(house.phone("l1 support").rang("voice")) == 3
    assert minutes == [0, 4, 8]


def test_a_provider_that_says_yes_and_does_nothing_costs_45_seconds(house: House) -> None:
    house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", BO, 4)
    house.phone("l1 support").does(Does.MUTE, kind="sms")

    house.report("system_outage")
    house.advance(seconds=46)

    (call,) = house.phone("l1 support").rang("voice")
    assert (call.at - house.phones.rings[0].at).total_seconds() == 45
    assert house.paged() == ["l1-support"]


def test_when_no_device_confirms_the_next_person_comes_at_once(house: House) -> None:
    """EMG-1: not after the five minutes that a person has who was reached."""
    house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", ANA, 2)
    house.phone("l1 support").does(Does.MUTE)

    house.report("system_outage")
    house.advance(seconds=91)

    assert house.pages() == [(0, "l1-support"), (1, "on-call-engineer")]
    failed = [row.data["why"] for row in EntryRow.objects.filter(kind="delivery_failed")]
    assert failed == ["no_receipt"]


def test_one_device_that_fails_is_no_failed_person(house: House) -> None:
    house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", BO, 2)
    house.phone("l1 support").does(Does.OFF, kind="sms")

    house.report("system_outage")
    house.advance(minutes=4)

    assert house.paged() == ["l1-support"]
    assert [ring.channel for ring in house.phone("l1 support").rang()] == ["sms", "voice"]
    assert "delivery_failed" not in house.kinds()


def test_all_devices_dead_climbs_at_once_and_each_is_told_of_once(house: House) -> None:
    house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", ANA, 2)
    house.phone("l1 support").does(Does.DEAD)

    house.report("system_outage")
    house.advance(seconds=10)

    assert house.pages() == [(0, "l1-support"), (0, "on-call-engineer")]
    assert house.kinds().count("device_off") == 2
    house.advance(minutes=40)
    assert house.kinds().count("device_off") == 2


def test_a_device_that_dies_is_off_and_its_owner_and_the_managers_hear_of_it(house: House) -> None:
    sms = house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", BO, 1)
    house.phone("l1 support").does(Does.DEAD, kind="sms")

    house.report("system_outage")
    house.advance(minutes=3)
    house.report("critical_feature_failure")
    house.advance(minutes=3)

    sms.refresh_from_db()
    assert (sms.off_at is not None, sms.off_why) == (True, "it is off")
    told = Delivery.objects.filter(purpose="device_off")
    assert set(told.values_list("address", flat=True)) >= {house.cast.ana.email}
    assert told.filter(person=house.cast.ana).count() == 1
    assert told.filter(person=house.cast.maya).count() == 1
    assert len(house.phone("l1 support").rang("sms")) == 1


def test_what_is_confirmed_late_is_delivered_all_the_same(house: House) -> None:
    house.device("l1 support", "sms", ANA, 0)
    house.phone("l1 support").does(Does.LATE)

    house.report("system_outage")
    house.advance(minutes=3)

    page = Delivery.objects.get(purpose="page", channel="sms", person=house.cast.ana)
    assert page.state == State.DELIVERED
    assert Device.objects.get(address=ANA).heard_at is not None


def test_an_answer_on_one_device_silences_the_others(house: House) -> None:
    """POL-1: those who were rung are told who has it, and calls are ended."""
    house.device("l1 support", "voice", ANA, 0, 3, 6)
    house.device("on-call engineer", "sms", BO, 0)
    house.device("on-call engineer", "voice", BO, 0, 2)
    house.report("system_outage")
    house.advance(minutes=5, seconds=10)
    assert house.phone("on-call engineer").rings()

    house.acknowledge(house.cast.ana)
    house.advance(seconds=1)

    assert not house.phone("on-call engineer").rings()
    (last, *_) = reversed(house.phone("on-call engineer").says())
    assert last == f"{house.incident}: taken by Ana Reyes"
    before = len(house.phones.rings)
    house.advance(minutes=20)
    # What comes later is another question: a senior is wanted.
    assert {ring.message.act for ring in house.phones.rings[before:]} == {"Take it"}
    assert not any(ring.message.key.endswith("/page") for ring in house.phones.rings[before:])


def test_a_storm_rings_once_and_then_once_more(house: House) -> None:
    house.device("l1 support", "sms", ANA, 0)

    for number in range(42):
        house.report("system_outage", words=f"Trouble {number}", join_key=f"trouble-{number}")
        house.advance(seconds=1 / 42)
    house.advance(seconds=58)
    assert len(house.phone("l1 support").rang("sms")) == 1
    house.advance(seconds=3)

    (_, second) = house.phone("l1 support").rang("sms")
    assert second.message.count == 42
    assert second.message.short.startswith(f"{house.incidents[0]}, and 41 more")
    assert len(set(house.incidents)) == 42
    house.advance(minutes=3)
    assert len(house.phone("l1 support").rang("sms")) == 2


def test_a_restart_in_the_middle_of_a_rule_loses_no_ring(house: House) -> None:
    """The complaint of others: a wait that never resumed after a restart."""
    house.device("l1 support", "voice", ANA, 0, 2, 4)
    house.report("system_outage")
    house.advance(minutes=1)

    house.restart()
    house.advance(minutes=3, seconds=30)

    assert len(house.phone("l1 support").rang("voice")) == 3


def test_a_provider_that_is_busy_for_ten_minutes_stops_nobody_else(house: House) -> None:
    house.device("l1 support", "sms", ANA, 0)
    house.device("l1 support", "voice", BO, 1)
    house.phone("l1 support").does(Does.BUSY, kind="sms")

    house.report("system_outage")
    house.advance(minutes=2)
    assert len(house.phone("l1 support").rang("voice")) == 1

    house.advance(minutes=8)
    house.phone("l1 support").does(Does.RINGS)
    house.advance(minutes=1)
    assert len(house.phone("l1 support").rang("sms")) == 1
