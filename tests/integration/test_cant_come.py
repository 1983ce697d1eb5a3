""" "I can't": by key, SMS, and the link of a page. The next one is called, and nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from redphone.actions import (
    deliveries,
    incidents,
    links,
    paging,
    phone_calls,
    standings,
    texts,
    verify,
)
from redphone.actions.scene import scene
from redphone.actions.standings import Stage
from redphone.channels.telephone.receive import Text
from redphone.clock import now
from redphone.core.phone_says import Over, Passed, Took
from redphone.records.models import Delivery, EntryRow, Person
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

START = now() - timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def opened(cast: Cast) -> tuple[str, Delivery, Person]:
    """A page to the first one of the ladder, by mail."""
    ref = str(cast.report(cast.mira, at=START, closest_to="system-outage").incident)
    page = Delivery.objects.select_related("person").filter(stream=ref, purpose="page").first()
    assert page is not None
    assert page.person is not None
    return ref, page, page.person


def token(page: Delivery) -> str:
    return links.answer_token(page.pk, page.person_id or 0)


def calls(ref: str) -> list[tuple[int, str]]:
    rows = EntryRow.objects.filter(stream=ref, kind="asked").order_by("seq")
    own = [row for row in rows if not row.data["lane"].endswith("/beside")]
    return [(row.data["step"], row.data["reason"]) for row in own]


def noes(ref: str) -> list[tuple[str, str]]:
    rows = EntryRow.objects.filter(stream=ref, kind="declined_page").order_by("seq")
    return [(row.actor, row.data["through"]) for row in rows]


def nothing_is_wrong(ref: str, at: datetime) -> bool:
    found: list[object] = []
    verify.verify(refs=[ref], at=at, found=found.append)
    return found == []


def test_key_3_calls_the_next_step_at_once_and_says_why(cast: Cast) -> None:
    """EMG-1: an entry of its own, by which the second reckoning goes too."""
    ref, page, ana = opened(cast)

    said = phone_calls.press(token(page), "3", at=START + SECOND)

    assert isinstance(said, Passed)
    assert said.names
    assert ana.name not in said.names
    assert noes(ref) == [(ana.actor, "voice")]
    assert calls(ref) == [(0, "opened"), (1, "declined")]
    assert nothing_is_wrong(ref, START + 2 * SECOND)
    last = EntryRow.objects.filter(stream=ref, kind="asked").latest("seq")
    assert last.data["passed"] == [[ana.actor, "they can't come"]]


def test_said_twice_it_is_said_once(cast: Cast) -> None:
    ref, page, _ = opened(cast)

    first = phone_calls.press(token(page), "3", at=START + SECOND)
    again = phone_calls.press(token(page), "3", at=START + 2 * SECOND)

    assert again == first
    assert len(noes(ref)) == 1
    assert len(calls(ref)) == 2


def test_their_own_devices_ring_no_more(cast: Cast) -> None:
    ref, page, ana = opened(cast)

    phone_calls.press(token(page), "3", at=START + SECOND)

    mine = Delivery.objects.filter(stream=ref, purpose="page", person=ana)
    assert not mine.filter(state=State.PENDING).exists()
    assert not deliveries.still_true(scene(page, at=START + 2 * SECOND))


def test_an_sms_with_no_is_the_same_and_1_takes_it_back(cast: Cast) -> None:
    ref, page, ana = opened(cast)
    Person.objects.filter(pk=ana.pk).update(phone_e164="+442079460321")

    def text(body: str, number: str, after: int) -> str:
        sms = Text(provider_id=number, sender="+442079460321", receiver="+4420", body=body)
        return texts.take(sms, raw=b"", content_type="text/plain", at=START + after * SECOND)

    Delivery.objects.filter(pk=page.pk).update(state=State.SENT, sent_at=START)

    no = text("no", "SM1", 1)
    yes = text("1", "SM2", 2)

    assert no.startswith("Noted. Called now: ")
    assert noes(ref) == [(ana.actor, "sms")]
    assert yes.startswith(f"{ref} is yours.")
    assert standings.page(token(page), at=START + 3 * SECOND).stage is Stage.YOURS
    assert nothing_is_wrong(ref, START + 3 * SECOND)


def test_the_link_has_a_button_and_says_who_is_called(cast: Cast) -> None:
    ref, page, ana = opened(cast)
    client = Client(enforce_csrf_checks=True)

    shown = client.get(f"/a/{token(page)}/").content.decode()
    done = client.post(f"/a/{token(page)}/", {"pass": "1"}, follow=True).content.decode()
    after_all = client.post(f"/a/{token(page)}/", follow=True).content.decode()

    assert "I can’t: ask the next one" in shown
    assert "called now" in done
    assert "I have it after all" in done
    assert noes(ref) == [(ana.actor, "link")]
    assert "You have it" in after_all


def test_after_somebody_has_it_a_no_changes_nothing(cast: Cast) -> None:
    ref, page, _ = opened(cast)
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=START + SECOND)

    said = phone_calls.press(token(page), "3", at=START + 2 * SECOND)

    assert isinstance(said, Over | Took)
    assert noes(ref) == []


def test_a_forged_link_and_an_old_one_say_nothing(cast: Cast) -> None:
    ref, page, _ = opened(cast)
    client = Client()

    forged = links.answer_token(page.pk, cast.rosa.pk)
    for each in (forged, token(page)[:-1] + "x", "nonsense"):
        assert client.post(f"/a/{each}/", {"pass": "1"}).status_code == 404
    with pytest.raises(paging.PageExpired):
        paging.pass_by_link(token(page), at=START + timedelta(hours=25))
    assert noes(ref) == []


def test_the_timeline_tells_it(cast: Cast) -> None:
    ref, page, ana = opened(cast)
    phone_calls.press(token(page), "3", at=START + SECOND)
    client = Client()
    client.force_login(cast.maya)

    shown = client.get(f"/incidents/{ref}/").content.decode()

    assert "can&#x27;t come" in shown or "can't come" in shown
    assert "since whoever was asked" in shown
    assert ana.name in shown
