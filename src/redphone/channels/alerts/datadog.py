"""Datadog's webhooks: the form that it sends by itself, and the fuller one that we ask for.

Datadog lets an operator write the body, so that every field may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.states import change_of, change_of_title
from redphone.channels.alerts.values import digest, first, flat, line, link, table, text, when
from redphone.channels.alerts.words import compose

TRANSITIONS = {
    "triggered": Change.FIRING,
    "re-triggered": Change.FIRING,
    "no data": Change.FIRING,
    "re-no data": Change.FIRING,
    "warn": Change.FIRING,
    "re-warn": Change.FIRING,
    "renotify": Change.FIRING,
    "recovered": Change.RESOLVED,
}
KINDS = {
    "error": Change.FIRING,
    "warning": Change.FIRING,
    "success": Change.RESOLVED,
}

_STATE_IN_FRONT = re.compile(r"^\[(?:P\d\]\s*\[)?([\w -]+?)(?:\s+on\s+\{?([^\]}]*)\}?)?\]\s*")
_MARKS = re.compile(r"^%%%\s*|\s*%%%$|@webhook-\S+")
_HOST = re.compile(r"\bhost:([\w.-]+)")
_SERVICE = re.compile(r"\bservice:([\w.-]+)")


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alert of a webhook.

    Raises:
        NotReadable: it has no title.
    """
    told = read_any(body, headers)
    if not isinstance(told, dict):
        raise NotReadable("This is no webhook of Datadog: it is no JSON object.")
    full = first(told, "title", "event_title", "alert_title")
    if not full:
        message = "This webhook has no 'title'. Use the payload that the door's page shows."
        raise NotReadable(message)
    return (_alert(told, full),)


def _alert(told: Mapping[str, Any], full: str) -> Alert:
    title = line(_STATE_IN_FRONT.sub("", full)) or full
    scope = first(told, "alert_scope", "scope") or _scope(full)
    return compose(
        key=_key(told, title, scope),
        change=_change(told, full),
        title=title,
        source="Datadog",
        severity=first(told, "priority", "alert_priority", "alert_type"),
        component=_component(told, scope, full),
        since=when(told.get("date")) or when(told.get("last_updated")),
        says=(_plain(told, "alert_status", "status"), _plain(told, "body", "event_msg", "text")),
        about=(("Scope", scope), ("Metric", first(told, "alert_metric", "metric"))),
        link=link(told.get("link")) or link(told.get("url")),
        fields=flat(told),
        is_test="test" in first(told, "event_type").lower(),
    )


def _change(told: Mapping[str, Any], full: str) -> Change:
    said = first(told, "alert_transition", "transition").lower()
    if said in TRANSITIONS:
        return TRANSITIONS[said]
    front = _STATE_IN_FRONT.match(full)
    return (
        (front and (TRANSITIONS.get(front[1].lower()) or change_of(front[1])))
        or change_of_title(full)
        or KINDS.get(first(told, "alert_type").lower())
        or Change.FIRING
    )


def _scope(full: str) -> str:
    front = _STATE_IN_FRONT.match(full)
    return line(front[2]) if front and front[2] else ""


def _key(told: Mapping[str, Any], title: str, scope: str) -> str:
    """The cycle from its trigger to its recovery; else the monitor and its scope."""
    if cycle := first(told, "alert_cycle_key"):
        return f"cycle-{cycle}"
    if monitor := first(told, "alert_id", "monitor_id"):
        return f"monitor-{monitor}/{scope}"[:255]
    if together := first(told, "aggreg_key"):
        return f"aggregate-{together}"
    return digest("datadog", title.lower(), scope)


def _component(told: Mapping[str, Any], scope: str, full: str) -> str:
    if named := first(told, "service", "hostname", "host"):
        return named
    tags = told.get("tags")
    listed = ",".join(map(line, tags)) if isinstance(tags, list) else line(tags, 1000)
    for pattern in (_SERVICE, _HOST):
        if found := pattern.search(f"{listed} {scope} {full}"):
            return found[1]
    return scope or first(table(told.get("org")), "name")


def _plain(told: Mapping[str, Any], *names: str) -> str:
    found = next((each for name in names if (each := text(told.get(name), 4000))), "")
    return _MARKS.sub("", found).strip()
