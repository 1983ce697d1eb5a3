"""The telephones of a desk on trial: they ring by themselves, and a page plays them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import urllib3
from django.test import Client
from django.urls import clear_url_caches, include, path
from pytest_django import Settings
from tests.conftest import NOON, Cast

from redphone.channels.telephone import fake_room, provider
from redphone.channels.telephone.fake import Exchange, Rung
from redphone.channels.telephone.fake_server import serving
from redphone.config import urls
from redphone.records.models import Device

pytestmark = pytest.mark.django_db(transaction=True)

ANA = "+442079460000"


class Told(list[tuple[str, dict[str, str]]]):
    """What the desk was told, and one answer to all."""

    def deliver(self, url: str, form: dict[str, str], signature: str) -> tuple[int, str]:
        self.append((url, form))
        gather = '<Gather action="https://desk.example/phone/t/key"><Say>Press 1.</Say></Gather>'
        return 200, f"<Response>{gather if url.endswith('voice') else ''}</Response>"


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def room(settings: Settings, monkeypatch: pytest.MonkeyPatch, told: Told) -> Iterator[Exchange]:
    """A desk with telephones of its own."""
    exchange = Exchange(public="https://desk.example", deliver=told.deliver)
    with serving(exchange) as door:
        settings.PHONE_PROVIDERS = provider.read_all([door.setting()])
        settings.PHONES_URL = f"http://127.0.0.1:{door.port}"
        routes = [path("phones/", include("redphone.jobs.phones_urls")), *urls.urlpatterns]
        monkeypatch.setattr(urls, "urlpatterns", routes)
        clear_url_caches()
        yield exchange
    clear_url_caches()


def ringing(room: Exchange) -> Rung:
    where = "https://desk.example/phone/t"
    form = {"To": ANA, "Url": f"{where}/voice", "StatusCallback": f"{where}/status"}
    call = room.take("call", form)
    room.tell(call, "ringing")
    return call


def test_a_ringing_telephone_is_shown_picked_up_and_answered(
    cast: Cast, room: Exchange, told: Told, client: Client
) -> None:
    Device.objects.create(
        person=cast.ana, kind="voice", address=ANA, verified_at=NOON, created_at=NOON
    )
    call = ringing(room)
    client.force_login(cast.bo)

    shown = client.get("/phones/").content.decode()
    client.post(f"/phones/{call.sid}/pick_up/")
    answered = client.get("/phones/").content.decode()
    client.post(f"/phones/{call.sid}/press/", {"key": "1"})

    assert "Ana Reyes" in shown
    assert "Pick up" in shown
    assert "Press 1." in answered
    assert told[-2][1]["Digits"] == "1"


def test_nobody_from_elsewhere_sees_them_or_presses_a_key(
    cast: Cast, room: Exchange, told: Told
) -> None:
    call = ringing(room)
    before = len(told)
    far = Client(REMOTE_ADDR="203.0.113.9")
    far.force_login(cast.mira)

    answers = [
        far.get("/phones/"),
        far.post(f"/phones/{call.sid}/press/", {"key": "1"}),
        far.post("/phones/write/", {"sender": ANA, "body": "1"}),
    ]

    assert {each.status_code for each in answers} == {404}
    assert len(told) == before


def test_another_page_of_a_browser_can_press_nothing(
    room: Exchange, told: Told, settings: Settings
) -> None:
    call = ringing(room)
    before = len(told)
    base = settings.PHONES_URL

    for where in (f"/phones/{call.sid}/press", "/phones/write", f"/phones/{call.sid}/hang_up"):
        answer = urllib3.request("POST", base + where, body=urlencode({"Digits": "1"}))
        assert answer.status == 401

    assert len(told) == before


def test_a_key_or_a_telephone_that_there_is_not_is_said(
    cast: Cast, room: Exchange, client: Client
) -> None:
    client.force_login(cast.bo)

    assert client.post("/phones/CA1/dance/").status_code == 404
    client.post("/phones/CA1/press/", {"key": "1"})
    assert "This call is over." in client.get("/phones/").content.decode()


def test_without_the_room_the_page_says_so(
    cast: Cast, room: Exchange, client: Client, settings: Settings
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        settings.PHONE_PROVIDERS = [
            provider.read(f"http://AC1:t@127.0.0.1:{port}/?from=+15005550006")
        ]
        client.force_login(cast.bo)
        assert "do not answer" in client.get("/phones/").content.decode()


def test_a_telephone_that_nobody_touches_stops_and_an_sms_arrives(told: Told) -> None:
    exchange = Exchange(public="https://desk.example", deliver=told.deliver)
    form = {"To": ANA, "StatusCallback": "https://desk.example/phone/t/status", "Body": "x"}
    call, text = exchange.take("call", form), exchange.take("text", form)

    fake_room.ring(exchange, call, seconds=0.1)
    fake_room.ring(exchange, text)

    assert (call.status, text.status) == ("no-answer", "delivered")
    assert [each[1].get("CallStatus") for each in told] == ["ringing", "no-answer", None]
