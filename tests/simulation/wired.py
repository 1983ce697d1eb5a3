"""The house wired to two telephone providers: real HTTP both ways, and still virtual time.

A second of a provider that is waited for is so many seconds of the night: `FASTER`. All else
takes no time.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from tests.simulation.phones import Phones

from redphone.actions import deliveries, hangups, receipts
from redphone.actions.providers import InRows
from redphone.channels.fake import Does
from redphone.channels.switchboard import Switchboard
from redphone.channels.telephone import provider
from redphone.channels.telephone.fake import Exchange, Rung
from redphone.channels.telephone.fake_server import serving
from redphone.channels.telephone.provider import Provider
from redphone.channels.telephone.send import Telephone
from redphone.channels.telephone.wire import READ, Reply, Wire
from redphone.channels.webhook.address import Allowed

PUBLIC = "https://desk.example"
FASTER = 20.0
A_WAIT = 0.2
"""Seconds from which on an answer was waited for, and not only carried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWire(Wire):
    """Says how long its answers were waited for."""

    waits: Callable[[float], None]

    def post(self, provider: Provider, resource: str, form: list[tuple[str, str]]) -> Reply:
        began = time.monotonic()
        try:
            return Wire.post(self, provider, resource, form)
        finally:
            self.waits(time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class Rang:
    """One call or SMS that a provider took: when, whose key it is, and where it goes."""

    at: datetime
    provider: str
    kind: str
    to: str
    key: str


@dataclass
class Wired(Phones):
    """Telephones behind two providers. `rang` is what the providers say that they rang."""

    first: Exchange = field(default_factory=lambda: Exchange(PUBLIC, deliver, token="one"))
    second: Exchange = field(default_factory=lambda: Exchange(PUBLIC, deliver, token="two"))
    rang: list[Rang] = field(default_factory=list)
    _now: datetime | None = None
    _waited: timedelta = timedelta()
    _told: list[tuple[datetime, int, Exchange, Rung, str]] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.first.on_taken = lambda rung: self._took("first", self.first, rung)
        self.second.on_taken = lambda rung: self._took("second", self.second, rung)

    def moment(self) -> datetime:
        """The moment of the night, while a provider is waited for."""
        assert self._now is not None
        return self._now + self._waited

    def _wait(self, seconds: float) -> None:
        if seconds > A_WAIT:
            self._waited += timedelta(seconds=seconds * FASTER)

    def board(self) -> Switchboard:
        allowed = Allowed.read(["127.0.0.1"])
        wire = TimedWire(allowed=allowed, connect=1.0, read=READ / FASTER, waits=self._wait)

        def line(*, is_text: bool) -> Telephone:
            known = InRows(self.moment)
            return Telephone(settings.PHONE_PROVIDERS, known, wire, is_text)

        lines = {name: self.telephones.line(name) for name in ("push", "app")}
        telephones = {"voice": lambda: line(is_text=False), "sms": lambda: line(is_text=True)}
        return Switchboard({"mail": lambda: self.mail, **lines, **telephones})

    def next_due(self) -> datetime | None:
        found = (super().next_due(), self._told[0][0] if self._told else None)
        return min((at for at in found if at is not None), default=None)

    def work(self, now: datetime) -> None:
        self._now, self._waited = now, timedelta()
        while self._told and self._told[0][0] <= now:
            _, _, exchange, rung, status = heapq.heappop(self._told)
            exchange.tell(rung, status)
        while self._events and self._events[0][0] <= now:
            at, _, what, key = heapq.heappop(self._events)
            self._come_back(what, key, at)
        receipts.sweep(at=now)
        deliveries.send_waiting(channel=self.board, now=self.moment)
        hangups.hang_up_waiting(channel=self.board, now=self.moment)
        self._note(now)

    def _took(self, name: str, exchange: Exchange, rung: Rung) -> None:
        """What is told of it later, as its telephone does."""
        at, key = self.moment(), rung.form["StatusCallback"]
        self.rang.append(Rang(at, name, rung.kind, rung.to, key))
        if self.telephones.is_of(rung.to) is Does.MUTE:
            return
        told: tuple[str, ...]
        told = ("ringing", "no-answer") if rung.kind == "call" else ("sent", "delivered")
        if exchange.is_double:
            told = (*reversed(told), *told)
        for number, status in enumerate(told):
            after = timedelta(seconds=1 + 10 * number)
            heapq.heappush(self._told, (at + after, next(self._count), exchange, rung, status))

    def to(self, number: str, kind: str = "") -> list[Rang]:
        return [each for each in self.rang if each.to == number and kind in ("", each.kind)]


def deliver(url: str, form: dict[str, str], signature: str) -> tuple[int, str]:
    """A provider's callback, through the desk's own door."""
    answer = Client(raise_request_exception=False).post(
        url.removeprefix(PUBLIC),
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return answer.status_code, answer.content.decode()


@contextmanager
def wired() -> Iterator[Wired]:
    """The telephones, while both providers are to be reached; settings name them."""
    made = Wired()
    with serving(made.first) as one, serving(made.second) as two:
        settings.PHONE_PROVIDERS = provider.read_all([one.setting(), two.setting()])
        yield made
