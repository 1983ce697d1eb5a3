"""Laws of the alert formats, for any bytes that a stranger may send. Source: POL-6."""

from __future__ import annotations

import gzip
import json
import string
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redphone.channels import alerts
from redphone.channels.alerts import fake, mapping, pagerduty, sns
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import LARGEST
from redphone.channels.alerts.values import LONGEST_KEY, LONGEST_TEXT, MOST_FIELDS, link, when

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

NAMES = [
    "alerts", "labels", "annotations", "status", "state", "title", "message", "event", "data",
    "payload", "routing_key", "event_action", "dedup_key", "summary", "severity", "source",
    "custom_details", "links", "images", "startsAt", "fingerprint", "ruleName", "ruleId", "tags",
    "evalMatches", "action", "issue", "metric_alert", "project", "installation", "Type",
    "MessageId", "Message", "TopicArn", "AlarmName", "NewStateValue", "Trigger", "Dimensions",
    "trigger", "host", "event_id", "condition_name", "targets", "issueUrl", "impactedEntities",
    "monitorFriendlyName", "alertType", "specversion", "type", "id", "subject", "time",
    "data_base64", "alert_transition", "date", "org", "heartbeat", "incident_key", "service_key",
    "event_type", "contexts", "description", "details", "timestamp", "groupKey", "receiver",
    "truncatedAlerts", "values", "valueString",
]  # fmt: skip
"""Names that formats look for: they lead a drawn body deep into the readers."""

WORDS = [
    "firing", "resolved", "trigger", "OK", "ALARM", "Notification", "critical", "1", "0", "",
    "1.0", "2026-11-23T12:00:00Z", "0001-01-01T00:00:00Z", "https://a.example/x", "{{ x }}",
    "\ud800",
    "99999999999999999999", "[Resolved] x", "{\"AlarmName\": 1, \"NewStateValue\": []}", "\x00",
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(st.characters(), max_size=20)
)
bodies = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=6), inner, max_size=6)
    ),
    max_leaves=25,
)
header_values = st.text(string.printable, max_size=40) | st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "text/plain; charset=zip",
        "application/x-www-form-urlencoded",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "gzip",
        "deflate",
        "br",
        "1.0",
    ]
)
headers = st.dictionaries(
    st.sampled_from(
        [
            "content-type",
            "content-encoding",
            "ce-specversion",
            "ce-id",
            "ce-source",
            "ce-type",
            "ce-subject",
            "sentry-hook-resource",
            "webhook-signature",
            "x-amz-sns-message-type",
        ]
    ),
    header_values,
    max_size=4,
)
slugs = st.sampled_from(list(alerts.FORMATS))


def _is_bounded(alert: Alert) -> None:
    """What is read can be stored and shown, whatever was sent."""
    assert 0 < len(alert.key) <= LONGEST_KEY
    assert 0 < len(alert.title) <= 300
    assert 0 < len(alert.words) <= LONGEST_TEXT
    assert len(alert.fields) <= 3 * MOST_FIELDS
    assert alert.link == "" or alert.link.startswith(("http", "HTTP"))
    assert alert.started_at is None or alert.started_at.tzinfo is UTC
    told = [alert.key, alert.title, alert.words, alert.severity, alert.component, alert.source]
    for each in [*told, *alert.fields, *alert.fields.values()]:
        each.encode()
        assert "\x00" not in each
    assert "\n" not in alert.title


def _read(slug: str, body: bytes, given_headers: dict[str, str]) -> tuple[Alert, ...]:
    refusal: NotReadable | None = None
    found: tuple[Alert, ...] = ()
    try:
        found = alerts.receive(slug, body, given_headers)
    except NotReadable as error:
        refusal = error

    assert refusal is None or refusal.status in (400, 413, 415)
    assert refusal is None or (str(refusal) and refusal.errors)
    for alert in (refusal.alert,) if refusal and refusal.alert else found:
        _is_bounded(alert)
    return found


@settings(max_examples=250)
@given(slugs, bodies, headers)
def test_any_json_is_alerts_or_refused_with_words(
    slug: str, told: Any, given_headers: dict[str, str]
) -> None:
    """Law: no JSON makes a format raise anything but NotReadable, or give what can't be stored."""
    _read(slug, json.dumps(told).encode("utf-8", "surrogatepass"), given_headers)


@settings(max_examples=150)
@given(slugs, st.binary(max_size=300), headers)
def test_any_bytes_are_alerts_or_refused_with_words(
    slug: str, body: bytes, given_headers: dict[str, str]
) -> None:
    """Law: no bytes make a format raise anything but NotReadable, and none the recogniser."""
    _read(slug, body, given_headers)

    assert alerts.recognise(body, given_headers) in ("", *alerts.FORMATS)


@settings(max_examples=200)
@given(slugs, st.data())
def test_a_request_with_any_part_changed_is_read_or_refused(
    slug: str, data: st.DataObject
) -> None:
    """Law: whatever stands in place of any value of a real request, nothing else is raised."""
    request = fake.request(slug, fake.Trouble())
    told = json.loads(request.body)
    paths = list(_paths(told))
    path = data.draw(st.sampled_from(paths))
    _put(told, path, data.draw(bodies))

    _read(slug, json.dumps(told).encode("utf-8", "surrogatepass"), dict(request.headers))


def _paths(told: Any, *before: Any) -> Any:
    pairs = told.items() if isinstance(told, dict) else enumerate(told)
    for name, value in pairs:
        yield (*before, name)
        if isinstance(value, dict | list):
            yield from _paths(value, *before, name)


