"""Test messages to ourselves, and whether the operator hears when one does not come back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core import mail as outgoing
from django.test import Client

from redphone import clock
from redphone.actions import alarms, canaries, mail, texts
from redphone.channels.fake import Does, Telephones
from redphone.channels.mail.arrived import Arrived
from redphone.channels.mail.fake import FakeMail
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone.receive import Text
from redphone.jobs import dead_man, lines, operators
from redphone.jobs.auditor import Auditor
from redphone.records.models import Canary, CaseRow, Device, Heartbeat

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SINK = "+442079460399"


class World:
    """All that the desk's messages go to."""

    def __init__(self) -> None:
        self.telephones = Telephones()
        self.mail = FakeMail()

    def board(self) -> Switchboard:
        lines = {name: self.telephones.line(name) for name in ("voice", "sms", "app")}
        return Switchboard({"mail": lambda: self.mail, **lines})

    def send(self, at: datetime) -> int:
        return canaries.send_due(channel=self.board, now=lambda: at)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(settings, "CANARIES", (("sms", "", SINK),))
    return World()


def keys(at: datetime) -> set[str]:
    return {trouble.key for trouble in alarms.troubles(at=at) if "canary" in trouble.key}


def test_one_is_sent_each_quarter_of_an_hour_and_no_more(cast: Cast, world: World) -> None:
    sent = [world.send(NOON + minute * MINUTE) for minute in range(31)]

    assert (sum(sent), sent[0], sent[15], sent[30]) == (3, 1, 1, 1)
    assert len(world.telephones.to(SINK)) == 3


def test_one_that_comes_back_is_well(cast: Cast, world: World) -> None:
    world.send(NOON)
    (message,) = world.telephones.to(SINK)

    assert canaries.arrived(message.short, at=NOON + MINUTE)

    assert keys(NOON + 10 * MINUTE) == set()
    assert Canary.objects.get().arrived_at == NOON + MINUTE


def test_one_that_does_not_come_back_is_an_alarm_until_the_next_one_does(
    cast: Cast, world: World
) -> None:
    world.telephones.does[SINK] = Does.MUTE
    world.send(NOON)
    assert keys(NOON + 4 * MINUTE) == set()
    assert keys(NOON + 5 * MINUTE) == {"canary-sms"}

    world.send(NOON + 15 * MINUTE)
    assert keys(NOON + 16 * MINUTE) == {"canary-sms"}
    canaries.arrived(world.telephones.to(SINK)[-1].short, at=NOON + 17 * MINUTE)
    assert keys(NOON + 18 * MINUTE) == set()


def test_what_a_provider_does_not_take_is_an_alarm_at_once(cast: Cast, world: World) -> None:
    world.telephones.does[SINK] = Does.BUSY

    world.send(NOON)

    (trouble,) = [each for each in alarms.troubles(at=NOON) if each.key == "canary-sms"]
    assert "429" in trouble.says


def test_when_nobody_sends_them_any_more_that_is_an_alarm(cast: Cast, world: World) -> None:
    world.send(NOON)
    canaries.arrived(world.telephones.to(SINK)[0].short, at=NOON + MINUTE)

    assert keys(NOON + 16 * MINUTE) == set()
    assert keys(NOON + 18 * MINUTE) == {"canary-sms"}


