"""Alerts in: what monitors send, one module a format. Pure: bytes to alerts, no rows, no network.

A format takes a request's body and headers and gives its alerts, in order. It raises nothing but
`NotReadable`, whatever is sent, in bounded time and memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from redphone.channels.alerts import (
    alertmanager,
    cloudevents,
    datadog,
    fake,
    generic,
    grafana,
    newrelic,
    pagerduty,
    sentry,
    sns,
    standard,
    uptimerobot,
    zabbix,
)
from redphone.channels.alerts import mapping as mappings
from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Format, Headers, IsGenuine, Proof, Receive
from redphone.channels.alerts.recognition import by_header, by_value, recognise
from redphone.channels.alerts.values import digest

__all__ = [
    "FORMATS",
    "Alert",
    "Change",
    "Format",
    "NotReadable",
    "Proof",
    "is_genuine",
    "number",
    "receive",
    "recognise",
]


def _format(
    slug: str,
    name: str,
    receive: Receive,
    proves: Proof = Proof.TOKEN,
    is_genuine: IsGenuine | None = None,
) -> Format:
    """A format whose example is what its fake sends."""
    example = fake.request(slug, fake.Trouble())
    return Format(
        name=name,
        receive=receive,
        example=example.body,
        content_type=example.headers["content-type"],
        proves=proves,
        is_genuine=is_genuine,
    )


FORMATS: Mapping[str, Format] = {
    "pagerduty": _format("pagerduty", "PagerDuty Events API", pagerduty.receive),
    "alertmanager": _format("alertmanager", "Prometheus Alertmanager", alertmanager.receive),
    "grafana": _format("grafana", "Grafana", grafana.receive),
    "sentry": _format("sentry", "Sentry", sentry.receive, Proof.SECRET, sentry.is_genuine),
    "datadog": _format("datadog", "Datadog", datadog.receive),
    "sns": _format("sns", "Amazon CloudWatch (SNS)", sns.receive, Proof.CERTIFICATE),
    "zabbix": _format("zabbix", "Zabbix", zabbix.receive),
    "newrelic": _format("newrelic", "New Relic", newrelic.receive),
    "uptimerobot": _format("uptimerobot", "UptimeRobot", uptimerobot.receive),
    "cloudevents": _format("cloudevents", "CloudEvents", cloudevents.receive),
    "standard": _format(
        "standard", "Standard Webhooks", standard.receive, Proof.SECRET, standard.is_genuine
    ),
    "generic": _format("generic", "Any JSON, form or text", generic.receive),
}
"""The formats by the name that a door's address has, the most spoken first."""


STRICT = frozenset({"pagerduty", "cloudevents"})
"""Formats with a published schema, whose senders want to hear what breaks it."""


def receive(
    format: str,
    body: bytes,
    headers: Headers,
    *,
    mapping: Mapping[str, str] | None = None,
) -> tuple[Alert, ...]:
    """The alerts of one request, in order; none for a heartbeat or a request to subscribe.

    `mapping` is a generic door's own; without one, such a door reads every format that it
    recognises. Header names may be in any case.

    Raises:
        NotReadable: it is no alert of this format. Nothing else is raised, whatever was sent.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    if format == "generic":
        return _any_format(body, lowered, mapping)
    try:
        return FORMATS[format].receive(body, lowered)
    except NotReadable as error:
        if format in STRICT or error.status != 400:
            raise
        return _in_general(body, lowered, error)


def _any_format(
    body: bytes, headers: Headers, mapping: Mapping[str, str] | None
) -> tuple[Alert, ...]:
    """By the door's mapping, by the format that it is, or by the names that monitors use."""
    if mapping:
        return mappings.receive(body, headers, mapping)
    if slug := by_header(headers):
        return receive(slug, body, headers)
    told = read_any(body, headers)
    slug = by_value(told)
    return receive(slug, body, headers) if slug else generic.read(told)


def _in_general(body: bytes, headers: Headers, error: NotReadable) -> tuple[Alert, ...]:
    """What an operator has changed in a provider's template may still be told in general."""
    try:
        told = read_any(body, headers)
        if not isinstance(told, str):
            return generic.read(told)
    except NotReadable:
        pass
    raise error


def is_genuine(
    format: str, body: bytes, headers: Headers, *, secrets: Sequence[str], at: datetime
) -> bool:
    """Whether a request is signed as its format has it, with one of the door's secrets.

    True where a format has no signature by a secret: the door's token is all the proof then, or
    the provider's certificate (`sns.verify`).
    """
    check = FORMATS[format].is_genuine
    lowered = {name.lower(): value for name, value in headers.items()}
    return check is None or check(body, lowered, secrets=secrets, at=at)


def number(format: str, body: bytes, headers: Headers) -> str:
    """What is the same for a message that is sent again or replayed, and for no other message.

    "" where a format numbers nothing. The body is part of it: a sender that gives all its messages
    one number loses none of them.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    own = ""
    if format == "standard":
        own = standard.message_id(lowered)
    elif format == "sns":
        own = sns.message_id(body, lowered)
    return digest(format, own, hashlib.sha256(body).hexdigest()) if own else ""
