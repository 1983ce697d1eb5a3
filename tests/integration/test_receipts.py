"""What providers tell of a message: late, twice, out of order, or never."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from redphone.actions import (
    claims,
    deliveries,
    devices,
    duty,
    hangups,
    incidents,
    links,
    paging,
    receipts,
    standings,
)
from redphone.channels.fake import CONFIRMED_WITHIN, Does, Telephones
from redphone.channels.mail.fake import FakeMail
from redphone.channels.switchboard import Switchboard
from redphone.core.stream import DeskError
from redphone.records.models import Delivery, Device, EntryRow, IncidentRow, Person
from redphone.records.models.delivery import DeliveryState as State
from redphone.web import middleware

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DUE = NOON + SECOND + CONFIRMED_WITHIN

Told = Callable[[int], object]


def arrived(number: int) -> None:
    receipts.delivered(number, at=NOON + 3 * SECOND)


def failed(number: int) -> None:
    receipts.failed(number, said="no answer", for_good=False, at=NOON + 3 * SECOND)


def died(number: int) -> None:
    receipts.failed(number, said="no such number", for_good=True, at=NOON + 3 * SECOND)


def swept(number: int) -> None:
    receipts.sweep(at=DUE)


def board(telephones: Telephones) -> Switchboard:
    lines = {name: telephones.line(name) for name in ("voice", "sms")}
    return Switchboard({"mail": FakeMail, **lines})


def send(telephones: Telephones, at: datetime = NOON + SECOND) -> None:
    deliveries.send_waiting(channel=lambda: board(telephones), now=lambda: at)


def device(person: Person, kind: str, address: str) -> Device:
    return Device.objects.create(
        person=person, kind=kind, address=address, verified_at=NOON, created_at=NOON
    )


def one_page(cast: Cast) -> Delivery:
    """A page by SMS to Ana, who has nothing else, handed over and not confirmed yet."""
    Device.objects.filter(person=cast.ana).delete()
    device(cast.ana, "sms", "+442079460321")
    cast.report(cast.mira)
    send(Telephones())
    return Delivery.objects.get(purpose="page", person=cast.ana)


@pytest.mark.parametrize("order", list(itertools.permutations([arrived, failed, died, swept], 3)))
def test_whatever_the_order_one_that_arrived_has_arrived(
    cast: Cast, order: tuple[Told, ...]
) -> None:
    """Law: the end is a function of what was told, not of when it was told."""
    page = one_page(cast)

    for tell in (*order, *order):
        tell(page.pk)

    page.refresh_from_db()
    assert page.device is not None
    page.device.refresh_from_db()
    if arrived in order:
        assert (page.state, page.device.off_at) == (State.DELIVERED, None)
    else:
        assert (page.state, page.device.off_at is not None) == (State.FAILED, died in order)
    assert EntryRow.objects.filter(kind="delivery_failed").count() <= 1
    assert EntryRow.objects.filter(kind="device_off").count() <= 1


def test_a_receipt_that_comes_before_the_answer_of_its_provider_is_kept(cast: Cast) -> None:
    device(cast.ana, "sms", "+442079460321")
    cast.report(cast.mira)
    page = Delivery.objects.get(purpose="page", channel="sms")
    (claimed,) = [row for row in claims.claim(at=NOON, limit=9) if row.pk == page.pk]

    line = Telephones().line("sms")()
    receipts.delivered(page.pk, at=NOON, provider_id="SM1")
    deliveries.send(claimed, line, now=lambda: NOON)

    page.refresh_from_db()
    assert page.state == State.DELIVERED
    assert receipts.sweep(at=DUE + 60 * SECOND) == 0


def test_nobody_knows_a_delivery_that_is_not_there(transactional_db: None) -> None:
    receipts.delivered(999_999, at=NOON)
    receipts.failed(999_999, said="?", for_good=True, at=NOON)

    assert receipts.sweep(at=NOON) == 0


def test_an_answered_page_that_was_never_confirmed_worries_nobody(cast: Cast) -> None:
    page = one_page(cast)
    incidents.acknowledge(incident=page.stream, by=cast.bo.actor, at=NOON + 9 * SECOND)

    receipts.sweep(at=DUE)

    page.refresh_from_db()
    assert page.state == State.FAILED
    assert not EntryRow.objects.filter(kind="delivery_failed").exists()


def test_a_channel_that_the_desk_lacks_is_passed_over_at_once(cast: Cast) -> None:
    device(cast.ana, "app", "ana in the chat")
    device(cast.ana, "voice", "+442079460321")
    Device.objects.filter(person=cast.ana, kind="mail").delete()
    telephones = Telephones()
    cast.report(cast.mira)

    send(telephones)

    assert [message.channel for message in telephones.messages] == ["voice"]
    assert Delivery.objects.get(channel="app").error.startswith("this desk has no way")
    assert Device.objects.get(kind="app").off_at is None
    assert not EntryRow.objects.filter(kind="delivery_failed").exists()


def test_a_device_that_was_switched_off_meanwhile_is_not_sent_to(cast: Cast) -> None:
    phone = device(cast.ana, "voice", "+442079460321")
    telephones = Telephones()
    cast.report(cast.mira)
    Device.objects.filter(pk=phone.pk).update(off_at=NOON, off_why="lost")

    send(telephones, NOON + 61 * SECOND)

    assert telephones.messages == []
    assert Delivery.objects.filter(channel="voice").values_list("state", flat=True)[0] == "failed"


def test_a_device_that_was_removed_meanwhile_is_not_rung_and_the_next_one_is(cast: Cast) -> None:
    """Its number may be somebody else's by now, and a key pressed there would take the page."""
    lost = device(cast.ana, "sms", "+442079460321")
    device(cast.ana, "voice", "+442079460322")
    Device.objects.filter(person=cast.ana, kind="mail").delete()
    telephones = Telephones()
    cast.report(cast.mira)
    devices.remove(person=cast.ana.pk, device=lost.pk, at=NOON)

    send(telephones)

    assert [message.to for message in telephones.messages] == ["+442079460322"]
    assert Delivery.objects.get(channel="sms").error == "its owner has taken this device away"


