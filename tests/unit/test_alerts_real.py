"""Do alerts that real monitors sent come out as what they say? Source: POL-6.

The payloads lie beside the repository and are not part of it. What each says is read from the
payload itself where it can be, and stands in the table otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from redphone.channels import alerts
from redphone.channels.alerts.alert import Alert, Change, NotReadable

FIRING, TAKEN, OVER = Change.FIRING, Change.ACKNOWLEDGED, Change.RESOLVED


def _folder() -> Path | None:
    for parent in Path(__file__).resolve().parents:
        found = parent / "shared" / "real" / "webhooks"
        if found.is_dir():
            return found
    return None


FOLDER = _folder()
FILES = sorted(FOLDER.rglob("*.json")) if FOLDER else []

needs_payloads = pytest.mark.skipif(
    not FILES, reason="No shared/real/webhooks beside the repository: real alerts are not tried."
)


@dataclass(frozen=True, slots=True)
class Payload:
    """One request that a file holds."""

    name: str
    body: Any
    headers: Mapping[str, str]

    def read(self) -> tuple[Alert, ...]:
        return alerts.receive("generic", json.dumps(self.body).encode(), self.headers)

    def recognised(self) -> str:
        lowered = {name.lower(): value for name, value in self.headers.items()}
        return alerts.recognise(json.dumps(self.body).encode(), lowered)


def _payloads() -> Iterator[Payload]:
    """Captured requests lie in their files with headers; one file holds several under names."""
    for file in FILES:
        told = json.loads(file.read_bytes())
        name = f"{file.parent.name}/{file.stem}"
        if isinstance(told, dict) and {"path", "headers", "body"} <= told.keys():
            yield Payload(name, told["body"], told["headers"])
        elif isinstance(told, dict) and all(_is_named(each) for each in told.values()):
            for key, each in told.items():
                yield Payload(f"{name}/{key}", each["payload"], {})
        else:
            yield Payload(name, told, {})


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("payload"), dict)


PAYLOADS = list(_payloads())
BY_NAME = {payload.name: payload for payload in PAYLOADS}

each_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=lambda each: each.name)


@needs_payloads
@each_payload
def test_every_payload_is_read_or_refused_with_a_reason(payload: Payload) -> None:
    refusal = None
    for slug in alerts.FORMATS:
        try:
            alerts.receive(slug, json.dumps(payload.body).encode(), payload.headers)
        except NotReadable as error:
            refusal = error
        assert refusal is None or (400 <= refusal.status < 500 and len(str(refusal)) > 20)


@needs_payloads
@each_payload
def test_every_alert_tells_a_responder_what_is_wrong(payload: Payload) -> None:
    try:
        found = payload.read()
    except NotReadable:
        pytest.skip(f"{payload.name} is no alert: nothing in it says what is wrong.")

    for alert in found:
        assert alert.title.strip()
        assert alert.words.startswith(alert.title)
        assert alert.key


GROUPS = [
    payload
    for payload in PAYLOADS
    if isinstance(payload.body, dict)
    and isinstance(payload.body.get("alerts"), list)
    and all("labels" in each for each in payload.body["alerts"])
]


@needs_payloads
@pytest.mark.parametrize("payload", GROUPS, ids=lambda each: each.name)
def test_a_group_has_the_alerts_that_it_says_each_in_its_state(payload: Payload) -> None:
    found = payload.read()

    assert payload.recognised() in ("alertmanager", "grafana")
    said = [each["status"] for each in payload.body["alerts"]]
    assert [alert.change.value for alert in found] == said
    prints = [each.get("fingerprint") for each in payload.body["alerts"]]
    assert all(not told or told == a.key for told, a in zip(prints, found, strict=True))
    for each, alert in zip(payload.body["alerts"], found, strict=True):
        assert each["labels"]["alertname"] in alert.title
        assert each["annotations"].get("summary", "") in alert.title


EVENTS = [
    payload
    for payload in PAYLOADS
    if isinstance(payload.body, dict) and "event_action" in payload.body
]


@needs_payloads
@pytest.mark.parametrize("payload", EVENTS, ids=lambda each: each.name)
def test_an_event_of_pagerduty_is_what_its_action_says(payload: Payload) -> None:
    (alert,) = payload.read()

    assert payload.recognised() == "pagerduty"
    action = {"trigger": FIRING, "acknowledge": TAKEN, "resolve": OVER}
    assert alert.change is action[payload.body["event_action"]]
    assert alert.key == payload.body["dedup_key"]
    assert alert.title == payload.body["payload"]["summary"]


@needs_payloads
def test_what_fired_is_resolved_under_the_same_key() -> None:
    live = [payload for payload in PAYLOADS if payload.name.startswith("alertmanager-live/")]
    if not live:
        pytest.skip("No payloads of a live Alertmanager here.")
    fired: set[str] = set()

    for payload in live:
        for alert in payload.read():
            if alert.change is FIRING:
                fired.add(alert.key)
            else:
                assert alert.key in fired, payload.name


SAYS: dict[str, tuple[str, list[tuple[Change, str]]]] = {
    "alerta/graylog_notification": ("", [(FIRING, "Stream had 2 messages")]),
    "alerta/new_relic_notification": ("newrelic", [(FIRING, "New Relic Alert - Test Condition")]),
    "alerta/pingdom_up": ("", [(OVER, "Alerta API on OpenShift")]),
    "alerta/stackdriver_closed": ("", [(OVER, "CPU (agent) for webserver-85 is above")]),
    "alerta/telegram_ack": ("", [(TAKEN, "/ack")]),
    "alertmanager/opsgenie_test": ("", [(FIRING, "message")]),
    "alertmanager/template_test": ("alertmanager", [(FIRING, ""), (OVER, "")]),
    "goalert/prometheusalertmanager_test": ("alertmanager", [(FIRING, "My alert summary")]),
    "goalert/site24x7_test": ("", [(FIRING, "GoAlert Site24x7 Test: Internal Server Error")]),
    "keep/axiom_provider-ALERTS": ("", [(FIRING, "Triggered: New monitor")]),
    "keep/checkly_provider-ALERTS": ("", [(OVER, "API Check #1 has recovered")]),
    "keep/graylog_provider-ALERTS": ("", [(FIRING, "Event - 1")]),
    "keep/libre_nms_provider-ALERTS": ("", [(OVER, "Device 10.10.1.147 recovered")]),
    "keep/tests-test_uptimekuma_bugs": ("", [(OVER, "My Site")]),
    "keep/thousandeyes_provider-ALERT": (
        "",
        [(FIRING, "Default Agent Offline Notification"), (OVER, "PDF Test")],
    ),
    "zulip/alertmanager-alert": (
        "alertmanager",
        [(FIRING, "High CPU core temperature"), (FIRING, "High CPU core temperature")],
    ),
    "zulip/grafana-7-no-data": ("grafana", [(FIRING, "No Data alert")]),
    "zulip/opsgenie-create": ("", [(FIRING, "another alert")]),
    "zulip/sentry-event-alert-triggered": ("sentry", [(FIRING, "Exception: Custom exception!")]),
    "zulip/sentry-issue-created": ("sentry", [(FIRING, "Exception: Custom exception!")]),
    "zulip/uptimerobot-down": ("uptimerobot", [(FIRING, "Web Server")]),
    "zulip/zabbix-disaster": ("zabbix", [(FIRING, "Zabbix agent on www.example.com")]),
}
"""What each is recognised as, and its alerts: whether they fire, and words of the title."""


@needs_payloads
@pytest.mark.parametrize("name", list(SAYS))
def test_a_payload_comes_out_as_a_person_would_read_it(name: str) -> None:
    if name not in BY_NAME:
        pytest.skip(f"{name} is not among the payloads here.")
    payload = BY_NAME[name]
    slug, said = SAYS[name]

    found = payload.read()

    assert payload.recognised() == slug
    assert [alert.change for alert in found] == [change for change, _ in said]
    for alert, (_, words) in zip(found, said, strict=True):
        assert words in alert.title


@needs_payloads
def test_an_issue_and_the_rule_that_fired_on_it_are_one_trouble() -> None:
    names = ("zulip/sentry-event-alert-triggered", "zulip/sentry-issue-created")
    if not set(names) <= BY_NAME.keys():
        pytest.skip("The two payloads of one issue are not here.")

    first, second = (BY_NAME[name].read()[0] for name in names)

    assert first.key == second.key
