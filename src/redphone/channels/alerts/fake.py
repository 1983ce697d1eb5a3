"""The other end: valid requests of every format, as monitors would send them.

For tests, for trying a door, and for measuring one. What a fake sends, the format must read: the
contract test holds them together.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redphone.channels.alerts import standard
from redphone.channels.alerts.alert import Change

MOMENT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, for the fakes to tell of in their own ways."""

    key: str = "checkout-5xx"
    title: str = "5xx on /checkout above 20 percent"
    host: str = "web-1"
    severity: str = "critical"
    at: datetime = MOMENT
    change: Change = Change.FIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a monitor sends it. Header names are in lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def request(format: str, trouble: Trouble, *, token: str = "", secret: str = "") -> Request:
    """A request of a format. `token` goes into the body where the format has it there; `secret`
    signs it where the format has a signature by one."""
    return _FAKES[format](trouble, token, secret)


def _json(told: Any, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = {"content-type": "application/json"}
    return Request(body=json.dumps(told).encode(), headers=kind | named)


def _said(trouble: Trouble, firing: str, acknowledged: str, resolved: str) -> str:
    words = {Change.FIRING: firing, Change.ACKNOWLEDGED: acknowledged, Change.RESOLVED: resolved}
    return words[trouble.change]


def _pagerduty(trouble: Trouble, token: str, secret: str) -> Request:
    return _json(
        {
            "routing_key": token or "R0123456789abcdefghijklmnopqrstu",
            "event_action": _said(trouble, "trigger", "acknowledge", "resolve"),
            "dedup_key": trouble.key,
            "payload": {
                "summary": trouble.title,
                "source": trouble.host,
                "severity": trouble.severity,
                "timestamp": trouble.at.isoformat(),
            },
        }
    )


def _alertmanager(trouble: Trouble, token: str, secret: str) -> Request:
    state = _said(trouble, "firing", "firing", "resolved")
    labels = {"alertname": "CheckoutErrors", "instance": trouble.host, "severity": "critical"}
    alert = {
        "status": state,
        "labels": labels,
        "annotations": {"summary": trouble.title},
        "startsAt": trouble.at.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": hashlib.sha256(trouble.key.encode()).hexdigest()[:16],
    }
    return _json(
        {
            "version": "4",
            "groupKey": '{}:{alertname="CheckoutErrors"}',
            "status": state,
            "receiver": "redphone",
            "groupLabels": {"alertname": "CheckoutErrors"},
            "commonLabels": labels,
            "commonAnnotations": {"summary": trouble.title},
            "externalURL": "http://alertmanager.example",
            "truncatedAlerts": 0,
            "alerts": [alert],
        }
    )


def _grafana(trouble: Trouble, token: str, secret: str) -> Request:
    told = json.loads(_alertmanager(trouble, token, secret).body)
    told |= {"version": "1", "orgId": 1, "title": trouble.title, "state": "alerting"}
    told["alerts"][0] |= {
        "panelURL": "https://grafana.example/d/1?viewPanel=2",
        "valueString": "[ var='A' labels={} value=23 ]",
    }
    return _json(told)


def _sentry(trouble: Trouble, token: str, secret: str) -> Request:
    told = {
        "action": _said(trouble, "created", "assigned", "resolved"),
        "installation": {"uuid": "65027794-169a-4042-80d0-808ece377141"},
        "data": {
            "issue": {
                "id": str(int(hashlib.sha256(trouble.key.encode()).hexdigest()[:10], 16)),
                "title": trouble.title,
                "culprit": trouble.host,
                "level": "error",
                "project": {"slug": trouble.host},
                "firstSeen": trouble.at.isoformat(),
            }
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    }
    body = json.dumps(told).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return _json(told, sentry_hook_resource="issue", sentry_hook_signature=signature)


def _datadog(trouble: Trouble, token: str, secret: str) -> Request:
    state = _said(trouble, "Triggered", "Renotify", "Recovered")
    return _json(
        {
            "id": "1234567890",
            "title": f"[{state} on {{host:{trouble.host}}}] {trouble.title}",
            "body": f"%%%\n{trouble.title}\n%%%",
            "alert_transition": state,
            "alert_cycle_key": trouble.key,
            "hostname": trouble.host,
            "priority": "P1",
            "date": str(int(trouble.at.timestamp() * 1000)),
            "link": "https://app.datadoghq.com/event/event?id=1234567890",
        }
    )


def _sns(trouble: Trouble, token: str, secret: str) -> Request:
    alarm = {
        "AlarmName": trouble.title,
        "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{trouble.key}",
        "AWSAccountId": "123456789012",
        "NewStateValue": _said(trouble, "ALARM", "ALARM", "OK"),
        "OldStateValue": "OK",
        "NewStateReason": "Threshold Crossed: 1 datapoint was above the threshold.",
        "StateChangeTime": trouble.at.isoformat(),
        "Region": "EU (Ireland)",
        "Trigger": {
            "MetricName": "HTTPCode_ELB_5XX",
            "Namespace": "AWS/ELB",
            "Dimensions": [{"name": "Host", "value": trouble.host}],
        },
    }
    return _json(
        {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:redphone",
            "Subject": trouble.title[:90],
            "Message": json.dumps(alarm),
            "Timestamp": trouble.at.isoformat(),
            "SignatureVersion": "1",
            "Signature": "",
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/"
            "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
        },
        x_amz_sns_message_type="Notification",
    )


def _zabbix(trouble: Trouble, token: str, secret: str) -> Request:
    return _json(
        {
            "event_id": trouble.key,
            "event_name": trouble.title,
            "event_value": _said(trouble, "1", "1", "0"),
            "host": trouble.host,
            "severity": "Disaster",
            "url": "https://zabbix.example/tr_events.php?triggerid=1&eventid=2",
        }
    )


def _newrelic(trouble: Trouble, token: str, secret: str) -> Request:
    return _json(
        {
            "id": trouble.key,
            "issueUrl": "https://radar-api.service.newrelic.com/accounts/1/issues/2",
            "title": trouble.title,
            "priority": "CRITICAL",
            "impactedEntities": [trouble.host],
            "totalIncidents": "1",
            "state": _said(trouble, "ACTIVATED", "ACKNOWLEDGED", "CLOSED"),
            "trigger": "STATE_CHANGE",
            "createdAt": int(trouble.at.timestamp() * 1000),
            "workflowName": "Redphone",
        }
    )


def _uptimerobot(trouble: Trouble, token: str, secret: str) -> Request:
    number = str(int(hashlib.sha256(trouble.key.encode()).hexdigest()[:8], 16))
    return _json(
        {
            "monitorID": number,
            "monitorURL": f"https://{trouble.host}.example",
            "monitorFriendlyName": trouble.host,
            "alertType": _said(trouble, "1", "1", "2"),
            "alertTypeFriendlyName": _said(trouble, "Down", "Down", "Up"),
            "alertDetails": trouble.title,
        }
    )


def _event(trouble: Trouble) -> dict[str, Any]:
    return {
        "title": trouble.title,
        "status": trouble.change.value,
        "severity": trouble.severity,
        "host": trouble.host,
        "dedup_key": trouble.key,
        "started_at": trouble.at.isoformat(),
    }


def _cloudevents(trouble: Trouble, token: str, secret: str) -> Request:
    told = {
        "specversion": "1.0",
        "id": f"{trouble.key}-{trouble.change}",
        "source": "/monitors/checkout",
        "type": f"com.example.alert.{trouble.change}",
        "subject": trouble.host,
        "time": trouble.at.isoformat(),
        "datacontenttype": "application/json",
        "data": _event(trouble),
    }
    return _json(told, content_type="application/cloudevents+json")


def _standard(trouble: Trouble, token: str, secret: str) -> Request:
    told = {
        "type": f"alert.{trouble.change}",
        "timestamp": trouble.at.isoformat(),
        "data": _event(trouble),
    }
    body = json.dumps(told).encode()
    number = f"msg_{hashlib.sha256(body).hexdigest()[:24]}"
    return _json(
        told,
        webhook_id=number,
        webhook_timestamp=str(int(trouble.at.timestamp())),
        webhook_signature=standard.sign(secret, message_id=number, at=trouble.at, body=body),
    )


def _generic(trouble: Trouble, token: str, secret: str) -> Request:
    return _json(_event(trouble))


_FAKES: Mapping[str, Callable[[Trouble, str, str], Request]] = {
    "pagerduty": _pagerduty,
    "alertmanager": _alertmanager,
    "grafana": _grafana,
    "sentry": _sentry,
    "datadog": _datadog,
    "sns": _sns,
    "zabbix": _zabbix,
    "newrelic": _newrelic,
    "uptimerobot": _uptimerobot,
    "cloudevents": _cloudevents,
    "standard": _standard,
    "generic": _generic,
}
