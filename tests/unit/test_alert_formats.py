"""Does each format read what its monitors send, from firing to resolved? Source: POL-6, FAQ-2."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from redphone.channels import alerts
from redphone.channels.alerts import fake
from redphone.channels.alerts.alert import Alert, Change, NotReadable

FIRING, TAKEN, OVER = Change.FIRING, Change.ACKNOWLEDGED, Change.RESOLVED
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

each_format = pytest.mark.parametrize("slug", list(alerts.FORMATS))


def read(slug: str, told: Any, **headers: str) -> tuple[Alert, ...]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return alerts.receive(slug, json.dumps(told).encode(), named)


def one(slug: str, told: Any, **headers: str) -> Alert:
    (alert,) = read(slug, told, **headers)
    return alert


@each_format
def test_a_fakes_trouble_is_read_as_it_was_told(slug: str) -> None:
    trouble = fake.Trouble()
    request = fake.request(slug, trouble, secret=SECRET)

    (alert,) = alerts.receive(slug, request.body, request.headers)

    assert alert.change is FIRING
    assert trouble.title in alert.title
    assert trouble.host in alert.component
    assert trouble.host in alert.words
    assert alert.started_at in (trouble.at, None)
    assert not alert.is_test
    assert alert.fields


@each_format
def test_a_trouble_keeps_its_key_until_it_is_resolved(slug: str) -> None:
    firing, over = (
        fake.request(slug, fake.Trouble(change=change), secret=SECRET) for change in (FIRING, OVER)
    )

    (first,) = alerts.receive(slug, firing.body, firing.headers)
    (last,) = alerts.receive(slug, over.body, over.headers)

    assert (first.change, last.change) == (FIRING, OVER)
    assert first.key == last.key
    assert "over" in last.words


@each_format
def test_another_trouble_has_another_key(slug: str) -> None:
    requests = [fake.request(slug, fake.Trouble(key=key)) for key in ("disk", "login")]

    keys = {alerts.receive(slug, each.body, each.headers)[0].key for each in requests}

    assert len(keys) == 2


@each_format
def test_the_generic_door_recognises_a_format(slug: str) -> None:
    request = fake.request(slug, fake.Trouble(), secret=SECRET)

    assert alerts.recognise(request.body, request.headers) == ("" if slug == "generic" else slug)
    direct = alerts.receive(slug, request.body, request.headers)
    assert alerts.receive("generic", request.body, request.headers) == direct


@each_format
def test_the_example_of_a_format_can_be_sent_to_its_door(slug: str) -> None:
    shown = alerts.FORMATS[slug]

    (alert,) = alerts.receive(slug, shown.example, {"Content-Type": shown.content_type})

    assert alert.change is FIRING


@pytest.mark.parametrize("slug", ["sentry", "standard"])
def test_a_fakes_signature_is_genuine(slug: str) -> None:
    request = fake.request(slug, fake.Trouble(), secret=SECRET)

    def genuine(secret: str) -> bool:
        return alerts.is_genuine(
            slug, request.body, request.headers, secrets=[secret], at=fake.MOMENT
        )

    assert genuine(SECRET)
    assert not genuine("whsec_" + "A" * 32)


@each_format
@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b"[1]", b"null", b"{"])
def test_what_is_no_alert_is_refused_with_advice(slug: str, body: bytes) -> None:
    with pytest.raises(NotReadable) as refused:
        alerts.receive(slug, body, {"content-type": "application/json"})

    assert refused.value.status == 400
    assert len(str(refused.value)) > 15


# Alertmanager and Grafana.


def group(*alerts_of_it: dict[str, Any], **around: Any) -> dict[str, Any]:
    return {"receiver": "r", "groupKey": "{}:{}", "alerts": list(alerts_of_it), **around}


def test_a_mixed_group_says_both() -> None:
    found = read(
        "alertmanager",
        group(
            {"status": "resolved", "labels": {"alertname": "A"}, "fingerprint": "1"},
            {"status": "firing", "labels": {"alertname": "B"}, "fingerprint": "2"},
            status="firing",
        ),
    )

    assert [(alert.key, alert.change) for alert in found] == [("1", OVER), ("2", FIRING)]


def test_alerts_that_a_group_leaves_out_are_counted_in_its_last_words() -> None:
    labels = [{"labels": {"alertname": name}} for name in "AB"]

    first, last = read("alertmanager", group(*labels, status="firing", truncatedAlerts=41))

    assert "41 more alerts" in last.words
    assert "more alerts" not in first.words


def test_a_group_without_alerts_is_one_alert_of_the_group() -> None:
    alert = one("alertmanager", group(status="resolved", commonLabels={"alertname": "A"}))

    assert (alert.key, alert.change, alert.title) == ("{}:{}", OVER, "A")


def test_the_words_are_for_somebody_who_has_just_been_woken() -> None:
    alert = one(
        "alertmanager",
        group(
            {
                "status": "firing",
                "labels": {"alertname": "DiskFull", "instance": "db-1", "severity": "critical"},
                "annotations": {
                    "summary": "Disk 97% full",
                    "description": "Writes fail at 100%.",
                    "runbook_url": "https://wiki.example/disk",
                },
                "startsAt": "2026-11-23T19:57:33.795417187Z",
                "generatorURL": "https://prometheus.example/graph",
            }
        ),
    )

    assert alert.words.splitlines() == [
        "DiskFull: Disk 97% full.",
        "Writes fail at 100%.",
        "Alertmanager says that this is happening, since 2026-11-23 19:57 UTC.",
        "Instance: db-1.",
        "Severity: critical.",
        "Runbook: https://wiki.example/disk",
        "Look at https://prometheus.example/graph",
    ]


def test_alerts_without_fingerprints_are_told_apart_by_their_labels() -> None:
    labels = [
        {"alertname": "A", "instance": "1"},
        {"alertname": "A", "instance": "2"},
        {"instance": "1", "alertname": "A"},
    ]

    found = read("alertmanager", group(*({"labels": each} for each in labels), status="firing"))

    assert found[0].key == found[2].key != found[1].key


def test_not_yet_is_no_moment_and_a_script_is_no_link() -> None:
    alert = one(
        "alertmanager",
        group(
            {
                "status": "firing",
                "labels": {"alertname": "A"},
                "startsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "javascript:alert(1)",
            }
        ),
    )

    assert alert.started_at is None
    assert alert.link == ""


@pytest.mark.parametrize(
    ("state", "change"),
    [("alerting", FIRING), ("no_data", FIRING), ("ok", OVER), ("new in Grafana 99", FIRING)],
)
def test_grafanas_older_alert_fires_also_without_data(state: str, change: Change) -> None:
    alert = one("grafana", {"ruleId": 3, "ruleName": "CPU", "state": state, "title": "[X] CPU"})

    assert (alert.change, alert.title) == (change, "CPU")


@pytest.mark.parametrize("state", ["pending", "paused"])
def test_a_rule_of_grafana_that_waits_or_rests_says_nothing(state: str) -> None:
    assert read("grafana", {"ruleId": 3, "ruleName": "CPU", "state": state}) == ()


def test_grafanas_test_button_is_a_test() -> None:
    labels = {"alertname": "TestAlert", "instance": "Grafana"}
    told = group({"status": "firing", "labels": labels}, orgId=1, state="alerting")

    assert one("grafana", told).is_test
    assert not one("grafana", group({"status": "firing", "labels": {"alertname": "X"}})).is_test


# Sentry.


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("created", FIRING),
        ("unresolved", FIRING),
        ("resolved", OVER),
        ("assigned", TAKEN),
        ("archived", TAKEN),
    ],
)
def test_an_issues_action_is_its_change(action: str, change: Change) -> None:
    told = {"action": action, "installation": {}, "data": {"issue": {"id": "7", "title": "Boom"}}}

    alert = one("sentry", told)

    assert (alert.change, alert.key) == (change, "issue-7")


@pytest.mark.parametrize("action", ["critical", "warning", "resolved"])
def test_a_metric_alert_fires_and_ends_under_one_key(action: str) -> None:
    metric = {"id": "5", "alert_rule": {"name": "Error rate"}, "projects": ["shop"]}
    told = {"action": action, "data": {"metric_alert": metric, "description_text": "9 errors"}}

    alert = one("sentry", told)

    assert (alert.key, alert.title, alert.component) == ("metric-5", "Error rate", "shop")
    assert alert.change is (OVER if action == "resolved" else FIRING)
    assert "9 errors" in alert.words


def test_an_installation_or_a_comment_is_no_alert() -> None:
    assert read("sentry", {"action": "created", "installation": {"uuid": "x"}, "data": {}}) == ()
    comment = {"comment": "hi", "issue_id": 7}
    assert read("sentry", {"action": "created", "installation": {}, "data": comment}) == ()


# Datadog, New Relic, Zabbix, UptimeRobot.


@pytest.mark.parametrize(
    ("transition", "change"),
    [
        ("Triggered", FIRING),
        ("Re-Triggered", FIRING),
        ("No Data", FIRING),
        ("Warn", FIRING),
        ("Renotify", FIRING),
        ("Recovered", OVER),
    ],
)
def test_datadogs_title_alone_tells_its_transition(transition: str, change: Change) -> None:
    title = f"[P1] [{transition} on {{host:web-1}}] CPU is high"

    alert = one("datadog", {"title": title, "event_type": "query_alert_monitor", "id": "1"})

    assert (alert.change, alert.title, alert.component) == (change, "CPU is high", "web-1")


def test_datadogs_default_bodies_of_one_monitor_are_one_trouble() -> None:
    keys = {
        one("datadog", {"title": f"[{state} on {{host:web-1}}] CPU is high", "id": state}).key
        for state in ("Triggered", "Recovered", "Re-Triggered")
    }

    assert len(keys) == 1


@pytest.mark.parametrize(
    ("state", "change"), [("open", FIRING), ("acknowledged", TAKEN), ("closed", OVER)]
)
def test_new_relics_classic_incident_keeps_its_number(state: str, change: Change) -> None:
    told = {
        "current_state": state,
        "incident_id": 9,
        "condition_name": "Apdex",
        "details": "Apdex < 0.7",
        "targets": [{"name": "checkout"}],
        "timestamp": 99999999999999999999999,
    }

    alert = one("newrelic", told)

    assert (alert.key, alert.change, alert.component) == ("incident-9", change, "checkout")
    assert alert.title == "Apdex: Apdex < 0.7"
    assert alert.started_at is None


def test_macros_that_zabbix_did_not_fill_in_are_no_values() -> None:
    alert = one(
        "zabbix",
        {
            "trigger": "Disk is full",
            "hostname": "*UNKNOWN*",
            "severity": "{EVENT.SEVERITY}",
            "status": "PROBLEM",
        },
    )

    assert (alert.component, alert.severity) == ("", "")


@pytest.mark.parametrize("status", ["RESOLVED", "OK"])
def test_a_problem_of_zabbix_ends_under_its_triggers_key(status: str) -> None:
    link = "https://zabbix.example/tr_events.php?triggerid=14&eventid="
    said = {"trigger": "Disk is full", "hostname": "db-1"}

    first = one("zabbix", {**said, "status": "PROBLEM", "link": link + "1"})
    last = one("zabbix", {**said, "status": status, "link": link + "2"})

    assert first.key == last.key == "trigger-14"
    assert last.change is OVER


@pytest.mark.parametrize("style", ["query", "form", "json"])
def test_uptimerobot_may_send_a_query_a_form_or_json(style: str) -> None:
    told = {
        "monitorID": "77",
        "monitorURL": "https://shop.example",
        "monitorFriendlyName": "Shop",
        "alertType": "2",
        "alertTypeFriendlyName": "Up",
        "alertDetails": "*alertDetails*",
    }
    kinds = {"query": "", "form": "application/x-www-form-urlencoded", "json": "application/json"}
    body = json.dumps(told) if style == "json" else urlencode(told)

    (alert,) = alerts.receive("uptimerobot", body.encode(), {"Content-Type": kinds[style]})

    assert (alert.key, alert.change, alert.title) == ("monitor-77", OVER, "Shop: Up")


# CloudWatch, CloudEvents, Standard Webhooks.


def sns(message: str, kind: str = "Notification", **more: str) -> dict[str, str]:
    return {"Type": kind, "MessageId": "1", "TopicArn": "arn:x", "Message": message, **more}


@pytest.mark.parametrize(
    ("state", "change"), [("ALARM", FIRING), ("INSUFFICIENT_DATA", FIRING), ("OK", OVER)]
)
def test_an_alarm_fires_also_without_data(state: str, change: Change) -> None:
    alarm = {
        "AlarmName": "5xx",
        "NewStateValue": state,
        "StateChangeTime": "2026-11-23T12:00:00.000+0000",
        "Trigger": {
            "MetricName": "Errors",
            "Namespace": "AWS/ELB",
            "Dimensions": [{"value": "a"}],
        },
    }

    wrapped, raw = one("sns", sns(json.dumps(alarm))), one("sns", alarm)

    assert wrapped == raw
    assert (wrapped.change, wrapped.title, wrapped.component) == (change, "5xx", "a")
    assert "AWS/ELB/Errors" in wrapped.words


def test_plain_words_through_sns_have_their_subject_as_title() -> None:
    alert = one("sns", sns("The nightly backup failed.", Subject="Report of the night"))

    assert "Report of the night" in alert.title
    assert "The nightly backup failed." in alert.words


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_request_to_subscribe_is_no_alert(kind: str) -> None:
    assert read("sns", sns("You have chosen to subscribe", kind)) == ()


CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/monitors/a",
    "type": "com.example.alert.resolved",
    "subject": "checkout",
}


def test_an_event_is_the_same_in_headers_and_as_json() -> None:
    data = {"title": "5xx on checkout"}

    structured = one(
        "cloudevents", {**CLOUD_EVENT, "data": data}, content_type="application/cloudevents+json"
    )
    binary = one(
        "cloudevents",
        data,
        content_type="application/json",
        **{f"ce_{name}": value for name, value in CLOUD_EVENT.items()},
    )

    assert structured == binary
    assert (structured.change, structured.title) == (OVER, "5xx on checkout")
    assert structured.component == "checkout"


def test_a_batch_has_an_alert_an_event_in_order() -> None:
    batch = [
        {**CLOUD_EVENT, "type": "x.firing", "data": {"title": "one"}},
        {**CLOUD_EVENT, "data_base64": "eyJ0aXRsZSI6InR3byJ9", "datacontenttype": "text/json"},
    ]

    found = read("cloudevents", batch, content_type="application/cloudevents-batch+json")

    assert [(alert.title, alert.change) for alert in found] == [("one", FIRING), ("two", OVER)]
    assert found[0].key == found[1].key


def test_an_event_without_its_attributes_is_refused_by_name() -> None:
    with pytest.raises(NotReadable) as refused:
        read("cloudevents", {"specversion": "1.0", "data": {"title": "x"}})

    assert refused.value.errors == [
        "'id' is missing or blank",
        "'source' is missing or blank",
        "'type' is missing or blank",
    ]


def test_a_standard_webhook_tells_its_state_by_its_type() -> None:
    told = {"type": "check.recovered", "data": {"name": "Checkout", "check_id": 4}}

    alert = one("standard", told)

    assert (alert.change, alert.title, alert.key) == (OVER, "Checkout", "4")


# Any body.


@pytest.mark.parametrize(
    ("told", "change"),
    [
        ({"status": "firing"}, FIRING),
        ({"status": "RESOLVED"}, OVER),
        ({"state": "Not OK"}, FIRING),
        ({"alertStatus": "ack"}, TAKEN),
        ({"event_type": "ALERT_RECOVERY"}, OVER),
        ({"status": 200, "level": "OK"}, OVER),
        ({"resolved": True}, OVER),
        ({"resolved": False}, FIRING),
        ({"firing": 0}, OVER),
        ({"state": 0}, OVER),
        ({"state": 2}, FIRING),
        ({"data": {"essentials": {"monitorCondition": "Resolved"}}}, OVER),
        ({"previous_state": "ok", "current_state": "down"}, FIRING),
        ({"resolved_at": "2026-11-23T12:00:00Z"}, OVER),
        ({"resolved_at": None}, FIRING),
        ({"status": "unresolved"}, FIRING),
        ({"status": "something new"}, FIRING),
        ({}, FIRING),
    ],
)
def test_the_state_is_found_and_is_firing_where_nothing_tells(
    told: dict[str, Any], change: Change
) -> None:
    assert one("generic", {"title": "Checkout", **told}).change is change


@pytest.mark.parametrize(
    ("title", "change"),
    [
        ("[RESOLVED] Checkout is slow", OVER),
        ("Recovered: checkout", OVER),
        ("Checkout has recovered", OVER),
        ("Checkout is back online", OVER),
        ("✅ Checkout", OVER),
        ("[Acknowledged] Checkout", TAKEN),
        ("Up to 5 hosts are down", FIRING),
        ("Oklahoma data centre is dark", FIRING),
        ("Resolver cannot be reached", FIRING),
        ("Latency is up", FIRING),
        ("Checkout has not recovered", FIRING),
    ],
)
def test_a_title_tells_the_state_only_where_it_says_so_plainly(title: str, change: Change) -> None:
    assert one("generic", {"title": title}).change is change


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ({"summary": "Disk is full on db-1"}, "Disk is full on db-1"),
        ({"ALERT-TITLE": "Disk is full on db-1"}, "Disk is full on db-1"),
        ({"check_name": "Disk", "output": "91 % used"}, "Disk: 91 % used"),
        ({"message": "91 % used", "host": "db-1"}, "db-1: 91 % used"),
        (
            {"event": {"payload": {"title": "A deep and telling title"}}},
            "A deep and telling title",
        ),
        ({"text": "", "attachments": [{"title": "Disk is full!"}]}, "Disk is full!"),
        ({"user": {"name": "Mira"}, "name": "Disk", "error": "full"}, "Disk: full"),
        ({"trigger": "down", "event": "uptime.down", "name": "Shop"}, "Shop: uptime.down"),
        ({"event": "new_item", "item": {"title": "Boom in the cart"}}, "Boom in the cart"),
        ({"text": "ok", "event": "NodeDown", "resource": "web01"}, "web01: NodeDown"),
        ({"detector_name": "Odd logins"}, "Odd logins"),
        ({"status": "down", "host": "db-1"}, "db-1"),
    ],
)
def test_the_title_is_found_under_the_names_that_monitors_use(
    told: dict[str, Any], title: str
) -> None:
    assert one("generic", told).title == title


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (
            {"name": "Shop", "event": "uptime.down", "trigger": "down"},
            {"name": "Shop", "event": "uptime.up", "trigger": "up"},
        ),
        (
            {"check": {"status": "failed", "reason": "No such host"}, "monitor": {"id": 7}},
            {"check": {"status": "successful", "name": "Shop"}, "monitor": {"id": 7}},
        ),
        (
            {"event": {"id": "1", "data": {"id": "P", "title": "Boom", "status": "triggered"}}},
            {"event": {"id": "2", "data": {"id": "P", "title": "Boom", "status": "resolved"}}},
        ),
        (
            {
                "data": {
                    "id": 5,
                    "attributes": {"name": "Shop", "cause": "404", "status": "Started"},
                }
            },
            {
                "data": {
                    "id": 5,
                    "attributes": {"name": "Shop", "resolved_at": "2026-11-23T12:00Z"},
                }
            },
        ),
        (
            {
                "data": {
                    "essentials": {"alertRule": "R", "alertId": "/s", "monitorCondition": "Fired"}
                }
            },
            {"data": {"essentials": {"alertRule": "R", "alertId": "/s", "state": "Resolved"}}},
        ),
    ],
)
def test_what_is_told_in_any_form_ends_under_the_key_under_which_it_began(
    first: dict[str, Any], last: dict[str, Any]
) -> None:
    began, ended = one("generic", first), one("generic", last)

    assert (began.change, ended.change) == (FIRING, OVER)
    assert began.key == ended.key


def test_several_alerts_in_one_body_are_several() -> None:
    found = read(
        "generic",
        {
            "source": "probe",
            "events": [
                {"id": 1, "title": "Disk is full", "state": "ok"},
                {"id": 2, "title": "Login fails"},
            ],
        },
    )

    assert [(alert.key, alert.change) for alert in found] == [("1", OVER), ("2", FIRING)]


def test_a_title_keeps_its_key_whatever_stands_before_it_and_however_full_the_disk_is() -> None:
    titles = ["[FIRING] Disk 91.5% full", "RESOLVED: Disk 12.0% full", "Disk 91% full"]

    assert len({one("generic", {"title": title, "host": "db-1"}).key for title in titles}) == 1
    assert (
        one("generic", {"title": "Disk 9% full", "host": "db-2"}).key
        != one("generic", {"title": "Disk 9% full", "host": "db-1"}).key
    )


def test_words_alone_are_an_alert() -> None:
    (alert,) = alerts.receive("generic", b"Backup of db-1 failed.\nNo space.", {})

    assert alert.title == "Backup of db-1 failed."
    assert "No space." in alert.words


def test_a_chats_payload_in_a_form_is_read() -> None:
    body = urlencode({"payload": json.dumps({"text": "Checkout is down", "color": "danger"})})
    kind = {"content-type": "application/x-www-form-urlencoded"}

    (alert,) = alerts.receive("generic", body.encode(), kind)

    assert alert.title == "Checkout is down"


def test_a_template_that_an_operator_has_changed_is_still_read() -> None:
    alert = one("datadog", {"headline": "Checkout is down", "status": "Recovered"})

    assert (alert.title, alert.change) == ("Checkout is down", OVER)
