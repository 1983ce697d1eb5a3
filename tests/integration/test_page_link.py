"""The link in a page: it shows to whoever opens it, and answers when its button is pressed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client

from redphone.actions import incidents, links, paging, standings
from redphone.actions.paging import PageExpired, PageUsed
from redphone.actions.standings import NoSuchPage
from redphone.clock import now
from redphone.core.command import AlreadyAcknowledged, IncidentEnded
from redphone.core.stream import DeskError
from redphone.records.models import Delivery, EntryRow, IncidentRow, Person

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

START = now() - timedelta(seconds=5)
"""Views read the clock themselves, so these pages are of the present."""

MINUTE = timedelta(minutes=1)


def page_of(cast: Cast) -> tuple[str, str]:
    """A page to Ana: its incident, and the token of its link."""
    ref = str(cast.report(cast.mira, at=START).incident)
    delivery = Delivery.objects.get(stream=ref, purpose="page")
    link = links.answer(delivery.pk, cast.ana.pk)
    return ref, link.removeprefix("http://localhost:8000/a/").removesuffix("/")


def acknowledged(ref: str) -> list[str]:
    rows = EntryRow.objects.filter(stream=ref, kind="acknowledged")
    return list(rows.values_list("actor", flat=True))


def test_opening_the_link_answers_nothing(cast: Cast, client: Client) -> None:
    """Link scanners of mail servers open everything, several times."""
    ref, token = page_of(cast)

    shown = [client.get(f"/a/{token}/"), client.head(f"/a/{token}/"), client.get(f"/a/{token}/")]

    assert {answer.status_code for answer in shown} == {200}
    assert "no-store" in shown[0]["Cache-Control"]
    assert acknowledged(ref) == []


def test_the_button_answers_without_sign_in_or_cookies(cast: Cast) -> None:
    ref, token = page_of(cast)
    client = Client(enforce_csrf_checks=True)

    answer = client.post(f"/a/{token}/")

    assert answer.status_code == 302
    assert acknowledged(ref) == [cast.ana.actor]
    assert IncidentRow.objects.get(ref=ref).engaged_at is not None
    assert "You have it" in client.get(answer["Location"]).content.decode()


def test_a_second_press_changes_nothing_and_says_who_has_it(cast: Cast, client: Client) -> None:
    ref, token = page_of(cast)
    client.post(f"/a/{token}/")

    again = client.post(f"/a/{token}/", follow=True)

    assert "You have it" in again.content.decode()
    assert acknowledged(ref) == [cast.ana.actor]


def test_who_comes_second_sees_who_was_first(cast: Cast, client: Client) -> None:
    ref, token = page_of(cast)
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=START + MINUTE)

    page = client.get(f"/a/{token}/").content.decode()

    assert "Bo Lindqvist has it" in page
    assert "I have it" not in page
    with pytest.raises(AlreadyAcknowledged):
        paging.answer(token, at=START + 2 * MINUTE)


def test_a_used_link_is_used_even_after_a_reopening(cast: Cast) -> None:
    ref, token = page_of(cast)
    paging.answer(token, at=START + MINUTE)
    ines = cast.ines.actor
    incidents.resolve(incident=ref, by=ines, words="Restored and checked.", at=START + 2 * MINUTE)
    incidents.reopen(incident=ref, by=ines, why="It is back.", at=START + 3 * MINUTE)

    with pytest.raises(PageUsed):
        paging.answer(token, at=START + 4 * MINUTE)

    assert acknowledged(ref) == [cast.ana.actor]


def test_a_link_ends_with_its_day_and_with_its_incident(cast: Cast) -> None:
    ref, token = page_of(cast)

    with pytest.raises(PageExpired):
        paging.answer(token, at=START + timedelta(hours=24))
    assert standings.page(token, at=START + timedelta(hours=24)).letter is None
    incidents.decline(incident=ref, by=cast.ines.actor, reason="A drill.", at=START + MINUTE)
    with pytest.raises(IncidentEnded):
        paging.answer(token, at=START + 2 * MINUTE)

    assert acknowledged(ref) == []


def test_a_link_nobody_was_given_shows_nothing(cast: Cast, client: Client) -> None:
    ref, token = page_of(cast)
    body, _, seal = token.rpartition(".")
    delivery = Delivery.objects.get(stream=ref, purpose="page")
    receipt = Delivery.objects.get(purpose="receipt")
    someone_else = links.answer(delivery.pk, cast.bo.pk).rsplit("/", 2)[1]
    no_page = links.answer(receipt.pk, cast.mira.pk).rsplit("/", 2)[1]

    for made_up in (f"{body}.{seal[::-1]}", body, "x", someone_else, no_page):
        assert client.get(f"/a/{made_up}/").status_code == 404
        assert client.post(f"/a/{made_up}/").status_code == 404

    assert acknowledged(ref) == []


def test_who_has_left_answers_nothing_more(cast: Cast, client: Client) -> None:
    ref, token = page_of(cast)
    Person.objects.filter(pk=cast.ana.pk).update(is_active=False)

    answer = client.post(f"/a/{token}/")

    assert answer.status_code == 404
    assert acknowledged(ref) == []


def test_pressed_twice_at_once_it_answers_once(cast: Cast) -> None:
    ref, token = page_of(cast)
    refusals: list[DeskError] = []

    def press() -> None:
        try:
            paging.answer(token, at=START + MINUTE)
        except DeskError as error:
            refusals.append(error)
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert acknowledged(ref) == [cast.ana.actor]
    assert len(refusals) == 3


def test_the_page_gives_no_details_of_a_security_incident(cast: Cast, client: Client) -> None:
    """EMG-2: who finds the link must not read what was reported."""
    words = "Customer data of Nordwind can be seen by anybody: a data breach."
    ref = str(cast.report(cast.mira, words, at=START).incident)
    delivery = Delivery.objects.get(stream=ref, purpose="page")
    assert delivery.person_id is not None
    link = links.answer(delivery.pk, delivery.person_id)

    page = client.get(link.removeprefix("http://localhost:8000")).content.decode()

    assert "Data Security Incident" in page
    assert "seen by anybody" not in page


def test_a_wrong_token_says_what_to_do(cast: Cast) -> None:
    with pytest.raises(NoSuchPage, match="Sign in, and open the incident there"):
        standings.page("nonsense", at=START)
