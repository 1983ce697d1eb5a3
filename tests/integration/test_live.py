"""Live pages: who may listen to what, and that the line comes back when the database was away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from redphone.actions import cases, incidents
from redphone.clock import now
from redphone.core.stream import DeskError
from redphone.records.models import Person
from redphone.web import live
from redphone.web.customer import links
from redphone.web.listening import EVERY_STREAM, PUBLIC, Ear, Hub, _params

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

WITHIN = 10.0


def cookie_of(person: Person | None) -> str:
    if person is None:
        return ""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    return f"theme=dark; {name}={client.cookies[name].value}"


def hears(topic: str, person: Person | None) -> list[str] | None:
    """What somebody would hear under a topic; None when they may not listen at all."""
    try:
        return sorted(live.listens_to(topic, cookie_of(person)))
    except (DeskError, live.Refused):
        return None


def test_a_customer_hears_of_their_own_case_and_its_incident_only(cast: Cast) -> None:
    taken = cast.report(cast.mira, at=now())

    assert hears(f"case/{taken.case}", cast.mira) == [taken.incident, taken.case]
    assert hears(f"case/{taken.case}", cast.jon) is None
    assert hears(f"case/{taken.case}", None) is None
    assert hears(f"incident/{taken.incident}", cast.mira) is None
    assert hears("board", cast.mira) is None
    assert hears("cases", cast.mira) == [taken.case]
    assert hears("cases", cast.jon) == []


def test_the_desk_hears_of_everything_and_strangers_of_the_status_page(cast: Cast) -> None:
    taken = cast.report(None, at=now())

    assert hears("board", cast.ana) == [EVERY_STREAM]
    assert hears(f"incident/{taken.incident}", cast.ana) == [taken.incident]
    assert hears("board", None) is None
    assert hears("status", None) == [PUBLIC]
    assert hears("secrets", cast.ana) is None
    assert hears(f"reported/{links.token(taken.report)}", None) == [taken.incident, taken.case]
    assert hears(f"reported/{taken.report}", None) is None


def test_whoever_has_left_hears_nothing_more(cast: Cast) -> None:
    cookie = cookie_of(cast.ana)
    Person.objects.filter(pk=cast.ana.pk).update(is_active=False)

    with pytest.raises(DeskError):
        live.listens_to("board", cookie)


def test_a_case_that_moves_is_followed_to_its_new_incident(cast: Cast) -> None:
    taken, other = (cast.report(cast.mira, at=now()) for _ in range(2))
    cookie = cookie_of(cast.mira)
    cases.move(
        case=str(taken.case), to=str(other.incident), by=cast.ana.actor, why="Same", at=now()
    )

    assert live.listens_to(f"case/{taken.case}", cookie) == {taken.case, other.incident}


async def until(ask: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN):
        while not await ask():
            await asyncio.sleep(0.05)


class Line:
    """The desk's side of the database, beside Django's connection in the test's own thread."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.params = params

    async def run(self, statement: str) -> list[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(**self.params) as line:
            return await (await line.execute(statement)).fetchall()

    async def is_listened_to(self) -> bool:
        asked = "select 1 from pg_stat_activity where query like 'LISTEN%'"
        return bool(await self.run(asked))

    async def cut(self) -> None:
        await self.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'"
        )

    async def tell(self, ref: str) -> None:
        await self.run(f"select pg_notify('desk', '{ref}')")


async def heard(ear: Ear) -> bool:
    try:
        await asyncio.wait_for(ear.wait(), WITHIN)
    except TimeoutError:
        return False
    ear.forget()
    return True


async def begun(*ears: Ear) -> None:
    """Everyone looks once when the line is up: something may have changed before."""
    for ear in ears:
        assert await heard(ear)


