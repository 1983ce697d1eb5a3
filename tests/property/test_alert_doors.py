"""Laws of the hot doors from the wrong side, whatever a stranger or a sender sends. Source: POL-6.

Real requests to the application that answers beside Django, with a real database behind it.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import NOON, Cast

from redphone import clock
from redphone.actions import doors
from redphone.api import alert_doors, alert_keys
from redphone.api.alert_desk import desk
from redphone.channels.alerts import FORMATS, fake
from redphone.channels.alerts.alert import Change
from redphone.records.models import Alert, IncidentRow

pytestmark = pytest.mark.django_db(transaction=True)

AGAINST_THE_DATABASE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


def send(
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "POST",
    query: bytes = b"",
) -> Answer:
    """One request, as the server hands it to the application: it answers exactly once."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Any) -> None:
        sent.append(message)

    given_headers = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in (headers or {}).items()
    ]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": given_headers,
    }
    asyncio.run(alert_doors.application(scope, receive, take))
    start, rest = sent
    return Answer(start["status"], json.loads(rest["body"]))


def settled() -> None:
    """Wait until the opener has nothing left to do."""
    until = time.monotonic() + 20
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
    _, text = doors.create(name="Monitor", format="any", at=NOON)
    return text


def stored() -> int:
    return Alert.objects.count()


json_bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
).map(lambda told: json.dumps(told).encode())
bodies = st.binary(max_size=200) | json_bodies | json_bodies.map(gzip.compress)
header_names = st.sampled_from(
    [
        "content-type",
        "content-encoding",
        "content-length",
        "authorization",
        "x-api-key",
        "x-redphone-token",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "sentry-hook-resource",
        "sentry-hook-signature",
        "x-amz-sns-message-type",
        "ce-specversion",
        "ce-id",
    ]
)
header_values = st.text(st.characters(max_codepoint=255), max_size=30) | st.sampled_from(
    ["application/json", "gzip", "Basic !!!", "Bearer", "Bearer  ", "99999999999999999999", "-1"]
)
headers = st.dictionaries(header_names, header_values, max_size=4)
slugs = st.sampled_from([*FORMATS, "any"])
paths = (
    slugs.map(lambda slug: f"/alerts/{slug}/")
    | st.sampled_from(
        ["/v2/enqueue", "/v2/change/enqueue", "/generic/2010-04-15/create_event.json"]
    )
    | st.text(max_size=20).map(lambda text: f"/alerts/{text}")
)


@AGAINST_THE_DATABASE
@given(
    paths,
    bodies,
    headers,
    st.sampled_from(["POST", "PUT", "GET", "DELETE", "HEAD", "X"]),
    st.binary(max_size=40),
)
def test_a_stranger_is_answered_and_nothing_of_theirs_is_stored(
    token: str, path: str, body: bytes, given_headers: dict[str, str], method: str, query: bytes
) -> None:
    """Law: without a token there is a clear 4xx for anything, and not one row."""
    answer = send(path, body, given_headers, method=method, query=query)

    assert 400 <= answer.status < 500
    assert answer.body["message"]
    assert stored() == 0


@AGAINST_THE_DATABASE
@given(slugs, bodies, headers, st.booleans())
def test_a_sender_is_answered_and_what_was_sent_is_stored(
    token: str, slug: str, body: bytes, given_headers: dict[str, str], in_path: bool
) -> None:
    """Law: with a good token anything of a sane size is stored before its answer, however broken
    it is; only a broken proof or a size is turned away."""
    before = stored()
    named = {
        k: v for k, v in given_headers.items() if not k.startswith(("auth", "x-", "content-l"))
    }
    path = f"/alerts/{slug}/{token}/" if in_path else f"/alerts/{slug}/"
    if not in_path:
        named["authorization"] = f"Bearer {token}"

    answer = send(path, body, named)

    assert answer.status in (202, 403, 413)
    assert (stored() > before) is (answer.status == 202)
    assert token not in json.dumps(answer.body)


@AGAINST_THE_DATABASE
@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4), st.data())
def test_an_event_with_any_part_broken_is_answered_as_the_schema_says(
    token: str, more: dict[str, str], data: st.DataObject
) -> None:
    """Law: /v2/enqueue answers 202 or 400 in PagerDuty's words to any event with a good key, and
    has stored it in both cases."""
    event = json.loads(fake.request("pagerduty", fake.Trouble(), token=token).body)
    broken = data.draw(st.sampled_from(["event_action", "dedup_key", "payload", "links"]))
    event[broken] = data.draw(
        st.none() | st.text(max_size=5) | st.lists(st.none()) | st.just(more)
    )
    before = stored()

    answer = send("/v2/enqueue", json.dumps(event).encode())

    assert answer.status in (202, 400)
    assert stored() == before + 1
    if answer.status == 400:
        assert answer.body["status"] == "invalid event"
        assert answer.body["errors"]
    else:
        assert answer.body["status"] == "success"
        assert answer.body["dedup_key"]


