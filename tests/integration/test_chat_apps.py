"""A page by a chat app, over real HTTP: from the address that somebody adds to "Take it"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django import Settings

from redphone import clock
from redphone.actions import canaries, deliveries, device_codes, device_messages, devices
from redphone.channels.apprise.fake import FakeAppServer
from redphone.channels.switchboard import Switchboard
from redphone.jobs import lines
from redphone.records.models import Canary, Delivery, Device, EntryRow
from redphone.records.models.delivery import DeliveryState

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

START = clock.now() - timedelta(seconds=5)


@pytest.fixture
def ntfy(settings: Settings) -> Iterator[FakeAppServer]:
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    with FakeAppServer() as server:
        yield server


def app_line() -> Switchboard:
    return Switchboard({"app": lines.lines()["app"]})


def send() -> None:
    device_messages.send_waiting(channel=app_line, now=clock.now)
    deliveries.send_waiting(channel=app_line, now=clock.now)


def anas_app(cast: Cast, ntfy: FakeAppServer) -> Device:
    """An app of Ana's that works: its code came there, and she has entered it."""
    address = f"ntfy://{ntfy.place}/a-topic-of-ana"
    (row,) = devices.begin(person=cast.ana.pk, kinds=["app"], to=address, at=START)
    send()
    code = ntfy.posts.pop().body["message"][:6]
    return device_codes.verify(person=cast.ana.pk, device=row.pk, code=code, at=clock.now())


def test_a_page_comes_to_an_app_and_its_button_takes_it(cast: Cast, ntfy: FakeAppServer) -> None:
    anas_app(cast, ntfy)
    ref = str(cast.report(cast.mira, at=START).incident)

    send()
    (post,) = ntfy.posts
    _, _, take, *_ = post.headers["X-Actions"].split(", ")
    answer = Client(enforce_csrf_checks=True).post(take.removeprefix("http://localhost:8000"))

    assert ref in post.body["title"]
    assert answer.json()["title"] == f"{ref} is yours"
    assert answer["Access-Control-Allow-Origin"] == "*"
    entry = EntryRow.objects.get(stream=ref, kind="acknowledged")
    assert (entry.actor, entry.data["through"]) == (cast.ana.actor, "app")


def test_an_app_that_knows_its_address_no_more_is_switched_off(
    cast: Cast, ntfy: FakeAppServer
) -> None:
    row = anas_app(cast, ntfy)
    ntfy.status = 404
    ref = str(cast.report(cast.mira, at=START).incident)

    send()

    row.refresh_from_db()
    page = Delivery.objects.get(stream=ref, device=row, purpose="page")
    assert page.state == DeliveryState.FAILED
    assert row.off_at is not None
    assert "a-topic-of-ana" not in page.error + row.off_why


def test_a_provider_that_asks_to_be_left_alone_is(cast: Cast, ntfy: FakeAppServer) -> None:
    row = anas_app(cast, ntfy)
    ntfy.status, ntfy.headers = 429, {"Retry-After": "90"}
    ref = str(cast.report(cast.mira, at=START).incident)

    send()

    page = Delivery.objects.get(stream=ref, device=row, purpose="page")
    assert page.state == DeliveryState.PENDING
    assert page.next_try_at - clock.now() > timedelta(seconds=60)


def test_the_desks_own_test_message_comes_back_by_an_app(
    cast: Cast, ntfy: FakeAppServer, settings: Settings
) -> None:
    settings.CANARIES = [("app", "", f"json://{ntfy.place}/canary/")]

    canaries.send_due(channel=app_line, now=clock.now)
    (post,) = ntfy.posts
    answer = Client().post(post.path, post.body, content_type="application/json")

    assert answer.status_code == 204
    assert Canary.objects.get().arrived_at is not None
