"""Personal rules: saved by their owner, previewed before, and what the next page goes by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from tests.conftest import NOON

from redphone.actions import rules
from redphone.actions.device_codes import NoSuchDevice
from redphone.actions.rules import Step
from redphone.records.models import Delivery, Device, Person, RuleStep
from redphone.records.models.device import DeviceKind, Urgency

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


def a_device(person: Person, kind: str, address: str) -> Device:
    return Device.objects.create(
        person=person, kind=DeviceKind(kind), address=address, verified_at=NOON, created_at=NOON
    )


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_next_page_goes_by_the_rule_that_was_saved_on_its_page(cast: Cast) -> None:
    voice = a_device(cast.ana, "voice", "+442079460321")
    sms = a_device(cast.ana, "sms", "+442079460321")
    typed = {"device_0": voice.pk, "after_0": "2,5", "device_1": sms.pk, "after_1": ""}
    typed |= {"device_2": voice.pk, "after_2": "0.5", "device_3": "", "after_3": "9"}

    answer = browser(cast.ana).post("/me/rules/urgent/save/", typed)
    cast.report(cast.mira, closest_to="system-outage")
    pages = Delivery.objects.filter(purpose="page", person=cast.ana).order_by("next_try_at")

    assert answer.status_code == 302
    assert [(page.channel, page.next_try_at - page.created_at) for page in pages] == [
        ("sms", timedelta()),
        ("voice", MINUTE / 2),
        ("voice", 2.5 * MINUTE),
    ]


def test_a_preview_says_what_would_happen_and_saves_nothing(cast: Cast) -> None:
    voice = a_device(cast.ana, "voice", "+442079460321")
    typed = {"device_0": voice.pk, "after_0": "7"}
    client = browser(cast.ana)

    part = client.post("/me/rules/urgent/preview/", typed, headers={"HX-Request": "true"})
    whole = client.post("/me/rules/urgent/preview/", typed).content.decode()

    assert "<html" not in part.content.decode()
    for text in (part.content.decode(), whole):
        assert "After 7 minutes" in text
        assert "The phone first rings after 7 minutes" in text
    assert "not saved" in whole
    assert f'value="{voice.pk}" selected' in whole
    assert not RuleStep.objects.exists()


def test_the_calm_rule_is_another_one_and_going_back_removes_only_it(cast: Cast) -> None:
    mail = cast.ana.devices.get()
    for which in Urgency:
        rules.change(
            person=cast.ana.pk, urgency=which, steps=[Step(device=mail.pk, after=timedelta())]
        )

    browser(cast.ana).post("/me/rules/calm/reset/", {})

    assert set(RuleStep.objects.values_list("urgency", flat=True)) == {"urgent"}


def test_the_same_step_twice_is_one_and_steps_come_in_their_order(cast: Cast) -> None:
    mail = cast.ana.devices.get()
    later, now = Step(device=mail.pk, after=MINUTE), Step(device=mail.pk, after=timedelta())

    rules.change(person=cast.ana.pk, urgency=Urgency.URGENT, steps=[later, now, later])

    saved = list(RuleStep.objects.values_list("position", "after_s"))
    assert saved == [(0, 0), (1, 60)]


def test_a_step_on_somebody_elses_device_changes_nothing(cast: Cast) -> None:
    theirs = cast.bo.devices.get()
    client = browser(cast.ana)

    with pytest.raises(NoSuchDevice):
        rules.change(
            person=cast.ana.pk,
            urgency=Urgency.URGENT,
            steps=[Step(device=theirs.pk, after=MINUTE)],
        )
    saved = client.post("/me/rules/urgent/save/", {"device_0": theirs.pk, "after_0": "1"})
    shown = client.post("/me/rules/urgent/preview/", {"device_0": theirs.pk}).content.decode()

    assert saved.status_code == 404
    assert cast.bo.email not in shown
    assert not RuleStep.objects.exists()


def test_nonsense_is_refused_and_what_was_typed_stays(cast: Cast) -> None:
    mail = cast.ana.devices.get()
    client = browser(cast.ana)

    for minutes in ("soon", "61", "-1", "NaN", "Infinity", "1e9", "9" * 4000):
        typed = {"device_0": mail.pk, "after_0": minutes}
        answer = client.post("/me/rules/urgent/save/", typed)
        assert answer.status_code == 409, minutes
        assert "Write a number from 0 to 60" in answer.content.decode()
        assert f'value="{mail.pk}" selected' in answer.content.decode()
    assert client.post("/me/rules/loud/save/", {}).status_code == 404
    assert client.post("/me/rules/urgent/shout/", {}).status_code == 404
    assert Client().post("/me/rules/urgent/save/", {}).status_code == 302
    assert browser(cast.mira).post("/me/rules/urgent/save/", {}).status_code == 404
    assert not RuleStep.objects.exists()


def test_a_rule_has_bounds(cast: Cast) -> None:
    mail = cast.ana.devices.get()
    many = [Step(device=mail.pk, after=n * MINUTE) for n in range(21)]

    with pytest.raises(rules.TooManySteps):
        rules.change(person=cast.ana.pk, urgency=Urgency.URGENT, steps=many)
    with pytest.raises(rules.TooLate):
        rules.change(
            person=cast.ana.pk,
            urgency=Urgency.URGENT,
            steps=[Step(device=mail.pk, after=61 * MINUTE)],
        )