@pytest.mark.parametrize("is_lost", [True, False])
def test_one_incident_that_cannot_be_written_holds_up_no_other_page(
    cast: Cast, is_lost: bool
) -> None:
    """Whether its worker was lost at the last try, or that try has just ended."""
    for person in Person.objects.filter(email__endswith="@redphone.example"):
        Device.objects.filter(person=person).delete()
        device(person, "sms", f"+4420794603{person.pk % 100:02}")
    broken, whole = (str(cast.report(cast.mira, join_key=key).incident) for key in "ab")
    last = Delivery.objects.filter(stream=broken, channel="sms", purpose="page")
    if is_lost:
        last.update(state=State.SENDING, tries=60, sending_since=NOON - timedelta(minutes=5))
    else:
        last.update(tries=59, next_try_at=NOON, priority=0)
    Delivery.objects.filter(stream=whole, purpose="page").update(priority=1)
    IncidentRow.objects.filter(ref=broken).update(state={})
    telephones = Telephones()

    send(telephones)
    send(telephones, NOON + 62 * SECOND)

    assert whole in {message.thread for message in telephones.messages}


def two_pages(cast: Cast) -> tuple[Telephones, Delivery]:
    """Two incidents of one person in one call: the calls and their carrier."""
    device(cast.ana, "voice", "+442079460321")
    telephones = Telephones()
    cast.report(cast.mira)
    cast.report(cast.jon, "We cannot pay with any card.")
    send(telephones, NOON + 60 * SECOND)
    return telephones, _carrier()


def _carrier() -> Delivery:
    member = Delivery.objects.get(bundled_into__isnull=False)
    assert member.bundled_into is not None
    return member.bundled_into


def test_two_pages_in_one_call_have_one_end(cast: Cast) -> None:
    telephones, carrier = two_pages(cast)
    member = Delivery.objects.get(bundled_into=carrier)

    receipts.delivered(carrier.pk, at=NOON + 62 * SECOND)

    member.refresh_from_db()
    assert [message.count for message in telephones.messages] == [2]
    assert member.state == State.DELIVERED


