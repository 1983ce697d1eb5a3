"""Providers at night: silent, slow, busy, doubled, half gone and gone. Nothing is lost, and what
does not arrive is found within a minute: the next device, or the next person, rings by then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings
from tests.simulation.wired import PUBLIC, Wired, wired

from redphone import clock
from redphone.actions import alarms
from redphone.channels.fake import Does
from redphone.channels.telephone.fake import Mood
from redphone.records.models import Delivery, EntryRow, TelephoneProvider

if TYPE_CHECKING:
    from tests.simulation.conftest import House

pytestmark = pytest.mark.django_db(transaction=True)

ANA, ANA_TOO, BO = "+442079460321", "+442079460331", "+442079460322"
A_MINUTE = timedelta(seconds=60)


@pytest.fixture
def lines(house: House, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    """Ana has an SMS and a call after four minutes, Bo a call; all of it by two providers."""
    settings.PUBLIC_URL = PUBLIC
    settings.ALLOWED_HOSTS = ["*"]
    settings.PHONE_PROVIDERS = ()
    with wired() as phones:
        house.phones = phones
        monkeypatch.setattr(clock, "now", phones.moment)
        monkeypatch.setattr("redphone.web.middleware.now", phones.moment)
        house.device("l1 support", "sms", ANA, 0)
        house.device("l1 support", "voice", ANA_TOO, 4)
        house.device("on-call engineer", "voice", BO, 0)
        yield phones
        keys = Counter(each.key for each in phones.rang)
        assert all(count == 1 for count in keys.values()), "a key rang twice"


def after(lines: Wired, number: str) -> timedelta:
    """How long after the first page something came to a number."""
    began = Delivery.objects.filter(purpose="page").order_by("id")[0].created_at
    return lines.to(number)[0].at - began


def test_yes_and_nothing_is_found_within_a_minute(house: House, lines: Wired) -> None:
    """EMG-1: the next device after 45 s, and the next person 30 s after that one was silent."""
    lines.first.mood = Mood.IDLE
    lines.telephones.does |= {ANA: Does.MUTE, ANA_TOO: Does.MUTE}
    house.report("system_outage")

    house.advance(minutes=2)

    rung = [call.to for call in lines.first.rung]
    assert rung[:3] == [ANA, ANA_TOO, BO]
    moments = [
        row.sent_at - row.created_at
        for row in Delivery.objects.filter(purpose="page", channel__in=["sms", "voice"])
        if row.sent_at
    ]
    assert moments[0] < A_MINUTE
    assert house.asked()[1][1] == "nobody_reached"
    assert lines.second.rung == []


def test_half_a_minute_for_an_answer_rings_nobody_twice(house: House, lines: Wired) -> None:
    """It is asked what it has, and has it: the second one is left in peace."""
    lines.first.mood, lines.first.slow_s = Mood.SLOW, 1.5
    house.report("system_outage")

    house.advance(minutes=2)

    assert [each.provider for each in lines.to(ANA)] == ["first"]
    assert after(lines, ANA) < A_MINUTE
    assert Delivery.objects.get(purpose="page", channel="sms").state == "delivered"
    assert TelephoneProvider.objects.get(failing_since__isnull=False).failures == 1


def test_too_many_for_ten_minutes_goes_by_the_other_one(house: House, lines: Wired) -> None:
    lines.first.mood = Mood.BUSY
    house.report("system_outage")

    house.advance(minutes=10)

    assert {each.provider for each in lines.rang} == {"second"}
    assert after(lines, ANA) < timedelta(seconds=10)
    assert len(lines.to(ANA_TOO, "call")) == 1


def test_too_many_at_both_for_ten_minutes_loses_nothing(house: House, lines: Wired) -> None:
    """The page stands in its row all the while, mail goes, and it rings once they take it."""
    for each in (lines.first, lines.second):
        each.mood = Mood.BUSY
    house.report("system_outage")
    house.advance(minutes=10)
    assert lines.rang == []
    assert Delivery.objects.filter(purpose="page", state="pending").exists()

    for each in (lines.first, lines.second):
        each.mood = Mood.WELL
    house.advance(minutes=1)

    assert len(lines.to(ANA, "text")) == 1
    assert len(lines.to(BO, "call")) >= 1


def test_news_twice_and_out_of_order_change_nothing(house: House, lines: Wired) -> None:
    lines.first.is_double = True
    house.report("system_outage")

    house.advance(minutes=4, seconds=50)

    states = dict(Delivery.objects.filter(purpose="page").values_list("channel", "state"))
    assert states == {"sms": "delivered", "voice": "delivered"}
    assert house.paged() == ["l1-support"]
    assert not EntryRow.objects.filter(kind__in=["delivery_failed", "device_off"]).exists()


def test_one_down_and_the_other_up_costs_seconds(house: House, lines: Wired) -> None:
    lines.first.mood = Mood.DOWN
    house.report("system_outage")

    house.advance(minutes=5, seconds=30)

    assert {each.provider for each in lines.rang} == {"second"}
    assert after(lines, ANA) < timedelta(seconds=10)
    assert len(lines.to(BO, "call")) == 1


def test_both_down_leaves_mail_push_and_an_alarm(house: House, lines: Wired) -> None:
    """Nothing is lost; the operator is told within a minute, and by nothing that is down."""
    for each in (lines.first, lines.second):
        each.mood = Mood.DOWN
    house.device("l1 support", "push", "a browser", 0)
    house.device("l1 support", "mail", house.cast.ana.email.upper(), 0)
    house.report("system_outage")

    house.advance(seconds=59)

    ways = Delivery.objects.filter(purpose="page", person=house.cast.ana)
    assert set(ways.filter(state__in=["sent", "delivered"]).values_list("channel", flat=True)) == {
        *("push", "mail")
    }
    assert "failing" in {each.key for each in alarms.audit(at=house.now)}
    lines.second.mood = Mood.WELL
    house.advance(minutes=1)
    assert len(lines.to(ANA, "text")) == 1
