"""PagerDuty's Events API, versions 2 and 1: what most monitors can already speak.

An event is held to the published schema and its limits. What breaks them is refused in the API's
own words, with what could be read of it in the refusal: the door keeps that all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redphone.channels.alerts import pagerduty_schema as schema
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_json
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.pagerduty_schema import text_of
from redphone.channels.alerts.values import (
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

LARGEST_EVENT = 512 * 1024

ACTIONS = {
    "trigger": Change.FIRING,
    "acknowledge": Change.ACKNOWLEDGED,
    "resolve": Change.RESOLVED,
}
INVALID = "Event object is invalid"
UNRECOGNIZED = "Event object format is unrecognized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A request of the API: whose door it is for, what it says, and the key to answer with."""

    token: str
    alerts: tuple[Alert, ...]
    dedup_key: str = ""


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alert of an event of either version; none of a change event.

    Raises:
        NotReadable: the event breaks the published schema.
    """
    event = _read(body, headers)
    if "event_type" in event or "service_key" in event:
        return _version_1(event).alerts
    if "event_action" not in event and "summary" in table(event.get("payload")):
        return _change(event).alerts
    return _version_2(event).alerts


def enqueue(body: bytes, headers: Headers) -> Event:
    """A request to /v2/enqueue.

    Raises:
        NotReadable: the event breaks the published schema.
    """
    return _version_2(_read(body, headers))


def enqueue_change(body: bytes, headers: Headers) -> Event:
    """A request to /v2/change/enqueue. It tells of a change somebody made, and opens nothing.

    Raises:
        NotReadable: the event breaks the published schema.
    """
    return _change(_read(body, headers))


def create_event(body: bytes, headers: Headers) -> Event:
    """A request to /generic/2010-04-15/create_event.json, the API's version 1.

    Raises:
        NotReadable: the event breaks the published schema.
    """
    return _version_1(_read(body, headers))


def taken(event: Event) -> dict[str, str]:
    """The answer to an event of version 2 that was taken: 202."""
    answer = {"status": "success", "message": "Event processed"}
    return answer | {"dedup_key": event.dedup_key} if event.dedup_key else answer


def taken_version_1(event: Event) -> dict[str, str]:
    """The answer to an event of version 1 that was taken: 200."""
    return {
        "status": "success",
        "message": "Event processed",
        "incident_key": event.dedup_key,
    }


def refused(error: NotReadable) -> dict[str, Any]:
    """The answer to an event that was refused, in the API's words."""
    message = str(error)
    status = "invalid event" if message == INVALID else "Unrecognized object"
    return {"status": status, "message": message, "errors": error.errors}


def _read(body: bytes, headers: Headers) -> dict[str, Any]:
    if len(body) > LARGEST_EVENT:
        errors = [f"The event is larger than {LARGEST_EVENT} bytes"]
        raise NotReadable(UNRECOGNIZED, status=413, errors=errors)
    try:
        event = read_json(body, headers)
    except NotReadable as error:
        errors = ["JSON parse error", *error.errors] if error.status == 400 else error.errors
        raise NotReadable(UNRECOGNIZED, status=error.status, errors=errors) from None
    if not isinstance(event, dict):
        raise NotReadable(UNRECOGNIZED, errors=["The event is no JSON object"])
    return event


def _version_2(event: dict[str, Any]) -> Event:
    token, key = text_of(event, "routing_key"), text_of(event, "dedup_key")
    action = event.get("event_action")
    change = ACTIONS.get(action) if isinstance(action, str) else None
    payload = table(event.get("payload"))
    alert = _alert(event, payload, key, change or Change.FIRING)
    if errors := schema.faults(event, change):
        raise NotReadable(INVALID, errors=errors, token=token, alert=alert)
    return Event(token=token, alerts=(alert,), dedup_key=key or alert.key)


def _alert(
    event: Mapping[str, Any], payload: Mapping[str, Any], key: str, change: Change
) -> Alert:
    title = line(payload.get("summary"))
    said = [line(payload.get(name)) for name in ("source", "component", "group", "class")]
    where, component, group, kind = said
    client, details = line(event.get("client")), _details(payload.get("custom_details"))
    severity, since = line(payload.get("severity")), when(payload.get("timestamp"))
    seen_at = next((found for each in _links(event) if (found := link(each))), "")
    title = title or line(f"Event {key}")
    return Alert(
        key=key_of(key) or digest("pagerduty", title, *said),
        change=change,
        title=title,
        words=sentences(
            title=title,
            source=client,
            change=change,
            since=since,
            says=(text(payload.get("summary"), schema.LONGEST_SUMMARY), _told(details)),
            about=(
                ("Where", where),
                ("Component", component),
                ("Group", group),
                ("Class", kind),
                ("Severity", severity),
            ),
            link=seen_at,
        ),
        severity=severity,
        component=component or where,
        source=client or "PagerDuty event",
        link=seen_at,
        started_at=since,
        fields=_fields(details, payload),
    )


def _links(event: Mapping[str, Any]) -> list[Any]:
    linked = [each.get("href") for each in rows(event.get("links"))]
    return [*linked, event.get("client_url")]


def _details(details: Any) -> dict[str, str]:
    return {"": text(details)} if isinstance(details, str) else flat(details)


def _told(details: Mapping[str, str]) -> str:
    """The custom details as a few lines, for senders that put all that matters there."""
    lines = [f"{name}: {value}" if name else value for name, value in details.items()]
    return "\n".join(lines[:12])


def _fields(details: Mapping[str, str], payload: Mapping[str, Any]) -> dict[str, str]:
    names = ("source", "component", "group", "class", "severity", "timestamp")
    fields = {name: told for name in names if (told := text(payload.get(name)))}
    named = {f"custom_details.{name}".rstrip("."): value for name, value in details.items()}
    return fields | named


def _version_1(event: dict[str, Any]) -> Event:
    token, key = text_of(event, "service_key"), text_of(event, "incident_key")
    kind = event.get("event_type")
    change = ACTIONS.get(kind) if isinstance(kind, str) else None
    contexts = rows(event.get("contexts"))
    payload = {
        "summary": event.get("description"),
        "custom_details": event.get("details"),
        "source": first(table(event.get("details")), "host", "hostname", "source"),
    }
    known = {**event, "links": [each for each in contexts if each.get("type") == "link"]}
    alert = _alert(known, payload, key, change or Change.FIRING)
    if errors := schema.faults_of_version_1(event, change):
        raise NotReadable(INVALID, errors=errors, token=token, alert=alert)
    return Event(token=token, alerts=(alert,), dedup_key=key or alert.key)


def _change(event: dict[str, Any]) -> Event:
    """A change event: held to its schema, and no alert."""
    token = text_of(event, "routing_key")
    if errors := schema.faults_of_change(event):
        raise NotReadable(INVALID, errors=errors, token=token)
    return Event(token=token, alerts=())
