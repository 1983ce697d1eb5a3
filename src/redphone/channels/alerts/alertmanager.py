"""Prometheus Alertmanager's webhook, version 4: a group of alerts, some firing, some resolved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_json
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.values import (
    MOST_ALERTS,
    digest,
    first,
    flat,
    key_of,
    line,
    link,
    rows,
    table,
    text,
    when,
)
from redphone.channels.alerts.words import sentences

CHANGES = {"firing": Change.FIRING, "resolved": Change.RESOLVED}

COMPONENTS = (
    "service", "component", "app", "application", "host", "hostname", "instance", "deployment",
    "pod", "node", "namespace", "cluster", "job",
)  # fmt: skip
"""Labels that say what an alert is about, the most telling first."""


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alerts of a group, each with its own state.

    Raises:
        NotReadable: this is no group of alerts.
    """
    group = read_json(body, headers)
    if isinstance(group, list):
        group = {"alerts": group}
    if not isinstance(group, dict) or not isinstance(group.get("alerts"), list):
        message = "This is no webhook of Alertmanager: it has no list 'alerts'."
        raise NotReadable(message)
    return read_group(group, sender="Alertmanager")


def read_group(group: Mapping[str, Any], *, sender: str) -> tuple[Alert, ...]:
    """The alerts of a group; the group itself as one alert where its list is empty.

    Raises:
        NotReadable: it has neither alerts nor a state.
    """
    listed = rows(group["alerts"])
    left_out = _count(group.get("truncatedAlerts")) + max(len(listed) - MOST_ALERTS, 0)
    if listed:
        cut = listed[:MOST_ALERTS]
        more = [0] * (len(cut) - 1) + [left_out]
        return tuple(
            _alert(each, group, sender, unread) for each, unread in zip(cut, more, strict=True)
        )
    if _state(group) is None:
        raise NotReadable("The list 'alerts' is empty, and the group has no 'status'.")
    labels = table(group.get("commonLabels")) or table(group.get("groupLabels"))
    whole = {"labels": labels, "annotations": group.get("commonAnnotations")}
    key = key_of(group.get("groupKey"))
    return (_alert({**whole, "fingerprint": key}, group, sender, left_out),)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 10**9 else 0


def _state(source: Mapping[str, Any]) -> Change | None:
    return CHANGES.get(text(source.get("status")).lower())


def _alert(each: Mapping[str, Any], group: Mapping[str, Any], sender: str, unread: int) -> Alert:
    labels, notes = table(each.get("labels")), table(each.get("annotations"))
    common, known = table(group.get("commonLabels")), table(group.get("commonAnnotations"))
    change = _state(each) or _state(group) or Change.FIRING
    name = first(labels, "alertname") or first(common, "alertname")
    said = first(notes, "summary", "message", "title") or first(known, "summary", "message")
    title = _title(name, said or first(notes, "description"), group)
    since = when(each.get("startsAt"))
    component = first(labels, *COMPONENTS) or first(common, *COMPONENTS)
    severity = first(labels, "severity", "priority", "level") or first(common, "severity")
    seen_at = _link(each, group)
    return Alert(
        key=key_of(each.get("fingerprint")) or digest("alertmanager", *_telling(labels, common)),
        change=change,
        title=title,
        words=sentences(
            title=title,
            source=sender,
            change=change,
            since=since,
            says=(text(notes.get("description")), text(notes.get("message")), _unread(unread)),
            about=(
                *((place.capitalize(), first(labels, place)) for place in COMPONENTS),
                ("Severity", severity),
                ("Value", text(each.get("valueString")) or _values(each)),
                ("State", _reason(notes)),
                ("Runbook", link(notes.get("runbook_url"))),
            ),
            link=seen_at,
        ),
        severity=severity,
        component=component,
        source=sender,
        link=seen_at,
        started_at=since,
        fields=flat({"labels": labels, "annotations": notes}, _rest(each), _about_group(group)),
    )


def _title(name: str, said: str, group: Mapping[str, Any]) -> str:
    """The alert's name and what it says, unless what it says has the name in it."""
    if name and said and name.lower() not in said.lower():
        return line(f"{name}: {said}")
    return said or name or first(group, "title", "groupKey") or "An alert without a name"


def _telling(labels: Mapping[str, Any], common: Mapping[str, Any]) -> list[str]:
    """The labels in one order: they are what makes two alerts the same to Prometheus."""
    named = labels or common
    return [f"{line(name)}={text(named[name])}" for name in sorted(named)[:100]]


def _link(each: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    places = ("panelURL", "dashboardURL", "generatorURL")
    found = next((seen for name in places if (seen := link(each.get(name)))), "")
    return found or link(group.get("externalURL"))


def _unread(count: int) -> str:
    return f"The group has {count} more alerts that are not in this message." if count else ""


def _values(each: Mapping[str, Any]) -> str:
    told = flat(each.get("values") if isinstance(each.get("values"), dict) else {})
    return ", ".join(f"{name} = {value}" for name, value in list(told.items())[:6])


def _reason(notes: Mapping[str, Any]) -> str:
    """Grafana's reason for a state that is no plain one: no data, or a query that failed."""
    return text(notes.get("grafana_state_reason"))


def _rest(each: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in each.items() if name not in ("labels", "annotations")}


def _about_group(group: Mapping[str, Any]) -> dict[str, Any]:
    names = ("receiver", "groupKey", "externalURL", "truncatedAlerts", "orgId")
    return {f"group.{name}": group.get(name) for name in names}
