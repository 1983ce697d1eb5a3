"""The same person in two steps, or in two ladders, of one incident: their telephone rings once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.conftest import NOON

from redphone.actions import deliveries, duty, incidents, receipts, verify
from redphone.channels.fake import Telephones
from redphone.channels.mail.fake import FakeMail
from redphone.channels.switchboard import Switchboard
from redphone.records.models import Delivery, Device, EntryRow, Person, RuleStep
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def telephones() -> Telephones:
    return Telephones()


def send(telephones: Telephones, after: timedelta) -> None:
    board = Switchboard({"mail": FakeMail, "voice": telephones.line("voice")})
    deliveries.send_waiting(channel=lambda: board, now=lambda: NOON + after)


def a_telephone(person: Person) -> str:
    RuleStep.objects.filter(person=person).delete()
    Device.objects.filter(person=person).delete()
    address = f"+4420794603{person.pk % 100:02}"
    Device.objects.create(
        person=person, kind="voice", address=address, verified_at=NOON, created_at=NOON
    )
    return address


def asked_by_two_ladders(cast: Cast) -> tuple[str, Person]:
    """An outage, and at once a lockout too; the first of both ladders is one person."""
    ref = str(cast.report(cast.mira, closest_to="system-outage").incident)
    first = EntryRow.objects.filter(stream=ref, kind="asked").latest("seq")
    who = Person.objects.get(pk=int(first.data["people"][0].removeprefix("person:")))
    return ref, who


def rung(telephones: Telephones, address: str, ref: str) -> int:
    pages = [m for m in telephones.messages if m.to == address and m.key.endswith("/page")]
    return sum(message.thread == ref for message in pages)


def both(ref: str, by: Person, after: timedelta) -> None:
    incidents.confirm(
        incident=ref,
        types=("system-outage", "account-lockout"),
        by=by.actor,
        why="Both.",
        at=NOON + after,
    )


def people_of(ref: str) -> list[tuple[str, list[str], list[str]]]:
    rows = EntryRow.objects.filter(stream=ref, kind="asked").order_by("seq")
    return [(r.data["lane"], r.data["people"], r.data.get("already", [])) for r in rows]


def test_two_ladders_that_ask_one_person_ring_them_once(
    cast: Cast, telephones: Telephones
) -> None:
    """EMG-1, EMG-5: the second page is a row that goes along, and the entry says so."""
    for person in Person.objects.exclude(role="customer"):
        a_telephone(person)
    ref, ana = asked_by_two_ladders(cast)
    address = Device.objects.get(person=ana).address
    send(telephones, SECOND)

    both(ref, cast.maya, 10 * SECOND)
    send(telephones, 11 * SECOND)

    twice = [already for _, people, already in people_of(ref) if ana.actor in people]
    assert len(twice) > 1
    assert ana.actor in twice[-1]
    pages = Delivery.objects.filter(stream=ref, purpose="page", person=ana, tries__gt=0)
    assert {row.state for row in pages} == {State.SENT}
    assert rung(telephones, address, ref) == 1
    found: list[object] = []
    verify.verify(refs=[ref], at=NOON + 12 * SECOND, found=found.append)
    assert found == []


def test_two_pages_of_the_same_moment_are_one_ring(cast: Cast, telephones: Telephones) -> None:
    for person in Person.objects.exclude(role="customer"):
        a_telephone(person)
    ref, ana = asked_by_two_ladders(cast)
    both(ref, cast.maya, SECOND)

    for after in range(2, 20):
        send(telephones, after * SECOND)

    assert rung(telephones, Device.objects.get(person=ana).address, ref) == 1


def test_what_comes_of_the_ring_is_true_of_both(cast: Cast, telephones: Telephones) -> None:
    for person in Person.objects.exclude(role="customer"):
        a_telephone(person)
    ref, ana = asked_by_two_ladders(cast)
    send(telephones, SECOND)
    both(ref, cast.maya, 2 * SECOND)
    send(telephones, 3 * SECOND)
    rows = Delivery.objects.filter(stream=ref, purpose="page", person=ana, tries__gt=0)
    first = rows.get(bundled_into=None)

    receipts.delivered(first.pk, at=NOON + 4 * SECOND)

    assert {row.state for row in rows} == {State.DELIVERED}


def test_when_the_first_is_taken_by_another_they_ring_for_the_second(
    cast: Cast, telephones: Telephones
) -> None:
    """Never silent: what went along is not lost with what carried it."""
    for person in Person.objects.exclude(role="customer"):
        a_telephone(person)
    ref, ana = asked_by_two_ladders(cast)
    send(telephones, SECOND)
    both(ref, cast.maya, 2 * SECOND)
    send(telephones, 3 * SECOND)
    rows = Delivery.objects.filter(stream=ref, purpose="page", person=ana, tries__gt=0)
    along = rows.exclude(bundled_into=None).get()

    # The first ladder does not stand any more; the second does.
    incidents.confirm(
        incident=ref,
        types=("account-lockout",),
        by=cast.maya.actor,
        why="Only that.",
        at=NOON + 5 * SECOND,
    )
    send(telephones, 6 * SECOND)

    along.refresh_from_db()
    assert (along.state, along.bundled_into_id) == (State.SENT, None)
    assert rung(telephones, Device.objects.get(person=ana).address, ref) == 2


def test_a_later_step_rings_them_anew(cast: Cast, telephones: Telephones) -> None:
    """Whoever has not answered for minutes is rung again: it is another call."""
    for person in Person.objects.exclude(role="customer"):
        a_telephone(person)
    ref, ana = asked_by_two_ladders(cast)
    send(telephones, SECOND)
    duty.handle_due(at=NOON + 2 * MINUTE)
    both(ref, cast.maya, 2 * MINUTE)

    send(telephones, 2 * MINUTE + SECOND)

    assert rung(telephones, Device.objects.get(person=ana).address, ref) >= 2
