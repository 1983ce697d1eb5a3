"""Any process dies at any write between a page and the key on the telephone, and between a
provider's taking something and our writing that down: nothing is lost, and nobody rings twice.

The provider is the one that ships with Redphone, over real HTTP, in a process that outlives ours.
What it rang is asked of it.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings
from tests.conftest import NOON
from tests.integration.deadly import Dead, is_killed

from redphone import clock
from redphone.actions import deliveries, duty, hangups, incidents, receipts, texts
from redphone.actions.providers import InRows
from redphone.channels.mail.fake import FakeMail
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone import provider
from redphone.channels.telephone.fake import Exchange, Rung
from redphone.channels.telephone.fake_server import serving
from redphone.channels.telephone.provider import Provider
from redphone.channels.telephone.send import Telephone
from redphone.channels.telephone.wire import Reply, Wire
from redphone.channels.webhook.address import Allowed
from redphone.records.models import Delivery, Device, EntryRow, RuleStep
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.models.device import Urgency

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = "https://desk.example"
STRIDE = 1 if "REDPHONE_CRASHES" in os.environ else 29
"""With REDPHONE_CRASHES set it dies at every write in turn, which takes minutes; else at some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlyWire(Wire):
    """Dies before a request has left, and after its answer came."""

    dead: Dead | None = None

    def post(self, provider: Provider, resource: str, form: list[tuple[str, str]]) -> Reply:
        if self.dead:
            self.dead.step()
        reply = Wire.post(self, provider, resource, form)
        if self.dead:
            self.dead.step()
        return reply


@dataclass
class Desk:
    """The desk's processes in one, and the moment that they believe it is."""

    providers: tuple[Provider, ...]
    exchange: Exchange
    journal: Path
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def go(self, begin: datetime, sender: str, dead: Dead | None = None) -> None:
        """Two pages to one telephone, as workers, the provider, its owner and the clock go."""
        self.at = begin
        self.work(dead)
        for after in (2, 62, 64):
            self.at = begin + timedelta(seconds=after)
            self.tell()
            self.press()
            self.work(dead)
            self.answer(sender)
        self.at = begin + timedelta(seconds=100)
        self.work(dead)

    def work(self, dead: Dead | None) -> None:
        duty.handle_due(at=self.at)
        texts.look_again(at=self.at)
        receipts.sweep(at=self.at)
        deliveries.send_waiting(channel=partial(self.board, dead), now=self.now)
        hangups.hang_up_waiting(channel=partial(self.board, dead), now=self.now)

    def board(self, dead: Dead | None) -> Switchboard:
        wire = DeadlyWire(allowed=Allowed.read(["127.0.0.1"]), dead=dead)
        line = partial(Telephone, providers=self.providers, known=InRows(self.now), wire=wire)
        lines = {"voice": line, "sms": partial(line, is_text=True)}
        return Switchboard({"mail": FakeMail, **lines})

    def rung(self) -> list[Rung]:
        """What the provider rang in this round, as it has written it down."""
        lines = self.journal.read_text().splitlines()
        return [Rung(**json.loads(line)) for line in lines]

    def tell(self) -> None:
        """The provider tells what became of everything, as often as it is asked."""
        for each in self.rung():
            self.exchange.tell(each, "ringing" if each.kind == "call" else "delivered")

    def press(self) -> None:
        """Its owner picks the first call up, and presses the key that takes one incident."""
        for call in [each for each in self.rung() if each.kind == "call"][:1]:
            self.exchange.pick_up(call)
            self.exchange.press(call, "1")

    def answer(self, sender: str) -> None:
        """And answers each SMS once, which the provider repeats."""
        for text in [each for each in self.rung() if each.kind == "text"]:
            self.exchange.write(sender, "1", sid=f"SM{text.sid}")


def _deliver(url: str, form: dict[str, str], signature: str) -> tuple[int, str]:
    answer = Client(raise_request_exception=False).post(
        url.removeprefix(PUBLIC),
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return answer.status_code, answer.content.decode()


@pytest.fixture
def desk(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Desk]:
    settings.PUBLIC_URL = PUBLIC
    settings.ALLOWED_HOSTS = ["*"]
    exchange = Exchange(public=PUBLIC, deliver=_deliver)
    with serving(exchange) as door:
        settings.PHONE_PROVIDERS = provider.read_all([door.setting()])
        made = Desk(settings.PHONE_PROVIDERS, exchange, tmp_path / "rung.jsonl")
        exchange.on_taken = lambda rung: write_down(made.journal, rung)
        monkeypatch.setattr(clock, "now", made.now)
        monkeypatch.setattr("redphone.web.middleware.now", made.now)
        yield made


def write_down(journal: Path, rung: Rung) -> None:
    with journal.open("a") as file:
        known = {"sid": rung.sid, "kind": rung.kind, "form": rung.form}
        file.write(json.dumps(known) + "\n")


def test_a_kill_anywhere_loses_no_page_and_rings_nobody_twice(cast: Cast, desk: Desk) -> None:
    """EMG-1 to EMG-5, POL-1."""
    for kind in ("sms", "voice"):
        device = Device.objects.create(
            person=cast.ana, kind=kind, address="+1", verified_at=NOON, created_at=NOON
        )
        RuleStep.objects.create(
            person=cast.ana, urgency=Urgency.URGENT, position=device.pk % 1000, device=device
        )
    write = random.SystemRandom().randrange(STRIDE) + 1 - STRIDE
    while True:
        write += STRIDE
        # A number and hours of its own: no round is taken for another one.
        number, begin = f"+44207946{write:04}", NOON + write * timedelta(hours=2)
        Device.objects.exclude(kind="mail").update(address=number)
        desk.journal.write_text("")
        refs = report_two(cast, write, begin)

        was_killed = is_killed(write, partial(desk.go, begin, number))
        desk.go(begin + timedelta(minutes=3), number)
        desk.go(begin + timedelta(minutes=6), number)

        check(desk, cast.ana.actor, refs, f"killed before write {write}")
        if not was_killed:
            break
    assert write > 60


def report_two(cast: Cast, number: int, begin: datetime) -> list[str]:
    refs = []
    for name in "ab":
        key = f"{number}-{name}"
        taken = cast.report(cast.mira, f"Trouble {key}", at=begin, join_key=key)
        refs.append(str(taken.incident))
    return refs


def check(desk: Desk, ana: str, refs: list[str], when: str) -> None:
    # A callback's address is a delivery's own: it is the key by which a provider is asked.
    rang = Counter(each.form["StatusCallback"] for each in desk.rung())
    assert rang, when
    assert max(rang.values()) == 1, (when, rang)
    rows = Delivery.objects.filter(stream__in=refs)
    left = rows.filter(state__in=[State.PENDING, State.SENDING, State.FAILED])
    assert list(left.values_list("key", "state", "error")) == [], when
    assert not rows.filter(hang_up_at__isnull=False).exists(), when
    taken = EntryRow.objects.filter(stream__in=refs, kind="acknowledged", actor=ana)
    assert Counter(taken.values_list("stream", flat=True)) == Counter(refs), when
    told = rows.filter(purpose="page", message_id__in=[each.sid for each in desk.rung()])
    assert told.exists(), when
    for ref in refs:
        incidents.resolve(incident=ref, by=ana, words="It works again.", at=desk.at)