def test_what_changes_reaches_only_who_listens_to_it(cast: Cast) -> None:
    line = Line(_params())

    async def story() -> tuple[bool, bool, bool]:
        hub = Hub()
        with (
            hub.listen(frozenset({"RP-1"})) as own,
            hub.listen(frozenset({"RP-2"})) as other,
            hub.listen(frozenset({EVERY_STREAM})) as board,
        ):
            await begun(own, other, board)
            await line.tell("RP-1")
            return await heard(own), await heard(board), other._heard.is_set()

    assert asyncio.run(story()) == (True, True, False)


def test_the_line_comes_back_and_everyone_looks_again(cast: Cast) -> None:
    """What was said while the line was cut is made up for."""
    line = Line(_params())

    async def story() -> tuple[bool, bool]:
        hub = Hub()
        with hub.listen(frozenset({"RP-1"})) as ear:
            await begun(ear)
            await line.cut()
            again = await heard(ear)
            await line.tell("RP-1")
            return again, await heard(ear)

    assert asyncio.run(story()) == (True, True)


def test_the_line_is_given_up_when_the_last_page_closes(cast: Cast) -> None:
    line = Line(_params())

    async def story() -> bool:
        hub = Hub()
        for _ in range(2):
            with hub.listen(frozenset({"RP-1"})):
                await until(line.is_listened_to)
        await asyncio.sleep(0.2)
        return await line.is_listened_to()

    assert asyncio.run(story()) is False


def test_strangers_hear_nothing_of_what_is_not_public(cast: Cast) -> None:
    """EMG-2: not even that something stirs."""
    hidden = str(cast.report(cast.mira, at=now(), closest_to="data-security-incident").incident)
    shown = str(cast.report(cast.mira, at=now(), closest_to="system-outage").incident)
    incidents.publish(incident=shown, by=cast.maya.actor, is_public=True, why="So it is", at=now())
    line = Line(_params())

    async def story() -> tuple[bool, bool]:
        hub = Hub()
        with hub.listen(frozenset({PUBLIC})) as ear, hub.listen(frozenset({hidden})) as desk:
            await begun(ear, desk)
            await line.tell(hidden)
            await heard(desk)
            await asyncio.sleep(0.3)
            quiet = not ear._heard.is_set()
            await line.tell(shown)
            return quiet, await heard(ear)

    assert asyncio.run(story()) == (True, True)


def test_a_stream_opens_tells_and_ends_when_the_browser_leaves(cast: Cast) -> None:
    """As the server calls it: status, headers, an event after a change, and a refusal."""
    ref = str(cast.report(cast.mira, at=now()).case)
    mine, theirs = cookie_of(cast.mira), cookie_of(cast.jon)
    line = Line(_params())

    async def story() -> tuple[list[dict[str, Any]], int]:
        sent: list[dict[str, Any]] = []
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        stream = asyncio.ensure_future(live.application(scope(ref, mine), receive, send))
        await until(line.is_listened_to)
        await line.tell(ref)

        async def told() -> bool:
            return any(b"event: changed" in message.get("body", b"") for message in sent)

        await until(told)
        gone.set()
        async with asyncio.timeout(WITHIN):
            await stream
        refused: list[dict[str, Any]] = []

        async def send_refused(message: Any) -> None:
            refused.append(message)

        await live.application(scope(ref, theirs), receive, send_refused)
        return sent, refused[0]["status"]

    sent, refused = asyncio.run(story())

    assert sent[0]["status"] == 200
    assert dict(sent[0]["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert refused == 404
    assert b"INC-" not in b"".join(message.get("body", b"") for message in sent)


def scope(ref: str, cookie: str) -> dict[str, Any]:
    headers = [(b"cookie", cookie.encode())]
    return {"type": "http", "method": "GET", "path": f"/live/case/{ref}", "headers": headers}


def test_telling_never_raises(cast: Cast) -> None:
    """A page that hears nothing is late; an action that fails for it would be worse."""
    from redphone.records.live import tell

    connection.close()
    tell([])
    tell(["RP-1"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
