"""Alerts in: what monitors send, one module a format. Pure: bytes to alerts, no rows, no network.

A format takes a request's body and headers and gives its alerts, in order. It raises nothing but
`NotReadable`, whatever is sent, in bounded time and memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from redphone.channels.alerts import pagerduty
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.format import Format, Headers, Proof

__all__ = [
    "FORMATS",
    "Alert",
    "Change",
    "Format",
    "NotReadable",
    "Proof",
    "is_genuine",
    "receive",
    "recognise",
]

FORMATS: Mapping[str, Format] = {
    "pagerduty": Format(
        name="PagerDuty Events API",
        receive=pagerduty.receive,
        example=b'{"routing_key": "", "event_action": "trigger", "payload": {}}',
    ),
}


def receive(
    format: str,
    body: bytes,
    headers: Headers,
    *,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Alert, ...]:
    """The alerts of one request, in order. None for a heartbeat or a request to subscribe.

    Raises:
        NotReadable: it is no alert of this format. Nothing else is raised, whatever was sent.
    """
    return FORMATS[format].receive(body, headers)


def recognise(body: bytes, headers: Headers) -> str:
    """Which format a request is, for the one generic door; "" for none that is known."""
    return ""


def is_genuine(
    format: str, body: bytes, headers: Headers, *, secrets: Sequence[str], at: datetime
) -> bool:
    """Whether a request is signed as its format has it, with one of the door's secrets.

    True where a format has no signature by a secret: the door's token is all the proof then.
    """
    check = FORMATS[format].is_genuine
    return check is None or check(body, headers, secrets=secrets, at=at)
