"""What is urgent and no page: it rings by the personal rules, and one touch answers it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from redphone.actions import (
    compose,
    deliveries,
    duty,
    incidents,
    links,
    phone_calls,
    push_answers,
    receipts,
    standings,
    texts,
)
from redphone.actions.scene import scene
from redphone.actions.standings import Stage
from redphone.channels.fake import Telephones
from redphone.channels.mail.fake import FakeMail
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone import twiml
from redphone.channels.telephone.receive import Text
from redphone.clock import now
from redphone.core.phone_says import Ask, Over, Tell, Took
from redphone.records.models import Delivery, Device, EntryRow, IncidentRow, Person
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

START = now() - timedelta(minutes=40)
"""The link's page reads the clock itself, so these are of the present."""

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ANAS, INESES = "+442079460321", "+442079460322"
KINDS = ("voice", "sms", "push")


def device(person: Person, kind: str, address: str) -> Device:
    return Device.objects.create(
        person=person, kind=kind, address=address, verified_at=START, created_at=START
    )


def everything(person: Person, number: str) -> None:
    for kind in KINDS:
        device(person, kind, number if kind != "push" else f"https://push.example/{number}")


def opened(cast: Cast) -> str:
    return str(cast.report(cast.mira, at=START, closest_to="system-outage").incident)


def asked_again(cast: Cast) -> str:
    """Ana has it, has done nothing for half an hour, and is asked."""
    everything(cast.ana, ANAS)
    ref = opened(cast)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=START)
    duty.handle_due(at=START + 30 * MINUTE)
    return ref


def offered(cast: Cast) -> str:
    everything(cast.ines, INESES)
    ref = opened(cast)
    incidents.offer(incident=ref, to=cast.ines.actor, by=cast.ana.actor, note="You?", at=START)
    return ref


def wanted(cast: Cast) -> str:
    """Nobody manages it, and the clock of that has warned: Ines is called."""
    everything(cast.ines, INESES)
    ref = opened(cast)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=START)
    duty.handle_due(at=START + 30 * MINUTE)
    return ref


def row(ref: str, person: Person, purpose: str, channel: str) -> Delivery:
    """The first try; of parts that are wanted, the incident management."""
    found = Delivery.objects.filter(stream=ref, person=person, purpose=purpose, channel=channel)
    meant = [each for each in found.order_by("id") if each.payload.get("what") != "senior_owner"]
    return meant[0]


def token(each: Delivery) -> str:
    return links.answer_token(each.pk, each.person_id or 0)


def text(body: str, sender: str, number: str = "SM1") -> str:
    sms = Text(provider_id=number, sender=sender, receiver="+442079460999", body=body)
    return texts.take(sms, raw=body.encode(), content_type="text/plain", at=START + 31 * MINUTE)


def entries(ref: str, kind: str) -> list[str]:
    return list(EntryRow.objects.filter(stream=ref, kind=kind).values_list("actor", flat=True))


@pytest.mark.parametrize("make", [asked_again, offered, wanted])
def test_each_of_them_goes_to_every_device_of_the_urgent_rule(cast: Cast, make: object) -> None:
    """POL-3: and says on each what is asked, in a line and in sentences."""
    assert callable(make)
    ref = make(cast)
    purpose = {asked_again: "still_on_it", offered: "offer", wanted: "wanted"}[make]
    person = cast.ana if make is asked_again else cast.ines

    rows = [row(ref, person, purpose, kind) for kind in KINDS]

    for each in rows:
        message = compose.compose(scene(each, at=START + 30 * MINUTE))
        assert message.act
        assert message.short.startswith(ref)
        assert message.spoken != message.lines
        assert message.link is not None
        assert "/a/" in message.link[1]
        assert each.priority == 1


def test_key_1_says_that_they_are_still_on_it(cast: Cast) -> None:
    ref = asked_again(cast)
    call = row(ref, cast.ana, "still_on_it", "voice")

    heard = phone_calls.pick_up(token(call), at=START + 31 * MINUTE)
    pressed = phone_calls.press(token(call), "1", at=START + 31 * MINUTE)
    again = phone_calls.press(token(call), "1", at=START + 32 * MINUTE)

    assert isinstance(heard, Ask)
    assert "Press 1 to say that you are still on it, 2 to" in twiml.render(heard, callback="x")
    assert isinstance(pressed, Took)
    assert "you are on it" in twiml.render(pressed, callback="x")
    assert isinstance(again, Took)
    assert entries(ref, "acknowledged") == [cast.ana.actor] * 2
    assert IncidentRow.objects.get(ref=ref).state["asked_again_at"] is None


def test_an_sms_with_1_says_so_too(cast: Cast) -> None:
    ref = asked_again(cast)
    Delivery.objects.filter(pk=row(ref, cast.ana, "still_on_it", "sms").pk).update(
        state=State.SENT, sent_at=START + 30 * MINUTE
    )

    assert text("1", ANAS) == f"{ref}: you are on it."
    assert entries(ref, "acknowledged") == [cast.ana.actor] * 2


def test_take_it_on_a_push_makes_them_the_manager_who_is_wanted(cast: Cast) -> None:
    ref = wanted(cast)
    push = row(ref, cast.ines, "wanted", "push")

    told = push_answers.take(token(push), at=START + 31 * MINUTE)

    assert (told.is_taken, told.title) == (True, f"{ref}: accepted")
    assert IncidentRow.objects.get(ref=ref).manager_id == cast.ines.pk