def test_the_mail_canary_comes_back_by_the_mail_door_and_opens_no_case(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CANARIES", (("mail", "", "canary@desk.example"),))
    world.send(NOON)
    (mime,) = world.mail.mails
    arrived = Arrived(
        raw=mime.as_bytes(),
        door="smtp",
        at=NOON + MINUTE,
        mail_from="desk@redphone.example",
        recipients=("canary@desk.example",),
        notes={},
    )

    mail.take_mail(arrived.raw, arrived)

    assert Canary.objects.get().arrived_at == NOON + MINUTE
    assert not CaseRow.objects.exists()


def test_a_service_may_bring_one_back_over_http_and_nothing_else(
    cast: Cast, world: World, client: Client
) -> None:
    world.send(NOON)
    text = world.telephones.to(SINK)[0].short
    forged = re.sub(r"canary-\w+", "canary-" + "0" * 32, text)

    answers = [
        client.post("/canary/", forged, content_type="text/plain").status_code,
        client.post("/canary/", b"\xff" * 200_000, content_type="text/plain").status_code,
        client.get("/canary/").status_code,
    ]
    assert answers == [404, 404, 405]
    assert Canary.objects.get().arrived_at is None
    assert client.post("/canary/", text, content_type="text/plain").status_code == 204
    assert Canary.objects.get().arrived_at is not None


def test_a_channel_without_one_is_not_called_well(cast: Cast, client: Client) -> None:
    told = client.get("/health").json()

    assert told["test_messages"] == {
        "mail": "not set up",
        "app": "not set up",
        "push": "can't be tested",
    }


def test_one_that_never_came_back_is_not_called_well(
    cast: Cast, world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(minutes: int) -> str:
        monkeypatch.setattr(clock, "now", lambda: NOON + minutes * MINUTE)
        return str(client.get("/health").json()["test_messages"]["sms"])

    world.send(NOON)

    assert [says(1), says(6)] == ["not back yet", "overdue"]
    canaries.arrived(world.telephones.to(SINK)[0].short, at=NOON + 7 * MINUTE)
    assert says(8) == "well"


def admin_device(kind: str, address: str) -> None:
    from redphone.records.models import Person

    admin = Person.objects.filter(role="admin").first()
    assert admin is not None
    Device.objects.create(
        person=admin, kind=kind, address=address, verified_at=NOON, created_at=NOON
    )


def test_an_overdue_one_rings_the_operator_by_another_channel(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "switchboard", world.board)
    admin_device("sms", "+442079460301")
    admin_device("voice", "+442079460302")
    world.telephones.does[SINK] = Does.MUTE
    world.send(NOON)
    auditor = Auditor()

    for minute in (6, 7, 8):
        auditor.look(at=NOON + minute * MINUTE)

    told = [message for message in world.telephones.messages if message.to != SINK]
    assert [(message.channel, message.to) for message in told] == [("voice", "+442079460302")]
    assert any("canary" in line or "test message" in line for line in told[0].lines)


def test_when_mail_fails_the_operators_devices_ring(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "switchboard", world.board)
    admin_device("sms", "+442079460301")

    assert operators.ring(["The disk is full."], dead={"voice"})
    assert not operators.ring(["The disk is full."], dead={"sms"})
    assert [message.to for message in world.telephones.messages] == ["+442079460301"]


@contextmanager
def a_service(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Somebody's dead-man's switch: what it was called with."""
    called: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ping", called
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_the_dead_mans_switch_is_held_only_while_people_are_paged(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redphone.jobs import heartbeats

    with a_service() as (url, called):
        monkeypatch.setattr(settings, "HEARTBEAT_URL", url)
        for kind in ("clock", "worker"):
            heartbeats.beat(kind, at=NOON)
        Auditor().look(at=NOON)
        assert called == ["/ping"]

        Heartbeat.objects.all().delete()
        Auditor().look(at=NOON + MINUTE)
        assert called == ["/ping"]


def test_a_dead_mans_switch_that_is_away_costs_nothing_else() -> None:
    with a_service(500) as (url, _):
        assert not dead_man.call(url)
    assert not dead_man.call("http://127.0.0.1:1/")
    assert not dead_man.call("nonsense")
    assert not outgoing.outbox


def test_an_sms_to_our_own_number_comes_back_and_is_no_report(cast: Cast, world: World) -> None:
    world.send(NOON)
    (message,) = world.telephones.to(SINK)
    text = Text(provider_id="SM1", sender="+15005550006", receiver=SINK, body=message.short)

    assert texts.take(text, raw=b"", content_type="", at=NOON + MINUTE) == ""

    assert Canary.objects.get().arrived_at == NOON + MINUTE
    assert not CaseRow.objects.exists()