def test_one_key_takes_the_first_and_another_takes_all(cast: Cast) -> None:
    """POL-1, EMG-1: the answer says who else was asked, and what still rings."""
    _, carrier = two_pages(cast)
    pages = Delivery.objects.filter(purpose="page", channel="voice", seq=2)
    first, second = sorted(set(pages.values_list("stream", flat=True)))

    took = paging.answer_delivery(carrier.pk, cast.ana.pk, through="voice", at=NOON + 70 * SECOND)
    assert (took.incidents, took.left) == ((first,), (second,))

    rest = paging.answer_delivery(
        carrier.pk, cast.ana.pk, through="voice", at=NOON + 80 * SECOND, is_all=True
    )
    assert (rest.incidents, rest.left) == ((second,), ())
    with pytest.raises(DeskError):
        paging.answer_delivery(
            carrier.pk, cast.ana.pk, through="voice", at=NOON + 90 * SECOND, is_all=True
        )


def test_what_was_carried_goes_by_itself_when_its_carrier_is_wanted_no_more(cast: Cast) -> None:
    device(cast.ana, "voice", "+442079460321")
    telephones = Telephones(does={"+442079460321": Does.BUSY})
    cast.report(cast.mira)
    cast.report(cast.jon, "We cannot pay with any card.")
    send(telephones, NOON + 60 * SECOND)
    carrier = _carrier()
    incidents.acknowledge(incident=carrier.stream, by=cast.bo.actor, at=NOON + 61 * SECOND)
    telephones.does.clear()

    send(telephones, NOON + 130 * SECOND)

    carrier.refresh_from_db()
    assert carrier.state == State.CANCELLED
    (call,) = telephones.messages
    assert (call.thread != carrier.stream, call.count) == (True, 1)


def test_what_a_carried_page_carried_itself_goes_along(cast: Cast) -> None:
    """A page that its provider put off for long is overtaken, and with it what it carries."""
    telephones, first = put_off(cast)
    cast.report(cast.mira, "One more", at=NOON + 140 * SECOND, join_key="one-more")

    send(telephones, NOON + 200 * SECOND)

    (call,) = telephones.messages
    assert call.count == 3
    assert call.thread != first.stream
    assert set(
        Delivery.objects.filter(channel="voice", seq=2, loud_at=None)
        .exclude(bundled_into=None)
        .values_list("state", flat=True)
    ) == {State.SENT}


def test_whatever_is_left_behind_by_its_carrier_goes_by_itself(cast: Cast) -> None:
    telephones, first = put_off(cast)
    Delivery.objects.filter(pk=first.pk).update(state=State.SENT, sent_at=NOON)
    left = Delivery.objects.get(bundled_into=first)

    send(telephones, NOON + 200 * SECOND)

    left.refresh_from_db()
    assert left.state == State.SENT


def put_off(cast: Cast) -> tuple[Telephones, Delivery]:
    """Two pages in one call, which its provider wants to be asked again for in two minutes."""
    device(cast.ana, "voice", "+442079460321")
    telephones = Telephones(does={"+442079460321": Does.BUSY})
    cast.report(cast.mira)
    cast.report(cast.jon, "We cannot pay with any card.")
    send(telephones, NOON + 60 * SECOND)
    telephones.does.clear()
    Delivery.objects.filter(channel="voice", state="pending", tries=0, bundled_into=None).update(
        state=State.CANCELLED
    )
    carrier = _carrier()
    Delivery.objects.filter(pk=carrier.pk).update(next_try_at=NOON + 203 * SECOND)
    return telephones, carrier


def test_somebody_else_cannot_answer_a_page(cast: Cast) -> None:
    page = one_page(cast)

    with pytest.raises(standings.NoSuchPage):
        paging.answer_delivery(page.pk, cast.bo.pk, through="sms", at=NOON + 9 * SECOND)
    assert not EntryRow.objects.filter(kind="acknowledged").exists()


def test_a_call_that_rings_for_nothing_is_ended_once(cast: Cast) -> None:
    device(cast.ana, "voice", "+442079460321")
    telephones = Telephones()
    cast.report(cast.mira)
    send(telephones, NOON + 60 * SECOND)
    call = Delivery.objects.get(channel="voice", state="sent")

    incidents.acknowledge(incident=call.stream, by=cast.bo.actor, at=NOON + 65 * SECOND)
    assert hangups.is_waiting()
    for _ in range(2):
        hangups.hang_up_waiting(channel=lambda: board(telephones), now=lambda: NOON + 66 * SECOND)

    assert telephones.ended == [call.message_id]
    assert not hangups.is_waiting()


