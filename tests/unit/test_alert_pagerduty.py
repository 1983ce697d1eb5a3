"""Are events held to PagerDuty's published schema, and answered in its words? Source: POL-6."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from redphone.channels.alerts import pagerduty
from redphone.channels.alerts.alert import Change, NotReadable

KEY = "R0123456789abcdefghijklmnopqrstu"
EVENT = {
    "routing_key": KEY,
    "event_action": "trigger",
    "dedup_key": "srv01/mysql",
    "payload": {"summary": "DISK at 99 %", "source": "srv01", "severity": "critical"},
}


def enqueue(**changed: Any) -> pagerduty.Event:
    return pagerduty.enqueue(json.dumps({**EVENT, **changed}).encode(), {})


def refused(told: Any) -> NotReadable:
    with pytest.raises(NotReadable) as error:
        pagerduty.enqueue(told if isinstance(told, bytes) else json.dumps(told).encode(), {})
    return error.value


def payload(**changed: Any) -> dict[str, Any]:
    return {**EVENT, "payload": {**EVENT["payload"], **changed}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("trigger", Change.FIRING),
        ("acknowledge", Change.ACKNOWLEDGED),
        ("resolve", Change.RESOLVED),
    ],
)
def test_an_event_is_taken_and_answered_with_its_key(action: str, change: Change) -> None:
    event = enqueue(event_action=action)

    (alert,) = event.alerts
    assert (event.token, alert.key, alert.change) == (KEY, "srv01/mysql", change)
    assert (alert.title, alert.component, alert.severity) == ("DISK at 99 %", "srv01", "critical")
    assert pagerduty.taken(event) == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "srv01/mysql",
    }


def test_a_resolution_needs_its_key_and_no_payload() -> None:
    (alert,) = enqueue(event_action="resolve", payload=None).alerts

    assert (alert.key, alert.change) == ("srv01/mysql", Change.RESOLVED)


def test_a_trigger_without_a_key_gets_one_that_is_the_same_the_next_time() -> None:
    first, again, other = (
        pagerduty.enqueue(json.dumps({**told, "dedup_key": None}).encode(), {})
        for told in (EVENT, payload(timestamp="2026-11-23T12:00:00Z"), payload(source="srv02"))
    )

    assert first.dedup_key == again.dedup_key != other.dedup_key
    assert first.dedup_key


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({**EVENT, "routing_key": None}, "'routing_key' is missing or blank"),
        ({**EVENT, "routing_key": 7}, "'routing_key' is not a string"),
        ({**EVENT, "event_action": None}, "'event_action' is missing or blank"),
        (
            {**EVENT, "event_action": "close"},
            "'event_action' must be one of 'trigger', 'acknowledge', 'resolve'",
        ),
        ({**EVENT, "event_action": ["trigger"]}, "'event_action' is not a string"),
        ({**EVENT, "dedup_key": "k" * 256}, "'dedup_key' is longer than 255 characters"),
        ({**EVENT, "dedup_key": 7}, "'dedup_key' is not a string"),
        ({**EVENT, "dedup_key": "", "event_action": "resolve"}, "'dedup_key' is missing or blank"),
        ({**EVENT, "payload": None}, "'payload.summary' is missing or blank"),
        ({**EVENT, "payload": "x"}, "'payload' is not an object"),
        (payload(summary=""), "'payload.summary' is missing or blank"),
        (payload(summary="x" * 1025), "'payload.summary' is longer than 1024 characters"),
        (payload(source=None), "'payload.source' is missing or blank"),
        (payload(source={}), "'payload.source' is not a string"),
        (
            payload(severity="fatal"),
            "'payload.severity' must be one of 'critical', 'error', 'warning', 'info'",
        ),
        (payload(timestamp="yesterday"), "'payload.timestamp' is no moment of ISO 8601"),
        ({**EVENT, "links": "https://a.example"}, "'links' is not an array"),
        ({**EVENT, "links": [{"text": "x"}]}, "'links' has an item without 'href'"),
        ({**EVENT, "images": [{"alt": "x"}]}, "'images' has an item without 'src'"),
    ],
)
def test_an_event_that_breaks_the_schema_is_refused_by_its_fault(told: Any, fault: str) -> None:
    error = refused(told)

    assert error.status == 400
    answer = pagerduty.refused(error)
    assert answer["status"] == "invalid event"
    assert answer["message"] == "Event object is invalid"
    assert fault in answer["errors"]


def test_what_can_be_read_of_a_refused_event_is_kept_for_the_responder() -> None:
    error = refused(payload(severity="fatal"))

    assert error.token == KEY
    assert error.alert is not None
    assert (error.alert.title, error.alert.key) == ("DISK at 99 %", "srv01/mysql")


def test_events_at_the_limits_are_taken() -> None:
    event = enqueue(
        dedup_key="k" * 255, payload={"summary": "x" * 1024, "source": "s", "severity": "info"}
    )

    assert event.dedup_key == "k" * 255
    assert "x" * 1024 in event.alerts[0].words


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff\xfe\xfa"])
def test_what_is_no_json_object_is_not_recognised(body: bytes) -> None:
    answer = pagerduty.refused(refused(body))

    assert answer["status"] == "Unrecognized object"
    assert answer["message"] == "Event object format is unrecognized"
    assert answer["errors"]


def test_an_event_of_more_than_512_kilobytes_is_too_large() -> None:
    huge = {**EVENT, "payload": {**payload()["payload"], "custom_details": {"x": "y" * 524_288}}}

    assert refused(huge).status == 413


def test_a_change_event_is_taken_and_opens_nothing() -> None:
    told = {"routing_key": KEY, "payload": {"summary": "Deployed build 7"}}

    event = pagerduty.enqueue_change(json.dumps(told).encode(), {})

    assert (event.token, event.alerts) == (KEY, ())
    assert pagerduty.taken(event) == {"status": "success", "message": "Event processed"}
    assert pagerduty.receive(json.dumps(told).encode(), {}) == ()


@pytest.mark.parametrize("told", [{}, {"routing_key": KEY}, {"payload": {"summary": "x"}}])
def test_a_change_event_without_its_parts_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(NotReadable, match="Event object is invalid"):
        pagerduty.enqueue_change(json.dumps(told).encode(), {})


def test_version_1_is_read_and_answered_too() -> None:
    told = {
        "service_key": KEY,
        "event_type": "trigger",
        "incident_key": "srv01/HTTP",
        "description": "FAILURE for production/HTTP",
        "details": {"load": 7},
        "contexts": [{"type": "link", "href": "https://a.example/x"}],
    }

    event = pagerduty.create_event(json.dumps(told).encode(), {})

    (alert,) = event.alerts
    assert (event.token, alert.key, alert.link) == (KEY, "srv01/HTTP", "https://a.example/x")
    assert "load: 7" in alert.words
    assert pagerduty.taken_version_1(event)["incident_key"] == "srv01/HTTP"


@pytest.mark.parametrize(
    "told",
    [
        {"event_type": "trigger", "description": "x"},
        {"service_key": KEY, "event_type": "open", "description": "x"},
        {"service_key": KEY, "event_type": "trigger"},
        {"service_key": KEY, "event_type": "resolve"},
    ],
)
def test_version_1_without_its_parts_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(NotReadable, match="Event object is invalid"):
        pagerduty.create_event(json.dumps(told).encode(), {})


def _published() -> dict[str, Any]:
    for parent in Path(__file__).resolve().parents:
        found = parent / "shared" / "real" / "pagerduty" / "events-v2-openapi.json"
        if found.is_file():
            told: dict[str, Any] = json.loads(found.read_bytes())
            return told
    return {}


PUBLISHED = _published()
needs_schema = pytest.mark.skipif(
    not PUBLISHED, reason="No shared/real/pagerduty beside the repository: no published schema."
)


@needs_schema
def test_the_published_examples_are_taken_and_answered_as_the_schema_says() -> None:
    answers = PUBLISHED["components"]["responses"]
    success, error = (
        answers[name]["content"]["application/json"]["schema"] for name in ("Success", "Error")
    )
    enter = {"/enqueue": pagerduty.enqueue, "/change/enqueue": pagerduty.enqueue_change}

    for path, read in enter.items():
        content = PUBLISHED["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            event = read(json.dumps(example["value"]).encode(), {})
            jsonschema.validate(pagerduty.taken(event), success)
            assert bool(event.alerts) is (path == "/enqueue")
        assert content["examples"]

    jsonschema.validate(pagerduty.refused(refused(b"{")), error)
    jsonschema.validate(pagerduty.refused(refused({})), error)
