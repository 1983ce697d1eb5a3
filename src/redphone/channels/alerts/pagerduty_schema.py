"""The published schema of PagerDuty's events: what breaks it, each as the API would say it.

An acknowledgement or a resolution needs a key and no payload, a trigger a payload and no key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redphone.channels.alerts.alert import Change
from redphone.channels.alerts.values import table, when

LONGEST_DEDUP_KEY = 255
LONGEST_SUMMARY = 1024
SEVERITIES = ("critical", "error", "warning", "info")


def text_of(event: Mapping[str, Any], name: str) -> str:
    """A field that has to be a text; "" where it is none."""
    value = event.get(name)
    return value if isinstance(value, str) else ""


def faults(event: Mapping[str, Any], change: Change | None) -> list[str]:
    """What breaks the schema of version 2. `change` is None where the action is unknown."""
    payload = table(event.get("payload"))
    found = []
    for name in ("routing_key", "event_action"):
        if not event.get(name):
            found.append(f"'{name}' is missing or blank")
        elif not isinstance(event[name], str):
            found.append(f"'{name}' is not a string")
    if change is None and isinstance(event.get("event_action"), str) and event["event_action"]:
        found.append("'event_action' must be one of 'trigger', 'acknowledge', 'resolve'")
    found += _faults_of_key(event.get("dedup_key"), is_needed=change not in (None, Change.FIRING))
    payload_is_there = event.get("payload") is not None
    if payload_is_there and not isinstance(event["payload"], dict):
        found.append("'payload' is not an object")
    elif payload_is_there or change is Change.FIRING:
        found += _faults_of_payload(payload, is_needed=change is Change.FIRING)
    return found + _faults_of_lists(event)


def _faults_of_key(key: Any, *, is_needed: bool) -> list[str]:
    if key is None or key == "":
        return ["'dedup_key' is missing or blank"] if is_needed else []
    if not isinstance(key, str):
        return ["'dedup_key' is not a string"]
    if len(key) > LONGEST_DEDUP_KEY:
        return [f"'dedup_key' is longer than {LONGEST_DEDUP_KEY} characters"]
    return []


def _faults_of_payload(payload: Mapping[str, Any], *, is_needed: bool) -> list[str]:
    """An acknowledgement or a resolution needs no payload; what it has of one must still fit."""
    found = []
    for name in ("summary", "source", "severity"):
        value = payload.get(name)
        if value is None or value == "":
            if is_needed:
                found.append(f"'payload.{name}' is missing or blank")
        elif not isinstance(value, str):
            found.append(f"'payload.{name}' is not a string")
    summary, severity = payload.get("summary"), payload.get("severity")
    if isinstance(summary, str) and len(summary) > LONGEST_SUMMARY:
        found.append(f"'payload.summary' is longer than {LONGEST_SUMMARY} characters")
    if isinstance(severity, str) and severity and severity not in SEVERITIES:
        found.append(f"'payload.severity' must be one of {', '.join(map(repr, SEVERITIES))}")
    if payload.get("timestamp") and when(payload["timestamp"]) is None:
        found.append("'payload.timestamp' is no moment of ISO 8601")
    return found


def _faults_of_lists(event: Mapping[str, Any]) -> list[str]:
    found = []
    for name, needed in (("links", "href"), ("images", "src")):
        listed = event.get(name)
        if listed is None:
            continue
        if not isinstance(listed, list):
            found.append(f"'{name}' is not an array")
        elif any(not isinstance(each, dict) or not each.get(needed) for each in listed):
            found.append(f"'{name}' has an item without '{needed}'")
    return found


def faults_of_version_1(event: Mapping[str, Any], change: Change | None) -> list[str]:
    """What breaks the schema of version 1. `change` is None where the type is unknown."""
    found = []
    if not text_of(event, "service_key"):
        found.append("'service_key' is missing or blank")
    if change is None:
        found.append("'event_type' must be one of 'trigger', 'acknowledge', 'resolve'")
    if change is Change.FIRING and not text_of(event, "description"):
        found.append("'description' is missing or blank")
    key = event.get("incident_key")
    wrong = _faults_of_key(key, is_needed=change not in (None, Change.FIRING))
    return found + [fault.replace("dedup_key", "incident_key") for fault in wrong]


def faults_of_change(event: Mapping[str, Any]) -> list[str]:
    """What breaks the schema of a change event."""
    payload = table(event.get("payload"))
    found = [] if text_of(event, "routing_key") else ["'routing_key' is missing or blank"]
    if not payload:
        found.append("'payload' is missing or blank")
    elif not text_of(payload, "summary"):
        found.append("'payload.summary' is missing or blank")
    return found + _faults_of_payload(payload, is_needed=False) + _faults_of_lists(event)
