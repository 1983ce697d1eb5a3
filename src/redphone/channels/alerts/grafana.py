"""Grafana's webhooks: of unified alerting (a group like Alertmanager's), and the older ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.alertmanager import read_group
from redphone.channels.alerts.body import read_json
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.values import digest, first, flat, line, link, rows, table, text
from redphone.channels.alerts.words import compose

STATES = {
    "alerting": Change.FIRING,
    "no_data": Change.FIRING,
    "unknown": Change.FIRING,
    "ok": Change.RESOLVED,
}
QUIET = ("pending", "paused")
"""States of a rule that say neither that something is wrong nor that it is over."""

_STATE_IN_FRONT = re.compile(r"^\[[\w ]+\]\s*")


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alerts of a webhook, unified or older.

    Raises:
        NotReadable: this is neither.
    """
    told = read_json(body, headers)
    if isinstance(told, dict) and isinstance(told.get("alerts"), list):
        alerts = read_group(told, sender="Grafana")
        return tuple(replace(alert, is_test=_is_test(alert)) for alert in alerts)
    if isinstance(told, dict) and ("ruleName" in told or "ruleId" in told or "state" in told):
        return _older(told)
    message = "This is no webhook of Grafana: it has neither 'alerts' nor 'ruleName'."
    raise NotReadable(message)


def _is_test(alert: Alert) -> bool:
    """What Grafana's own test button sends."""
    named = alert.fields.get("labels.alertname"), alert.fields.get("labels.instance")
    return named == ("TestAlert", "Grafana")


def _older(told: Mapping[str, Any]) -> tuple[Alert, ...]:
    state = text(told.get("state")).lower()
    if state in QUIET:
        return ()
    change = STATES.get(state, Change.FIRING)
    matches = rows(told.get("evalMatches"))
    title = _STATE_IN_FRONT.sub("", first(told, "title", "ruleName")) or "An alert of Grafana"
    seen_at = link(told.get("ruleUrl"))
    tags = table(told.get("tags"))
    alert = compose(
        key=_key(told, title),
        change=change,
        title=title,
        source="Grafana",
        severity=first(tags, "severity", "priority"),
        component=first(tags, "service", "component", "app", "host", "instance", "namespace"),
        says=(text(told.get("message")),),
        about=(
            ("State", "no data" if state == "no_data" else state),
            ("Values", _values(matches)),
        ),
        link=seen_at,
        fields=flat(told),
        is_test=text(told.get("ruleId")) == "0" and "test" in title.lower(),
    )
    return (alert,)


def _key(told: Mapping[str, Any], title: str) -> str:
    """The rule, in its organisation and panel: it keeps its number from alerting to ok."""
    numbers = [text(told.get(name)) for name in ("orgId", "dashboardId", "panelId", "ruleId")]
    if numbers[-1]:
        return "rule-" + "-".join(number or "0" for number in numbers)
    return digest("grafana", first(told, "ruleName") or title)


def _values(matches: list[Mapping[str, Any]]) -> str:
    pairs = [f"{line(each.get('metric'))} = {text(each.get('value'))}" for each in matches[:6]]
    return ", ".join(pairs)
