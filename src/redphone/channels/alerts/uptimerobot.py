"""UptimeRobot: a query string, a form or JSON, with its names in either spelling.

The query string of a GET is handed over as the body of a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.nearby import by_plain_name
from redphone.channels.alerts.states import change_of
from redphone.channels.alerts.values import digest, first, flat, line, link, text, when
from redphone.channels.alerts.words import compose

TYPES = {"1": Change.FIRING, "2": Change.RESOLVED, "3": Change.FIRING, "4": Change.FIRING}
"""1 is down, 2 is up; 3 and 4 are certificates and domains that are about to expire."""


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alert of a notification.

    Raises:
        NotReadable: it names no monitor.
    """
    told = read_any(body, _as_form(headers))
    if not isinstance(told, dict):
        raise NotReadable("This is no notification of UptimeRobot: it has no fields.")
    plain = by_plain_name(told)
    monitor, address = (
        first(plain, "monitorfriendlyname", "monitorname"),
        first(plain, "monitorurl"),
    )
    if not (monitor or address):
        message = "This notification names no monitor. Send UptimeRobot's default variables."
        raise NotReadable(message)
    kind, details = first(plain, "alerttype"), first(plain, "alertdetails")
    name, number = monitor or address, first(plain, "monitorid")
    said = first(plain, "alerttypefriendlyname") or details
    alert = compose(
        key=f"monitor-{number}" if number else digest("uptimerobot", address, monitor),
        change=TYPES.get(kind) or change_of(said) or Change.FIRING,
        title=line(f"{name}: {details or said}".removesuffix(": ")),
        source="UptimeRobot",
        component=name,
        since=when(plain.get("alertdatetime")),
        says=(text(plain.get("alertdetails")),),
        about=(
            ("State", said),
            ("Monitor", address),
            ("For", first(plain, "alertfriendlyduration")),
        ),
        link=link(address),
        fields=flat(told),
    )
    return (alert,)


def _as_form(headers: Headers) -> Mapping[str, Any]:
    """A query string has no type of its own."""
    if headers.get("content-type"):
        return headers
    return {**headers, "content-type": "application/x-www-form-urlencoded"}