def test_nothing_waits_for_a_provider_that_is_slow_to_end_a_call(cast: Cast) -> None:
    """Whoever takes something else of the incident writes to the same row meanwhile."""
    device(cast.ana, "voice", "+442079460321")
    telephones = Telephones()
    cast.report(cast.mira)
    send(telephones, NOON + 60 * SECOND)
    call = Delivery.objects.get(channel="voice", state="sent")
    incidents.acknowledge(incident=call.stream, by=cast.bo.actor, at=NOON + 65 * SECOND)
    free: list[bool] = []

    class Slow(Switchboard):
        def hang_up(self, channel: str, *, provider: str, provider_id: str) -> bool:
            with ThreadPoolExecutor(1) as elsewhere:
                free.append(elsewhere.submit(_is_free, call.pk).result())
            return False

    lines = {"voice": telephones.line("voice")}
    hangups.hang_up_waiting(channel=lambda: Slow(lines), now=lambda: NOON + 66 * SECOND)
    hangups.hang_up_waiting(channel=lambda: board(telephones), now=lambda: NOON + 67 * SECOND)

    assert free == [True]
    assert telephones.ended == [call.message_id]


def _is_free(number: int) -> bool:
    """Whether nobody has this row in hand; from another thread."""
    try:
        with transaction.atomic():
            rows = Delivery.objects.select_for_update(skip_locked=True).filter(pk=number)
            return rows.first() is not None
    finally:
        connection.close()


def test_the_hourly_limit_holds_back_all_but_first_pages(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    device(cast.ana, "sms", "+442079460321")
    telephones = Telephones()
    monkeypatch.setattr(settings, "LOUD_PER_HOUR", 2)

    for number in range(5):
        at = NOON + timedelta(minutes=2 * number)
        cast.report(cast.mira, f"Trouble {number}", at=at, join_key=f"trouble-{number}")
        send(telephones, at + SECOND)
    assert len(telephones.messages) == 5

    at = NOON + timedelta(minutes=10)
    cast.report(cast.mira, "One more", at=at, join_key="one-more")
    Delivery.objects.filter(channel="sms", state="pending").update(priority=1)
    send(telephones, at + SECOND)
    assert len(telephones.messages) == 5

    # No longer than five minutes: who is asked last must not be the one who is spared.
    send(telephones, at + timedelta(minutes=4))
    assert len(telephones.messages) == 6


def test_the_link_of_several_pages_lists_them_and_takes_one_or_all(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "now", lambda: NOON + 70 * SECOND)
    telephones, carrier = two_pages(cast)
    assert cast.report(cast.mira, "And the API.", at=NOON + 63 * SECOND, join_key="api").incident
    send(telephones, NOON + 125 * SECOND)
    call = Delivery.objects.get(key=telephones.messages[-1].key)
    address = links.answer(call.pk, cast.ana.pk).removeprefix("http://localhost:8000")

    shown = client.get(address).content.decode()
    assert "I have all 3" in shown
    one = shown.split('name="which" value="')[2].split('"')[0]
    client.post(address, {"which": one})
    assert "I have all 2" in client.get(address).content.decode()
    client.post(address, {"all": "1"})

    taken = EntryRow.objects.filter(kind="acknowledged", actor=cast.ana.actor)
    assert len({row.stream for row in taken}) == 3
    assert carrier.stream in {row.stream for row in taken}


def test_a_link_takes_nothing_but_what_its_message_spoke_for(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "now", lambda: NOON + 70 * SECOND)
    page = one_page(cast)
    other = str(cast.report(cast.jon, "We cannot pay with any card.").incident)
    address = links.answer(page.pk, cast.ana.pk).removeprefix("http://localhost:8000")

    client.post(address, {"which": other})

    assert not EntryRow.objects.filter(kind="acknowledged").exists()


def test_the_link_says_who_else_was_asked(cast: Cast) -> None:
    page = one_page(cast)
    duty.handle_due(at=NOON + timedelta(minutes=5))
    token = links.answer(page.pk, cast.ana.pk).rstrip("/").rpartition("/")[2]

    took = paging.answer(token, at=NOON + timedelta(minutes=6))

    assert took.others == ("Bo Lindqvist",)
    shown = standings.page(token, at=NOON + timedelta(minutes=6))
    assert (shown.stage, shown.others) == ("yours", ("Bo Lindqvist",))
