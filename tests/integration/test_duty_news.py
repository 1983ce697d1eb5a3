"""Who asks for a swap, who puts somebody on call: those whom it concerns are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import absences, device_messages, oncall, swaps
from redphone.channels.mail.fake import FakeMail
from redphone.core.message import Message
from redphone.records.models import DeviceMessage, Person, RotaShift, Swap, Team

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TEAM = "On-call Engineer"


@pytest.fixture
def ana_alone(cast: Cast) -> Cast:
    """Ana has every hour of one team."""
    team = Team.objects.get(name=TEAM)
    RotaShift.objects.filter(team=team).delete()
    for weekday in range(7):
        RotaShift.objects.create(
            team=team, person=cast.ana, weekday=weekday, starts="00:00", ends="00:00"
        )
    return cast


def told(person: Person) -> list[str]:
    rows = DeviceMessage.objects.filter(person=person, purpose="duty").order_by("id")
    return list(rows.values_list("about", flat=True))


def swap(cast: Cast) -> Swap:
    return swaps.ask_swap(
        team=TEAM,
        asked_of=cast.bo.pk,
        starts_at=AT + DAY,
        ends_at=AT + DAY + 2 * HOUR,
        by=cast.ana.actor,
        at=AT,
        why="My daughter plays.",
    )


def test_who_is_asked_to_swap_is_told_with_a_link(ana_alone: Cast) -> None:
    swap(ana_alone)
    sent: list[Message] = []
    mail = FakeMail()

    device_messages.send_waiting(channel=lambda: mail, now=lambda: AT + HOUR)

    sent = list(mail.messages)
    (says,) = told(ana_alone.bo)
    assert says.startswith(f"{ana_alone.ana.name} asks you to take {TEAM}, Tue 24 Nov")
    assert "My daughter plays." in says
    assert [message.to for message in sent] == [ana_alone.bo.email]
    assert sent[0].link is not None
    assert sent[0].link[1].endswith("/oncall/mine/")
    assert told(ana_alone.ana) == []


def test_who_asked_is_told_of_the_answer_and_once(ana_alone: Cast) -> None:
    row = swap(ana_alone)

    swaps.accept_swap(swap=row.pk, by=ana_alone.bo.actor, at=AT + HOUR)

    (says,) = told(ana_alone.ana)
    assert says.startswith(f"{ana_alone.bo.name} takes {TEAM}")
    assert len(told(ana_alone.bo)) == 1


def test_a_no_a_withdrawal_and_silence_are_told_too(ana_alone: Cast) -> None:
    swaps.decline_swap(swap=swap(ana_alone).pk, by=ana_alone.bo.actor, at=AT)
    swaps.withdraw_swap(swap=swap(ana_alone).pk, by=ana_alone.ana.actor, at=AT)
    swap(ana_alone)
    expired = swaps.expire_swaps(at=AT + 2 * DAY)

    no, silence = told(ana_alone.ana)
    assert expired == 1
    assert "can't take" in no
    assert "has not said" in silence
    assert "no longer to take" in told(ana_alone.bo)[2]


def test_a_swap_that_is_refused_tells_nobody(ana_alone: Cast) -> None:
    with pytest.raises(swaps.NothingToGive):
        swaps.ask_swap(
            team=TEAM,
            asked_of=ana_alone.ana.pk,
            starts_at=AT + DAY,
            ends_at=AT + DAY + HOUR,
            by=ana_alone.bo.actor,
            at=AT,
        )

    assert not DeviceMessage.objects.filter(purpose="duty").exists()


def test_whoever_is_made_to_stand_in_is_told_and_who_is_let_off(ana_alone: Cast) -> None:
    oncall.add_override(
        team=TEAM,
        person=ana_alone.bo.pk,
        instead_of=ana_alone.ana.pk,
        starts_at=AT + HOUR,
        ends_at=AT + 3 * HOUR,
        by=ana_alone.maya.actor,
        at=AT,
    )

    (on,), (off,) = told(ana_alone.bo), told(ana_alone.ana)
    assert on.startswith(f"You are on call for {TEAM}: 1")
    assert off.startswith(f"You are no longer on call for {TEAM}: 1")
    assert told(ana_alone.maya) == []


def test_whoever_does_it_themselves_is_not_told(ana_alone: Cast) -> None:
    absences.add_absence(
        person=ana_alone.ana.pk,
        starts_at=AT + DAY,
        ends_at=AT + 2 * DAY,
        why="",
        by=ana_alone.ana.actor,
        at=AT,
        holes_named=True,
    )

    assert told(ana_alone.ana) == []
