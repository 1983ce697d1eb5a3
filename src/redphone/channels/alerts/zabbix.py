"""Zabbix: a webhook media type, whose body an operator writes with Zabbix's macros.

Macros that Zabbix could not fill come as they were written, or as *UNKNOWN*; those are no values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.nearby import by_plain_name
from redphone.channels.alerts.states import change_of, change_of_title
from redphone.channels.alerts.values import digest, first, flat, line, link, text, when
from redphone.channels.alerts.words import compose

TITLES = ("eventname", "trigger", "triggername", "name", "subject", "alertsubject", "title")
STATES = ("status", "triggerstatus", "eventstatus", "state", "eventvalue", "triggervalue")
SEVERITIES = ("severity", "eventseverity", "triggerseverity", "nseverity", "eventnseverity")
HOSTS = ("hostname", "host", "hosthost", "visiblename", "hostip")
EVENTS = ("eventid", "problemid", "problemeventid")
TRIGGERS = ("triggerid",)
TEXTS = ("message", "alertmessage", "opdata", "eventopdata", "description", "triggerdescription")
LINKS = ("link", "url", "eventurl", "triggerurl")

_STATE_IN_FRONT = re.compile(r"^(?:problem|resolved|ok|recovery)\s*:\s*", re.IGNORECASE)


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alert of a webhook.

    Raises:
        NotReadable: it names no trigger.
    """
    told = read_any(body, headers)
    if not isinstance(told, dict):
        raise NotReadable("This is no webhook of Zabbix: it is no JSON object.")
    plain = by_plain_name(told)
    full = first(plain, *TITLES)
    if not full:
        message = "This webhook names no trigger. Use the script that the door's page shows."
        raise NotReadable(message)
    title = line(_STATE_IN_FRONT.sub("", full)) or full
    host, item = first(plain, *HOSTS), first(plain, "item", "itemname", "itemvalue")
    seen_at = next((found for name in LINKS if (found := link(plain.get(name)))), "")
    alert = compose(
        key=_key(plain, seen_at, host, title),
        change=_change(plain, full),
        title=title,
        source="Zabbix",
        severity=first(plain, *SEVERITIES),
        component=host,
        since=_since(plain),
        says=tuple(text(plain.get(name), 2000) for name in TEXTS),
        about=(("Host", host), ("Item", item)),
        link=seen_at,
        fields=flat(told),
    )
    return (alert,)


def _change(plain: Mapping[str, Any], full: str) -> Change:
    """An acknowledgement is an update of a problem that goes on."""
    for name in STATES:
        said = first(plain, name)
        if said in ("0", "1"):
            return Change.FIRING if said == "1" else Change.RESOLVED
        if found := change_of(said):
            is_update = first(plain, "eventupdatestatus") == "1"
            is_taken = first(plain, "eventackstatus", "ackstatus").lower() == "yes"
            is_acknowledged = found is Change.FIRING and is_update and is_taken
            return Change.ACKNOWLEDGED if is_acknowledged else found
    return change_of_title(full) or Change.FIRING


def _key(plain: Mapping[str, Any], seen_at: str, host: str, title: str) -> str:
    """The problem's event, whose number its recovery has too; else its trigger and host."""
    if event := first(plain, *EVENTS):
        return f"event-{event}"
    trigger = first(plain, *TRIGGERS) or _trigger_in(seen_at)
    return f"trigger-{trigger}" if trigger else digest("zabbix", host, title.lower())


def _trigger_in(seen_at: str) -> str:
    try:
        found = parse_qs(urlsplit(seen_at).query, max_num_fields=50).get("triggerid", [""])[0]
    except ValueError:
        return ""
    return found if found.isdigit() and len(found) < 30 else ""


def _since(plain: Mapping[str, Any]) -> datetime | None:
    """Zabbix's dates and times have no zone, and are those of its server: only seconds tell."""
    names = ("eventtimestamp", "timestamp", "clock")
    return next((found for name in names if (found := when(plain.get(name)))), None)
