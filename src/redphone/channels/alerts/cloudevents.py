"""CloudEvents 1.0: in the HTTP headers' form (binary), as JSON (structured), and in batches.

An event says what it is about by `source`, `subject` and `type`; what is wrong is in its data.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from redphone.channels.alerts import generic, names
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any, read_json
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.nearby import Nearby
from redphone.channels.alerts.states import change_of
from redphone.channels.alerts.values import MOST_ALERTS, digest, first, flat, line, when
from redphone.channels.alerts.words import compose

BATCH = "application/cloudevents-batch+json"
NEEDED = ("id", "source", "specversion", "type")


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alerts of an event, or of each event of a batch.

    Raises:
        NotReadable: an event lacks what the specification requires.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if "ce-specversion" in headers and not kind.startswith("application/cloudevents"):
        return _alerts(_of_headers(headers), _data(body, headers))
    told = read_json(body, headers)
    events = told[:MOST_ALERTS] if isinstance(told, list) else [told]
    if not events and kind != BATCH:
        raise NotReadable("This is no CloudEvent: it is an empty list.")
    return tuple(alert for event in events for alert in _of_structured(event))


def _of_headers(headers: Headers) -> dict[str, Any]:
    """The attributes of an event whose body is its data alone."""
    return {
        name[3:]: unquote(value.strip().strip('"'))
        for name, value in headers.items()
        if name.startswith("ce-")
    }


def _data(body: bytes, headers: Headers) -> Any:
    return read_any(body, headers) if body.strip() else None


def _of_structured(event: Any) -> tuple[Alert, ...]:
    if not isinstance(event, dict):
        raise NotReadable("This is no CloudEvent: it is no JSON object.")
    return _alerts(event, _unpacked(event))


def _unpacked(event: Mapping[str, Any]) -> Any:
    """The data: as it is, or from Base64 where it came as bytes."""
    packed = event.get("data_base64")
    if not isinstance(packed, str):
        return event.get("data")
    kind = {"content-type": first(event, "datacontenttype")}
    try:
        return _data(base64.b64decode(packed, validate=True), kind)
    except (binascii.Error, ValueError):
        raise NotReadable("The 'data_base64' of this CloudEvent is no Base64.") from None


def _alerts(event: Mapping[str, Any], data: Any) -> tuple[Alert, ...]:
    missing = [name for name in NEEDED if not first(event, name)]
    if missing:
        errors = [f"'{name}' is missing or blank" for name in missing]
        raise NotReadable("This CloudEvent lacks required attributes.", errors=errors)
    try:
        found = generic.read(data, source=first(event, "source"))
    except NotReadable:
        return (_bare(event, data),)
    return tuple(_with_attributes(alert, event, data) for alert in found)


def _with_attributes(alert: Alert, event: Mapping[str, Any], data: Any) -> Alert:
    """What the event's attributes say where its data is silent: the state, the moment, the key."""
    near = Nearby(data if isinstance(data, dict) else {})
    says_state = near.pick((*names.STATES, *names.HINTS)) is not None
    change = alert.change if says_state else _change(event) or alert.change
    has_key = near.pick((*names.OWN_KEYS, *names.RULE_KEYS)) is not None
    subject = first(event, "subject")
    return replace(
        alert,
        change=change,
        key=alert.key if has_key or not subject else _key(event),
        words=_resaid(alert, change),
        component=alert.component or subject,
        started_at=alert.started_at or when(event.get("time")),
        fields={**alert.fields, **flat({"event": _attributes(event)})},
    )


def _resaid(alert: Alert, change: Change) -> str:
    if change is alert.change:
        return alert.words
    return compose(
        key=alert.key,
        change=change,
        title=alert.title,
        source=alert.source,
        severity=alert.severity,
        since=alert.started_at,
        about=(("About", alert.component),),
        link=alert.link,
        fields={},
    ).words


def _bare(event: Mapping[str, Any], data: Any) -> Alert:
    """An event whose data says nothing: its type and subject are all that is known."""
    kind, subject = first(event, "type"), first(event, "subject")
    return compose(
        key=_key(event),
        change=_change(event) or Change.FIRING,
        title=line(f"{kind}: {subject}") if subject else kind,
        source=first(event, "source"),
        component=subject,
        since=when(event.get("time")),
        fields=flat({"event": _attributes(event)}, data),
    )


def _change(event: Mapping[str, Any]) -> Change | None:
    """The state in an event's type: its last word, such as com.example.alert.resolved."""
    return change_of(first(event, "type").rpartition(".")[2])


def _key(event: Mapping[str, Any]) -> str:
    """Where and what about; the id is of the message, not of the trouble."""
    subject = first(event, "subject")
    kind = first(event, "type")
    telling = subject or (kind.rpartition(".")[0] if _change(event) else kind)
    return digest("cloudevents", first(event, "source"), telling)


def _attributes(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("data", "data_base64")}
