"""The hot doors: what they take, what they turn away, and in whose words."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.conftest import NOON, Cast

from redphone.actions import alerts, doors
from redphone.api import alert_doors, alert_keys
from redphone.api.alert_desk import desk
from redphone.records.models import Alert, CaseRow, Door, IncidentRow

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


def send(
    path: str,
    body: bytes | dict[str, Any] = b"",
    *,
    method: str = "POST",
    query: bytes = b"",
    pieces: list[bytes] | None = None,
    **headers: str,
) -> Answer:
    """One request to the application that answers beside Django."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    parts = list(pieces) if pieces is not None else [raw]
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent: list[Any] = []

    async def receive() -> Any:
        part = parts.pop(0) if parts else b""
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def take(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(alert_doors.application(scope, receive, take))
    start, rest = sent
    heads = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], json.loads(rest["body"]), heads)


def settled() -> None:
    """Wait until the opener has nothing left to do."""
    until = time.monotonic() + 10
    while Alert.objects.filter(became="waiting").exists():
        assert time.monotonic() < until, "the opener does not settle what came"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def fresh_keys() -> Iterator[None]:
    """Doors of an earlier test are not remembered, and nothing is left to be opened."""
    alert_keys.forget()
    yield
    settled()
    desk.end()


@pytest.fixture
def token(cast: Cast) -> str:
    _, text = doors.create(name="Monitor", format="pagerduty", at=NOON)
    return text


def event(token: str, action: str = "trigger", key: str | None = "db-1", **more: Any) -> Any:
    payload = {"summary": "The database is down", "source": "db-1", "severity": "critical"}
    found = {"routing_key": token, "event_action": action, "payload": payload, **more}
    return found | ({"dedup_key": key} if key else {})


def test_an_event_is_committed_before_its_answer_and_opened_at_once(token: str) -> None:
    answer = send("/v2/enqueue", event(token))

    assert answer.status == 202
    assert answer.body == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "db-1",
    }
    assert Alert.objects.count() == 1
    settled()
    assert IncidentRow.objects.get().title == "The database is down"


def test_an_event_without_a_key_is_given_one(token: str) -> None:
    first = send("/v2/enqueue", event(token, key=None))
    settled()
    again = send("/v2/enqueue", event(token, key=None))

    assert first.body["dedup_key"] == again.body["dedup_key"]
    assert IncidentRow.objects.count() == 1


def test_an_event_that_breaks_the_schema_is_refused_in_its_words_and_kept(token: str) -> None:
    answer = send("/v2/enqueue", event(token, payload={"severity": "dreadful"}))

    assert answer.status == 400
    assert answer.body["status"] == "invalid event"
    assert any("severity" in each for each in answer.body["errors"])
    settled()
    assert "severity" in CaseRow.objects.get().report.notes["unreadable"]


def test_what_is_no_json_is_kept_when_its_token_is_good(token: str) -> None:
    answer = send("/v2/enqueue", b"not json", x_routing_key=token)

    assert answer.status == 400
    settled()
    assert bytes(CaseRow.objects.get().report.raw) == b"not json"


def test_version_1_of_the_api_answers_in_its_own_words(token: str) -> None:
    body = {
        "service_key": token,
        "event_type": "trigger",
        "description": "Down",
        "incident_key": "a",
    }

    answer = send("/generic/2010-04-15/create_event.json", body)

    assert answer.status == 200
    assert answer.body == {
        "status": "success",
        "message": "Event processed",
        "incident_key": "a",
    }


def test_a_change_is_kept_and_opens_nothing(token: str) -> None:
    answer = send("/v2/change/enqueue", {"routing_key": token, "payload": {"summary": "Deployed"}})

    assert (answer.status, answer.body["message"]) == (202, "Change event processed")
    assert Alert.objects.get().became == "change"


@pytest.mark.parametrize("bad", ["", "rpd" + "0" * 29, "rpd-nobody-has-this", "x" * 5000, "\x00"])
def test_an_unknown_token_opens_nothing(token: str, bad: str) -> None:
    assert send("/v2/enqueue", event(bad)).status == 400
    assert send("/alerts/pagerduty/", event(""), authorization=f"Bearer {bad}").status == 401
    assert Alert.objects.count() == 0


