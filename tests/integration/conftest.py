"""Fixtures for tests against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import SMTP
from django.test import Client
from pytest_django import Settings

if TYPE_CHECKING:
    from redphone.records.models import Person

    Speak = Callable[[Person], "Voice"]


@dataclass
class MailRoom:
    """A real SMTP server in a thread, which can be told whom to refuse.

    `refused` and `busy` map an address to the server's whole answer.
    """

    refused: dict[str, str] = field(default_factory=dict)
    busy: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    addressed: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if answer := self.refused.get(address) or self.busy.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.addressed.extend(envelope.rcpt_tos)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


@pytest.fixture
def mail_room(settings: Settings) -> Iterator[MailRoom]:
    """A mail server of our own, which Django's settings point to."""
    room = MailRoom()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        room.port = listening.getsockname()[1]
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", room.port
        settings.EMAIL_TIMEOUT = 5
        loop = asyncio.new_event_loop()
        serving = loop.create_server(lambda: SMTP(room, loop=loop), sock=listening)
        server = loop.run_until_complete(serving)
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        yield room
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API has answered."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Voice:
    """A program that speaks for one person to the API."""

    token: str

    def get(self, path: str, **query: Any) -> Answer:
        return self._send("GET", path, b"", query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        return self._send("POST", path, raw, {}, **headers)

    def _send(
        self,
        method: str,
        path: str,
        raw: str | bytes,
        query: dict[str, Any],
        content_type: str = "application/json",
        **headers: str,
    ) -> Answer:
        found = Client(raise_request_exception=False).generic(
            method,
            f"/api/v1{path}",
            raw,
            content_type=content_type,
            query_params=query,
            headers={"authorization": f"Bearer {self.token}", **headers},
        )
        return Answer(found.status_code, found.headers, found.content)


@pytest.fixture
def speak() -> Speak:
    """Gives a program a token of somebody."""

    def speak(person: Person) -> Voice:
        from redphone import clock
        from redphone.actions import tokens

        _, text = tokens.create(person=person.email, name="Test", at=clock.now())
        return Voice(text)

    return speak