def _near_misses(token: str) -> list[str]:
    """Tokens that somebody might try who knows one that is nearly right."""
    return [
        token[:-1],
        token[1:],
        token + "0",
        token.upper(),
        token.swapcase(),
        f"{token}\x00",
        token[:8],
        token[::-1],
        "%20" + token,
        "../" + token,
        "' or '1'='1",
        doors.digest(token),
        base64.b64encode(token.encode()).decode(),
    ]


def test_a_token_that_is_nearly_right_opens_nothing(token: str) -> None:
    body = fake.request("alertmanager", fake.Trouble()).body

    for wrong in _near_misses(token):
        by_header = send("/alerts/any/", body, {"authorization": f"Bearer {wrong}"})
        by_event = send("/v2/enqueue", fake.request("pagerduty", fake.Trouble(), token=wrong).body)
        by_path = send(f"/alerts/any/{wrong}", body)
        assert by_header.status == 401, wrong
        assert by_event.status == 400, wrong
        assert by_path.status in (401, 404), wrong
    assert stored() == 0


@pytest.mark.parametrize("slug", ["sentry", "standard"])
def test_a_signed_door_is_opened_by_no_other_format(cast: Cast, slug: str) -> None:
    """Who has the token and no secret must not get in as another format."""
    _, text = doors.create(name="Signed", format=slug, secret=SECRET, at=NOON)

    for other in FORMATS:
        request = fake.request(other, fake.Trouble(), token=text, secret="whsec_" + "A" * 32)
        for path in (f"/alerts/{other}/{text}", f"/alerts/any/{text}", "/v2/enqueue"):
            assert send(path, request.body, request.headers).status in (400, 401, 403), other
    assert stored() == 0


def _signed(change: Change, key: str = "checkout", **more: Any) -> fake.Request:
    trouble = fake.Trouble(change=change, key=key, at=clock.now(), **more)
    return fake.request("standard", trouble, secret=SECRET)


@AGAINST_THE_DATABASE
@given(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text())
def test_a_signed_request_with_any_header_changed_is_turned_away(
    cast: Cast, name: str, value: str
) -> None:
    """Law: a signature holds for the number, the time and the body that it was made for."""
    text = _signed_door()
    request = _signed(Change.FIRING)
    changed = {**request.headers, name: value}
    if changed == request.headers:
        return

    assert send(f"/alerts/standard/{text}", request.body, changed).status == 403
    assert send(f"/alerts/standard/{text}", request.body + b" ", request.headers).status == 403
    assert stored() == 0


_door: dict[str, str] = {}


def _signed_door() -> str:
    from redphone.records.models import Door

    text = _door.get("token", "")
    if not Door.objects.filter(digest=doors.digest(text)).exists():
        _, text = doors.create(name="Signed", format="standard", secret=SECRET, at=NOON)
        alert_keys.forget()
        _door["token"] = text
    return text


def test_a_request_that_is_replayed_opens_nothing_again(cast: Cast) -> None:
    text = _signed_door()
    firing, over = _signed(Change.FIRING), _signed(Change.RESOLVED)
    path = f"/alerts/standard/{text}"

    for request in (firing, over):
        assert send(path, request.body, request.headers).status == 202
        settled()
    incidents = IncidentRow.objects.count()
    for request in (firing, over, firing):
        send(path, request.body, request.headers)
        settled()

    assert IncidentRow.objects.count() == incidents == 1


def test_the_token_is_in_no_row_and_no_log_whatever_is_sent(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    hostile = [
        token.encode(),
        json.dumps({"title": token, "host": token, "routing_key": token}).encode(),
        json.dumps([token] * 5).encode(),
        f"payload={token}".encode(),
        b"\xff" + token.encode(),
    ]

    with caplog.at_level(logging.DEBUG):
        for body in hostile:
            for path in (f"/alerts/any/{token}", f"/alerts/generic/{token}/"):
                send(path, body, {"content-type": "application/json"})
        settled()

    assert token not in caplog.text
    for alert in Alert.objects.all():
        assert token.encode() not in bytes(alert.raw)


HOSTILE = {
    "deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}",
    "many alerts": b'{"alerts":[' + b",".join([b'{"labels":{"a":"b"}}'] * 6_000) + b"]}",
    "halves of characters": b'{"title":"\\ud800","dedup_key":"\\udc00\\u0000"}',
    "a line for the log": b'{"title":"x\\r\\nERROR forged line\\u2028y"}',
    "markup": b'{"title":"<script>alert(1)</script>","url":"javascript:alert(1)"}',
    "a number of digits": b'{"title":' + b"9" * 10_000 + b"}",
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_body_with_a_good_token_is_stored_and_does_not_hold_up_the_door(
    token: str, name: str
) -> None:
    began = time.process_time()

    answer = send(f"/alerts/any/{token}", HOSTILE[name], {"content-type": "application/json"})

    assert answer.status == 202
    assert stored() >= 1
    assert time.process_time() - began < 15