def _put(told: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        told = told[step]
    told[path[-1]] = value


@settings(max_examples=60)
@given(bodies, st.dictionaries(st.sampled_from(mapping.PARTS), st.text(max_size=30), max_size=5))
def test_any_mapping_reads_or_refuses_any_body(told: Any, parts: dict[str, str]) -> None:
    """Law: a mapping that somebody typed makes no reader fail, and its problems can be listed."""
    assert isinstance(mapping.problems(parts), list)

    try:
        found = alerts.receive("generic", json.dumps(told).encode(), {}, mapping=parts)
    except NotReadable:
        return
    for alert in found:
        _is_bounded(alert)


@settings(max_examples=60)
@given(st.text("abc.:/?#[]@!-_ \\\t\n", max_size=40) | st.text(max_size=40))
def test_no_text_is_a_link_unless_it_begins_with_http(text: str) -> None:
    """Law: what is shown as a link can only be http or https."""
    assert link(text) == ""
    assert link("javascript:" + text) == ""
    assert not sns.certificate_url_is_trusted(text)
    assert not sns.confirmation_url_is_trusted(text)


@given(scalars | st.text("0123456789-:TZ+. ", max_size=30))
def test_anything_is_a_moment_of_these_centuries_or_none(value: Any) -> None:
    """Law: a moment has a zone and is between 2000 and 2200."""
    found = when(value)

    assert found is None or 2000 <= found.year < 2200


@settings(max_examples=60)
@given(st.binary(max_size=60), headers, st.lists(st.text(max_size=20), max_size=3))
def test_no_signature_is_guessed(
    body: bytes, given_headers: dict[str, str], secrets: list[str]
) -> None:
    """Law: a request without a signature of the secret is not genuine, whatever its headers."""
    signed = {**given_headers, "webhook-id": "1", "webhook-timestamp": str(int(AT.timestamp()))}

    for slug in ("sentry", "standard"):
        assert not alerts.is_genuine(slug, body, signed, secrets=secrets, at=AT)


HOSTILE = {
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep and unfinished": b'{"alerts":[' * 50_000,
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(150_000)) + b"}",
    "many alerts": b'{"alerts":[' + b",".join([b'{"labels":{}}'] * 30_000) + b"]}",
    "many empty lists": b"[" + b",".join([b"[]"] * 100_000) + b"]",
    "a number of digits": b'{"title":"x","id":' + b"9" * 100_000 + b"}",
    "an exponent": b'{"title":"x","timestamp":1e999999}',
    "not a number": b'{"title":"x","timestamp":NaN,"value":-Infinity}',
    "halves of characters": b'{"title":"\\ud800 x","dedup_key":"\\udfff"}',
    "doubled keys": b'{"title":"x","title":["y"],"title":"z"}',
    "a mark and UTF-16": '\ufeff{"title":"x"}'.encode("utf-16"),
    "Latin bytes": '{"title":"Plattenplatz läuft über"}'.encode("latin-1"),
    "a line break in a string": b'{"title":"two\nlines"}',
    "a zero byte": b'{"title":"x\\u0000y"}\x00',
    "a long title": b'{"title":"' + b"x " * 500_000 + b'"}',
    "a long key": b'{"title":"x","dedup_key":"' + b"k" * 100_000 + b'"}',
    "nothing": b"",
    "one byte": b"{",
    "half a form": b"%%%=&&&=%ff&payload={",
}


@pytest.mark.parametrize("hostile", list(HOSTILE))
def test_hostile_bodies_are_read_or_refused_in_a_moment(hostile: str) -> None:
    began = time.process_time()

    for slug in alerts.FORMATS:
        _read(slug, HOSTILE[hostile], {"content-type": "application/json"})
    _read("generic", HOSTILE[hostile], {})
    _read("uptimerobot", HOSTILE[hostile], {"content-type": "application/x-www-form-urlencoded"})

    assert time.process_time() - began < 14 * 1.0


@pytest.mark.parametrize(
    "flaw",
    [
        "not a number",
        "doubled keys",
        "a mark and UTF-16",
        "Latin bytes",
        "a line break in a string",
        "halves of characters",
        "a zero byte",
        "a long title",
        "a long key",
    ],
)
def test_an_alert_with_a_flaw_is_an_alert_all_the_same(flaw: str) -> None:
    (alert,) = _read("generic", HOSTILE[flaw], {"content-type": "application/json"})

    assert alert.change is Change.FIRING


@pytest.mark.parametrize("slug", list(alerts.FORMATS))
def test_a_packed_body_is_unpacked_within_the_limit_and_no_further(slug: str) -> None:
    request = fake.request(slug, fake.Trouble())
    packed = {**request.headers, "content-encoding": "gzip"}
    bomb = gzip.compress(b'{"title":"' + b"x" * 50 * LARGEST)

    assert alerts.receive(slug, gzip.compress(request.body), packed) == alerts.receive(
        slug, request.body, request.headers
    )
    with pytest.raises(NotReadable) as refused:
        alerts.receive(slug, bomb, packed)
    assert refused.value.status == 413
    for broken in (b"no gzip", gzip.compress(request.body)[:-12]):
        with pytest.raises(NotReadable):
            alerts.receive(slug, broken, packed)


@given(st.dictionaries(st.sampled_from(NAMES), bodies, max_size=8))
def test_the_answers_of_pagerduty_are_always_of_its_schema(told: dict[str, Any]) -> None:
    """Law: an event is taken with a key to answer with, or refused with a list of faults."""
    body = json.dumps(told).encode("utf-8", "surrogatepass")
    for enter in (pagerduty.enqueue, pagerduty.enqueue_change, pagerduty.create_event):
        try:
            event = enter(body, {})
        except NotReadable as error:
            answer = pagerduty.refused(error)
            assert answer["status"]
            assert answer["message"]
            assert all(isinstance(each, str) for each in answer["errors"])
            assert answer["errors"]
        else:
            assert event.token
            assert pagerduty.taken(event)["status"] == "success"