def test_a_token_that_was_taken_back_opens_nothing_within_five_seconds(token: str) -> None:
    assert send("/v2/enqueue", event(token)).status == 202
    doors.revoke(prefix=token, at=NOON)

    assert alert_keys.REMEMBERED < 5
    time.sleep(alert_keys.REMEMBERED + 0.1)

    assert send("/v2/enqueue", event(token)).status == 400
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    "way",
    [
        lambda t: ("/alerts/pagerduty/", {"authorization": f"Bearer {t}"}),
        lambda t: ("/alerts/pagerduty", {"x_redphone_token": t}),
        lambda t: (f"/alerts/pagerduty/{t}/", {}),
        lambda t: (f"/alerts/any/{t}", {}),
        lambda t: ("/alerts/pagerduty/", {"authorization": f"Basic {_basic(t)}"}),
    ],
)
def test_a_token_may_come_in_several_ways(token: str, way: Any) -> None:
    path, headers = way(token)

    answer = send(path, event(token), **headers)

    assert (answer.status, answer.body) == (202, {"status": "accepted", "alerts": 1})


def _basic(token: str) -> str:
    import base64

    return base64.b64encode(f"redphone:{token}".encode()).decode()


def test_the_token_is_in_no_row_and_no_log(token: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send("/v2/enqueue", event(token))
        send(f"/alerts/pagerduty/{token}/", b"not json")
        settled()

    assert token not in caplog.text
    assert all(token.encode() not in bytes(alert.raw) for alert in Alert.objects.all())
    assert all(token not in json.dumps(c.report.notes) for c in CaseRow.objects.all())
    assert token not in json.dumps(list(Door.objects.values_list("digest", "prefix", "name")))


def test_a_body_of_a_hundred_megabytes_is_turned_away_unread(token: str) -> None:
    said = send("/v2/enqueue", b"", content_length=str(100 * 1024 * 1024))
    piece = b"x" * 65_536
    unsaid = send("/v2/enqueue", pieces=[piece] * 1600)

    assert (said.status, unsaid.status) == (413, 413)
    assert said.body["errors"]


def test_a_small_body_that_unpacks_to_a_large_one_is_turned_away(token: str) -> None:
    import gzip

    bomb = gzip.compress(b"[" + b"0," * 20_000_000 + b"0]")

    answer = send(f"/alerts/pagerduty/{token}/", bomb, content_encoding="gzip")

    assert answer.status == 413


def test_a_slow_sender_is_let_go(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_doors, "SLOWEST", 0.05)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def take(message: Any) -> None:
        sent.append(message)

    scope = {"method": "POST", "path": "/v2/enqueue", "query_string": b"", "headers": []}
    asyncio.run(alert_doors.application(scope, receive, take))

    assert sent[0]["status"] == 408


def test_there_is_no_door_elsewhere(token: str) -> None:
    assert send("/alerts/nothing-speaks-this/", event(token)).status == 404
    assert send(f"/alerts/pagerduty/{token}/more/", event(token)).status == 404
    assert send("/v2/users", event(token)).status == 404
    assert send("/v2/enqueue", method="GET").status == 405


def test_an_alert_of_one_door_never_touches_anothers_incident(cast: Cast) -> None:
    tokens = [
        doors.create(name=name, format="pagerduty", customer=customer, at=NOON)[1]
        for name, customer in (("Theirs", "nordwind"), ("Others", "petrel"))
    ]
    send("/v2/enqueue", event(tokens[0]))
    settled()
    send("/v2/enqueue", event(tokens[1], action="resolve"))
    settled()

    assert list(Alert.objects.order_by("id").values_list("became", flat=True)) == [
        "opened",
        "stray",
    ]


def test_many_at_once_share_commits_and_lose_nothing(token: str) -> None:
    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(one(f"key-{n % 50}") for n in range(500)))

    async def one(key: str) -> int:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": json.dumps(event(token, key=key)).encode()}

        async def take(message: Any) -> None:
            sent.append(message)

        scope = {"method": "POST", "path": "/v2/enqueue", "query_string": b"", "headers": []}
        await alert_doors.application(scope, receive, take)
        return int(sent[0]["status"])

    assert set(asyncio.run(all_at_once())) == {202}
    settled()
    assert Alert.objects.count() == 500
    assert IncidentRow.objects.count() == 11
    assert alerts.open_waiting(at=NOON) == 0