def test_the_link_of_a_mail_accepts_an_offer_and_shows_what_it_is_first(cast: Cast) -> None:
    ref = offered(cast)
    address = f"/a/{token(row(ref, cast.ines, 'offer', 'voice'))}/"
    client = Client(enforce_csrf_checks=True)

    shown = client.get(address).content.decode()
    done = client.post(address, follow=True).content.decode()

    assert "will you manage it?" in shown
    assert "Accept" in shown
    assert "You have it" in done
    assert entries(ref, "manager_accepted") == [cast.ines.actor]


def test_key_3_says_no_to_an_offer(cast: Cast) -> None:
    ref = offered(cast)
    call = row(ref, cast.ines, "offer", "voice")

    said = phone_calls.press(token(call), "3", at=START + MINUTE)

    assert isinstance(said, Over)
    assert entries(ref, "manager_declined") == [cast.ines.actor]
    assert standings.page(token(call), at=START + MINUTE).stage is Stage.SETTLED


def test_what_a_deed_made_pointless_is_cancelled_and_hung_up(cast: Cast) -> None:
    """POL-1: for every urgent purpose, and not for pages alone."""
    ref = offered(cast)
    call = row(ref, cast.ines, "offer", "voice")
    Delivery.objects.filter(pk=call.pk).update(state=State.SENT, sent_at=START)

    incidents.refuse(incident=ref, by=cast.ines.actor, note="", at=START + SECOND)

    call.refresh_from_db()
    assert call.hang_up_at is not None
    waiting = Delivery.objects.filter(stream=ref, purpose="offer").exclude(pk=call.pk)
    assert set(waiting.values_list("state", flat=True)) == {State.CANCELLED}


def test_a_manager_who_was_found_is_wanted_no_more(cast: Cast) -> None:
    ref = wanted(cast)
    incidents.take(incident=ref, by=cast.maya.actor, at=START + 31 * MINUTE)

    rows = [row(ref, cast.ines, "wanted", kind) for kind in KINDS]

    assert {each.state for each in rows} == {State.CANCELLED}
    heard = phone_calls.press(token(rows[0]), "1", at=START + 32 * MINUTE)
    assert heard == Over(incident=ref, by=cast.maya.name)
    assert entries(ref, "manager_accepted") == [cast.maya.actor]


def test_who_manages_another_is_told_why_a_key_does_not_do(cast: Cast) -> None:
    """POL-3: one each, and a telephone takes no reasons."""
    other = str(cast.report(cast.jon, at=START, closest_to="system-outage").incident)
    incidents.take(incident=other, by=cast.ines.actor, at=START)
    ref = wanted(cast)
    call = row(ref, cast.ines, "wanted", "voice")

    heard = phone_calls.press(token(call), "1", at=START + 31 * MINUTE)

    assert isinstance(heard, Tell)
    assert other in heard.words[0]
    assert entries(ref, "manager_accepted") == []


def test_what_nobody_confirms_leads_to_the_next_device(cast: Cast) -> None:
    """EMG-1: as for a page. An SMS goes on as a call at once."""
    ref = offered(cast)
    lines = {name: Telephones().line(name) for name in KINDS}
    board = Switchboard({"mail": FakeMail, **lines})
    rows = Delivery.objects.filter(stream=ref, purpose="offer", person=cast.ines)
    rows.exclude(channel="sms").update(next_try_at=START + 30 * MINUTE)
    deliveries.send_waiting(channel=lambda: board, now=lambda: START + SECOND)
    sent = row(ref, cast.ines, "offer", "sms")

    receipts.failed(sent.pk, said="it is off", for_good=False, at=START + 9 * SECOND)

    assert rows.filter(next_try_at=START + 9 * SECOND).count() == 1


def test_nobody_else_s_link_and_no_other_message_answers(cast: Cast) -> None:
    ref = offered(cast)
    call = row(ref, cast.ines, "offer", "voice")
    forged = [links.answer_token(call.pk, cast.bo.pk), token(call)[:-1] + "x", "nonsense"]

    for each in forged:
        with pytest.raises(standings.NoSuchPage):
            phone_calls.press(each, "1", at=START + MINUTE)
    receipt = Delivery.objects.filter(purpose="receipt").first()
    assert receipt is not None
    with pytest.raises(standings.NoSuchPage):
        standings.page(links.answer_token(receipt.pk, cast.mira.pk), at=START)
    assert entries(ref, "manager_accepted") == []


def test_of_a_guarded_incident_a_voice_and_a_locked_screen_say_nothing(cast: Cast) -> None:
    """EMG-2: neither what it is nor what was reported."""
    everything(cast.ines, INESES)
    secret = "Somebody reads our customers' data."
    ref = str(
        cast.report(cast.mira, secret, at=START, closest_to="data-security-incident").incident
    )
    incidents.offer(incident=ref, to=cast.ines.actor, by=cast.ana.actor, note="You?", at=START)

    message = compose.compose(scene(row(ref, cast.ines, "offer", "voice"), at=START))

    said = f"{message.subject} {message.short} {' '.join(message.spoken)}"
    assert "ecurity" not in said
    assert secret not in said
