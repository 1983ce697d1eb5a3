"""A page by telephone and SMS, from the row to the key: the desk's doors, and a provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from tests.conftest import NOON, Cast

from redphone import clock
from redphone.actions import compose, deliveries, hangups, incidents, links, receipts, texts
from redphone.actions.providers import InRows
from redphone.actions.scene import scene
from redphone.channels.apprise import words as apprise_words
from redphone.channels.hotline.signature import sign
from redphone.channels.push import words as push_words
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone import provider, twiml
from redphone.channels.telephone import send as telephone
from redphone.channels.telephone.fake import Exchange, Mood, Rung
from redphone.channels.telephone.fake_server import serving
from redphone.jobs import lines
from redphone.records.models import (
    CaseRow,
    Delivery,
    Device,
    EntryRow,
    Person,
    ReceivedText,
    TelephoneProvider,
)
from redphone.records.models.device import DeviceKind

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = "https://desk.example"


@dataclass
class Night:
    """The desk at night: two providers, and the moment that it believes it is."""

    cast: Cast
    first: Exchange
    second: Exchange
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def later(self, **span: float) -> None:
        self.at += timedelta(**span)

    def give(self, person: Person, kind: DeviceKind, number: str) -> Device:
        return Device.objects.create(
            person=person, kind=kind, address=number, verified_at=NOON, created_at=NOON
        )

    def send(self) -> None:
        """Send whatever is due, and give mail up: no mail server is here."""
        only = {name: each for name, each in lines.lines().items() if name != "mail"}
        deliveries.send_waiting(channel=lambda: Switchboard(only), now=self.now)

    def calls(self, person: Person) -> list[Rung]:
        numbers = {device.address for device in Device.objects.filter(person=person)}
        every = self.first.calls() + self.second.calls()
        return [call for call in every if call.to in numbers]

    def texts(self, person: Person) -> list[Rung]:
        numbers = {device.address for device in Device.objects.filter(person=person)}
        return [text for text in self.first.texts() if text.to in numbers]


@pytest.fixture
def night(cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Night]:
    settings.PUBLIC_URL = PUBLIC
    settings.ALLOWED_HOSTS = ["*"]
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    first, second = (
        Exchange(public=PUBLIC, deliver=_deliver, token=f"token {n}") for n in range(2)
    )
    with serving(first) as one, serving(second) as two:
        found = provider.read_all([one.setting(), two.setting()])
        settings.PHONE_PROVIDERS = found
        made = Night(cast, first, second)
        monkeypatch.setattr(clock, "now", made.now)
        monkeypatch.setattr("redphone.web.middleware.now", made.now)
        yield made


def _deliver(url: str, form: dict[str, str], signature: str) -> tuple[int, str]:
    answer = Client(raise_request_exception=False).post(
        url.removeprefix(PUBLIC),
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return answer.status_code, answer.content.decode()


def first_asked() -> Person:
    """Who is asked first of all."""
    page = Delivery.objects.filter(purpose="page").order_by("id").first()
    assert page is not None
    assert page.person is not None
    return page.person


@pytest.fixture
def rung(night: Night) -> Rung:
    """A report, and a telephone that rings for it."""
    for number, person in enumerate(Person.objects.exclude(role="customer").order_by("pk")):
        night.give(person, DeviceKind.VOICE, f"+4420794600{number:02}")
    night.cast.report(night.cast.mira)
    night.later(minutes=1)
    night.send()
    return night.calls(first_asked())[0]


def of(call: Rung) -> Delivery:
    return Delivery.objects.get(message_id=call.sid)


def acknowledged() -> list[str]:
    return list(EntryRow.objects.filter(kind="acknowledged").values_list("actor", flat=True))


def test_a_page_rings_says_what_is_and_a_key_takes_it(night: Night, rung: Rung) -> None:
    night.first.tell(rung, "ringing")
    heard = night.first.pick_up(rung)
    said = night.first.press(rung, "1")

    assert "System Outage" in heard
    assert "Press 1 to take it" in heard
    assert "is yours" in said
    assert acknowledged() == [first_asked().actor]
    assert of(rung).state == "delivered"
    assert rung.status == "completed"


def test_ringing_is_the_confirmation_that_was_waited_for(night: Night, rung: Rung) -> None:
    assert of(rung).receipt_due_at == night.at + timedelta(seconds=30)

    night.first.tell(rung, "ringing")
    night.later(seconds=60)
    receipts.sweep(at=night.at)

    assert of(rung).state == "delivered"


def test_a_provider_that_says_yes_and_does_nothing_is_found_within_a_minute(
    night: Night, rung: Rung
) -> None:
    night.later(seconds=31)
    receipts.sweep(at=night.at)
    night.send()

    assert len(night.calls(first_asked())) == 2


def test_a_voicemail_box_and_a_wrong_key_take_nothing(night: Night, rung: Rung) -> None:
    night.first.tell(rung, "ringing")
    night.first.pick_up(rung)
    for key in ("2", "9", "*"):
        assert "Press 1" in night.first.press(rung, key)
    night.first.hang_up(rung)

    assert acknowledged() == []
    assert of(rung).answered_at is None


def test_three_calls_the_next_one_at_once_and_only_once(night: Night, rung: Rung) -> None:
    night.first.pick_up(rung)
    keys = rung.keys
    said = night.first.press(rung, "3")
    rung.status, rung.keys = "in-progress", keys
    again = night.first.press(rung, "3")

    asked = EntryRow.objects.filter(kind="asked", data__reason="declined")
    assert asked.count() == 1
    assert "called now" in said
    assert said == again
    assert acknowledged() == []


def test_when_one_has_it_the_others_stop_ringing(night: Night, rung: Rung) -> None:
    night.first.pick_up(rung)
    night.first.press(rung, "3")
    night.later(minutes=1)
    night.send()
    other = next(each for each in night.first.calls() if each.to != rung.to)
    night.first.tell(other, "ringing")

    _, said = night.first.write(rung.to, "1")
    hangups.hang_up_waiting(channel=lines.switchboard, now=night.now)

    assert "no longer called" in said
    assert other.status == "canceled"


def test_whoever_picks_up_after_it_was_taken_may_sleep(night: Night, rung: Rung) -> None:
    token = links.answer_token(of(rung).pk, first_asked().pk)
    bo = night.cast.bo if first_asked() != night.cast.bo else night.cast.ana
    incidents.acknowledge(incident=of(rung).stream, by=bo.actor, at=night.at)
    heard = night.first.pick_up(rung)

    assert f"taken by {bo.name}" in heard
    assert token in rung.form["Url"]


def test_a_key_pressed_twice_is_one_answer(night: Night, rung: Rung) -> None:
    night.first.pick_up(rung)
    keys = rung.keys
    night.first.press(rung, "1")
    rung.status, rung.keys = "in-progress", keys
    again = night.first.press(rung, "1")

    assert "already" in again
    assert len(acknowledged()) == 1


def test_of_a_guarded_incident_the_line_says_nothing(night: Night) -> None:
    for number, person in enumerate(Person.objects.exclude(role="customer").order_by("pk")):
        night.give(person, DeviceKind.VOICE, f"+4420794600{number:02}")
        night.give(person, DeviceKind.SMS, f"+4420794600{number:02}")
    words = "Somebody has stolen our customer list, there is a data breach by an attacker."
    night.cast.report(night.cast.mira, words, closest_to="data-security-incident")
    night.later(minutes=1)
    night.send()

    call = night.calls(first_asked())[0]
    (text,) = night.texts(first_asked())
    heard = night.first.pick_up(call)
    for said in (heard, text.form["Body"]):
        assert "stolen" not in said
        assert "security" not in said.lower()
        assert "Nordwind" not in said


@pytest.mark.parametrize("channel", ["voice", "sms", "push", "app"])
@pytest.mark.parametrize("purpose", ["page", "still_on_it", "exhausted"])
def test_of_a_guarded_incident_only_mail_says_what_it_is(
    cast: Cast, channel: str, purpose: str
) -> None:
    """EMG-2: a locked screen, a voicemail box and an app's servers learn its number, and no more.

    Also where a letter has no short words of its own, and its long ones would be read out.
    """
    words = "Somebody has stolen our customer list, there is a data breach by an attacker."
    cast.report(cast.mira, words, closest_to="data-security-incident")
    page = Delivery.objects.select_related("person").filter(purpose="page")[0]
    page.channel, page.purpose = channel, purpose

    message = compose.compose(scene(page, at=NOON))

    said = [apprise_words.body(message), push_words.payload(message).decode(), *message.spoken]
    said += [message.subject, telephone.sms(message), twiml.tell(message.spoken)]
    for each in said:
        assert "stolen" not in each
        assert "security" not in each.lower()
        assert "Nordwind" not in each
    assert page.stream in message.subject


def test_a_telephone_that_is_in_use_works_and_the_rule_goes_on(night: Night, rung: Rung) -> None:
    night.first.tell(rung, "busy")

    assert of(rung).state == "delivered"
    assert not Device.objects.filter(off_at__isnull=False).exists()


def test_a_call_that_failed_lets_the_next_try_come_at_once(night: Night, rung: Rung) -> None:
    night.first.tell(rung, "failed", SipResponseCode="503")
    night.send()

    assert of(rung).state == "failed"
    assert len(night.calls(first_asked())) == 2


def test_news_that_come_twice_late_and_out_of_order_change_nothing(
    night: Night, rung: Rung
) -> None:
    night.first.is_double = True
    night.first.tell(rung, "completed")
    night.first.tell(rung, "ringing")
    night.first.tell(rung, "initiated")
    night.first.tell(rung, "failed")

    assert of(rung).state == "delivered"


def test_the_failing_of_another_providers_call_is_not_this_ones(night: Night, rung: Rung) -> None:
    other = Rung(sid="CA" + "9" * 32, kind="call", form=dict(rung.form))

    assert night.second.tell(other, "failed") == [204]

    assert of(rung).state == "sent"


def test_both_providers_may_sign_and_nobody_else(night: Night, rung: Rung) -> None:
    url, form = rung.form["StatusCallback"], {"CallSid": rung.sid, "CallStatus": "ringing"}

    forged = _deliver(url, form, sign("a token that I guess", url, form))
    unsigned = _deliver(url, form, "")
    elsewhere = _deliver(url, form, sign("token 0", url.replace("status", "voice"), form))
    strange = _deliver(url, form, "\u00e9")
    changed = _deliver(url, {**form, "CallStatus": "failed"}, sign("token 0", url, form))

    assert {each[0] for each in (forged, unsigned, elsewhere, strange, changed)} == {403}
    assert of(rung).state == "sent"
    assert _deliver(url, form, sign("token 1", url, form))[0] == 204
    assert of(rung).state == "delivered"


def test_an_address_that_nobody_was_given_is_none(night: Night, rung: Rung) -> None:
    mine = links.answer_token(of(rung).pk, first_asked().pk)
    for token in ("x", mine[:-2] + "AA", links.answer_token(10**9, 1)):
        for step in ("voice", "key", "status"):
            url = f"{PUBLIC}/phone/{token}/{step}"
            form = {"CallSid": "CA1", "CallStatus": "ringing", "Digits": "1"}
            assert _deliver(url, form, sign("token 0", url, form))[0] == 404


def test_without_providers_the_doors_are_closed(night: Night, settings: Settings) -> None:
    settings.PHONE_PROVIDERS = ()

    assert _deliver(f"{PUBLIC}/phone/sms", {"From": "+1"}, "")[0] == 503
    assert "voice" not in lines.lines()


def test_what_is_absurdly_large_or_no_form_is_refused(night: Night) -> None:
    client = Client(raise_request_exception=False)
    large = client.post("/phone/sms", b"x" * 70_000, content_type="text/plain")
    assert large.status_code == 413
    assert client.post("/phone/sms", b"\xff\xfe=%", content_type="text/plain").status_code == 403
    assert client.get("/phone/sms").status_code == 405
    url = f"{PUBLIC}/phone/sms"
    assert _deliver(url, {"Body": "1"}, sign("token 0", url, {"Body": "1"}))[0] == 400


def test_when_both_are_down_the_page_waits_and_goes_out_once_one_is_back(night: Night) -> None:
    night.give(night.cast.ana, DeviceKind.VOICE, "+442079460001")
    night.give(night.cast.bo, DeviceKind.VOICE, "+442079460002")
    night.first.mood = night.second.mood = Mood.BUSY
    night.cast.report(night.cast.mira)
    night.later(minutes=1)
    night.send()
    night.second.mood = Mood.WELL
    night.later(seconds=30)
    night.send()

    assert len(night.second.calls()) >= 1
    failing = TelephoneProvider.objects.filter(failing_since__isnull=False)
    assert failing.count() == 1


def test_a_number_that_is_dead_switches_its_device_off(night: Night) -> None:
    device = night.give(night.cast.ana, DeviceKind.VOICE, "+442079460001")
    bo = night.give(night.cast.bo, DeviceKind.VOICE, "+442079460002")
    night.first.dead = {device.address: 21214, bo.address: 21214}
    night.cast.report(night.cast.mira)
    night.later(minutes=3)
    night.send()

    assert Device.objects.filter(off_at__isnull=False, kind="voice").exists()


# ── SMS ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def texted(night: Night) -> Rung:
    """A report, and the SMS that asks for an answer."""
    for number, person in enumerate(Person.objects.exclude(role="customer").order_by("pk")):
        night.give(person, DeviceKind.SMS, f"+4420794600{number:02}")
    night.cast.report(night.cast.mira)
    night.send()
    return night.texts(first_asked())[0]


def test_an_answer_by_sms_takes_it(night: Night, texted: Rung) -> None:
    incident = of(texted).stream

    status, answer = night.first.write(texted.to, f"1 {incident}")

    assert status == 200
    assert f"{incident} is yours" in answer
    assert acknowledged() == [first_asked().actor]


def test_the_same_sms_twice_is_answered_once_more_the_same(night: Night, texted: Rung) -> None:
    first = night.first.write(texted.to, "1", sid="SM1")
    again = night.first.write(texted.to, "1", sid="SM1")
    another = night.first.write(texted.to, "1", sid="SM2")

    assert first == again
    assert "already" in another[1]
    assert len(acknowledged()) == 1


def test_an_sms_whose_process_died_is_looked_at_within_a_minute_or_two(
    night: Night, texted: Rung
) -> None:
    ReceivedText.objects.create(provider_id="SM1", sender=texted.to, body="1", at=night.at)

    assert texts.look_again(at=night.at + timedelta(seconds=29)) == 0
    assert texts.look_again(at=night.at + timedelta(seconds=31)) == 1
    assert len(acknowledged()) == 1
    assert "is yours" in night.first.write(texted.to, "1", sid="SM1")[1]


def test_an_sms_about_another_incident_takes_nothing(night: Night, texted: Rung) -> None:
    assert "does not ring for you" in night.first.write(texted.to, "1 999")[1]
    assert acknowledged() == []


def test_three_by_sms_calls_the_next_one(night: Night, texted: Rung) -> None:
    assert "Called now" in night.first.write(texted.to, "3")[1]
    assert EntryRow.objects.filter(kind="asked", data__reason="declined").count() == 1


def test_who_is_not_understood_is_told_how_once_and_machines_do_not_talk_for_ever(
    night: Night, texted: Rung
) -> None:
    answers = [night.first.write(texted.to, "I am driving and can't read")[1] for _ in range(9)]

    assert "Reply 1 to take it" in answers[0]
    assert answers[1:] == [""] * 8
    assert CaseRow.objects.count() == 1


def test_a_machine_that_says_ok_to_every_answer_is_not_answered_for_ever(
    night: Night, texted: Rung
) -> None:
    """What it asks for is done all the same: the next page may be taken by it."""
    told = [night.first.write(texted.to, "OK")[1] for _ in range(texts.MOST_AN_HOUR + 5)]

    assert all(told[: texts.MOST_AN_HOUR])
    assert not any(told[texts.MOST_AN_HOUR :])
    assert ReceivedText.objects.filter(meaning="take").count() == len(told)
    night.later(minutes=61)
    assert night.first.write(texted.to, "OK")[1]


def test_stop_switches_the_device_off_tells_the_owner_elsewhere_and_start_brings_it_back(
    night: Night, texted: Rung
) -> None:
    assert night.first.write(texted.to, "STOP")[1] == ""

    device = Device.objects.get(kind="sms", address=texted.to)
    assert device.off_at is not None
    told = Delivery.objects.filter(purpose="device_off", person=first_asked())
    assert told.exists()
    assert not told.filter(device=device).exists()
    assert "again" in night.first.write(texted.to, "START")[1]
    assert Device.objects.get(pk=device.pk).off_at is None


def test_an_sms_that_was_only_handed_on_is_not_confirmed(night: Night, texted: Rung) -> None:
    night.first.tell(texted, "sent")
    assert of(texted).state == "sent"

    night.first.tell(texted, "delivered")
    assert of(texted).state == "delivered"


def test_an_sms_to_a_number_out_of_service_switches_its_device_off(
    night: Night, texted: Rung
) -> None:
    night.first.tell(texted, "undelivered", ErrorCode="30005")

    assert of(texted).state == "failed"
    assert Device.objects.get(kind="sms", address=texted.to).off_at is not None


def test_a_strangers_sms_is_a_report_once_and_many_of_them_ring_once(night: Night) -> None:
    _, answer = night.first.write("+4915112345678", "Payments fail for all our users!", sid="SM1")
    night.first.write("+4915112345678", "Payments fail for all our users!", sid="SM1")
    _, later = night.first.write("+4915112345678", "Is anybody there?", sid="SM2")

    cases = CaseRow.objects.order_by("number")
    assert [case.report.channel for case in cases] == ["sms", "sms"]
    assert cases[0].incident == cases[1].incident
    assert cases[0].ref in answer
    assert later == ""
    assert ReceivedText.objects.get(provider_id="SM1").case_ref == cases[0].ref


def test_an_sms_of_a_service_or_without_a_number_is_only_kept(night: Night) -> None:
    for sender, body in (
        ("12345", "Your code is 1"),
        ("DHL", "Parcel"),
        ("+4915112345678", "STOP"),
    ):
        assert night.first.write(sender, body) == (200, "")

    assert CaseRow.objects.count() == 0
    assert ReceivedText.objects.filter(meaning="nothing").count() == 3
    texts.forget_old(at=night.at + timedelta(days=91))
    assert not ReceivedText.objects.exists()


def test_an_sms_without_words_is_a_case_all_the_same(night: Night) -> None:
    night.first.write("+4915112345678", "  ")

    assert "unreadable" in CaseRow.objects.get().report.notes


def test_somebody_who_has_left_can_take_nothing(night: Night, texted: Rung) -> None:
    Person.objects.filter(pk=first_asked().pk).update(is_active=False)

    night.first.write(texted.to, "1")

    assert acknowledged() == []


def test_a_device_that_was_not_verified_answers_for_nobody(night: Night, texted: Rung) -> None:
    Device.objects.filter(address=texted.to).update(verified_at=None)
    Person.objects.filter(phone_e164=texted.to).update(phone_e164="")

    night.first.write(texted.to, "1")

    assert acknowledged() == []


def test_operators_see_which_provider_does_not_work(night: Night, rung: Rung) -> None:
    InRows(now=night.now).failed(first_name := _names()[0], said="503 away", retry_after=90)
    order = InRows(now=night.now).order(_names())
    client = Client(REMOTE_ADDR="127.0.0.1")
    client.force_login(night.cast.rosa)
    night.later(seconds=60)

    page = client.get("/connections/").content.decode()
    numbers = client.get("/metrics").content.decode()
    night.later(seconds=31)

    assert order == _names()[::-1]
    assert "503 away" in page
    assert f'redphone_phone_provider_failing_seconds{{provider="{first_name}"}} 60' in numbers
    assert InRows(now=night.now).order(_names()) == _names()


def _names() -> list[str]:
    return [each.name for each in django_settings.PHONE_PROVIDERS]
