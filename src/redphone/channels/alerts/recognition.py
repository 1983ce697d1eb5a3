"""Which format a request is, by marks that only that format has: for the one generic door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redphone.channels.alerts.alert import NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.nearby import by_plain_name
from redphone.channels.alerts.values import rows, table

GRAFANA_MARKS = frozenset(
    {"silenceURL", "dashboardURL", "panelURL", "valueString", "orgId", "imageURL"}
)


def recognise(body: bytes, headers: Headers) -> str:
    """The slug of the format that a request is, "" for none that is known. Never raises."""
    if slug := by_header(headers):
        return slug
    try:
        return by_value(read_any(body, headers))
    except NotReadable:
        return ""


def by_value(told: Any) -> str:
    """The slug of the format that a parsed body is, "" for none that is known."""
    if isinstance(told, list):
        return _of_list(rows(told[:1]))
    return _of_object(told) if isinstance(told, dict) else ""


def by_header(headers: Headers) -> str:
    """The slug of the format that the headers name, "" where they name none."""
    kind = headers.get("content-type", "").strip().lower()
    if "ce-specversion" in headers or kind.startswith("application/cloudevents"):
        return "cloudevents"
    if "sentry-hook-resource" in headers:
        return "sentry"
    if "x-amz-sns-message-type" in headers:
        return "sns"
    if "webhook-signature" in headers or "svix-signature" in headers:
        return "standard"
    return ""


def _of_list(head: list[Mapping[str, Any]]) -> str:
    if head and "specversion" in head[0]:
        return "cloudevents"
    has_state = head and head[0].get("status") in ("firing", "resolved")
    return "alertmanager" if has_state and "labels" in head[0] else ""


def _of_object(told: Mapping[str, Any]) -> str:
    for slug, is_it in _CHECKS.items():
        if is_it(told):
            return slug
    return ""


def _is_pagerduty(told: Mapping[str, Any]) -> bool:
    is_second = "event_action" in told and ("routing_key" in told or "payload" in told)
    return is_second or ("service_key" in told and "event_type" in told)


def _is_sns(told: Mapping[str, Any]) -> bool:
    is_envelope = "TopicArn" in told and "MessageId" in told and "Type" in told
    return is_envelope or ("AlarmName" in told and "NewStateValue" in told)


def _is_cloud_event(told: Mapping[str, Any]) -> bool:
    return "specversion" in told and "source" in told and "type" in told


def _is_grafana(told: Mapping[str, Any]) -> bool:
    alerts = rows(told.get("alerts"))
    if alerts and _is_labelled(alerts):
        return bool(GRAFANA_MARKS & (told.keys() | alerts[0].keys()))
    return "ruleName" in told and ("ruleUrl" in told or "ruleId" in told or "state" in told)


def _is_alertmanager(told: Mapping[str, Any]) -> bool:
    alerts = told.get("alerts")
    is_group = "groupKey" in told or "receiver" in told or "commonLabels" in told
    return isinstance(alerts, list) and (_is_labelled(rows(alerts)) or (is_group and not alerts))


def _is_labelled(alerts: list[Mapping[str, Any]]) -> bool:
    return bool(alerts) and "labels" in alerts[0]


def _is_sentry(told: Mapping[str, Any]) -> bool:
    data = table(told.get("data"))
    is_hook = "installation" in told and ("actor" in told or "action" in told)
    inside = {"metric_alert", "issue_alert", "issue", "event"} & data.keys()
    is_older = "culprit" in told and "event" in told and "project" in told
    return (
        (is_hook and (bool(inside) or not data))
        or is_older
        or bool(inside & {"metric_alert", "issue_alert"})
    )


def _is_datadog(told: Mapping[str, Any]) -> bool:
    if "alert_transition" in told or "alert_cycle_key" in told:
        return True
    return "title" in told and "event_type" in told and {"org", "last_updated"} <= told.keys()


def _is_newrelic(told: Mapping[str, Any]) -> bool:
    is_classic = "condition_name" in told and ("policy_name" in told or "current_state" in told)
    is_workflow = "issueUrl" in told and bool(
        {"impactedEntities", "workflowName", "totalIncidents", "isCorrelated"} & told.keys()
    )
    return is_classic or is_workflow


def _is_uptimerobot(told: Mapping[str, Any]) -> bool:
    names = by_plain_name(told).keys()
    return "alerttype" in names and bool(names & {"monitorfriendlyname", "alerttypefriendlyname"})


def _is_zabbix(told: Mapping[str, Any]) -> bool:
    names = by_plain_name(told).keys()
    is_named = bool(names & {"hostname", "host", "hosthost"})
    is_trigger = bool(names & {"trigger", "triggername", "triggerid"})
    is_event = "eventid" in names and bool(names & {"eventvalue", "eventseverity", "eventname"})
    return is_named and (is_trigger or is_event) and not isinstance(told.get("trigger"), dict)


_CHECKS = {
    "pagerduty": _is_pagerduty,
    "sns": _is_sns,
    "cloudevents": _is_cloud_event,
    "grafana": _is_grafana,
    "alertmanager": _is_alertmanager,
    "sentry": _is_sentry,
    "datadog": _is_datadog,
    "newrelic": _is_newrelic,
    "uptimerobot": _is_uptimerobot,
    "zabbix": _is_zabbix,
}
