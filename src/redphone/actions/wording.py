"""Moments and spans in the words of a message, in its receiver's own zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def zone(name: str) -> tzinfo:
    """A time zone by its name; UTC when there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(at: datetime, where: tzinfo, now: datetime) -> str:
    """ "14:32 CET", with the day unless that is today's: "Tue 24 Nov, 02:32 CET"."""
    here = at.astimezone(where)
    clock = f"{here:%H:%M} {_zone_name(here)}"
    if here.date() == now.astimezone(where).date():
        return clock
    year = "" if here.year == now.astimezone(where).year else f" {here.year}"
    return f"{here:%a} {here.day} {here:%b}{year}, {clock}"


def _zone_name(here: datetime) -> str:
    """CET, or UTC+3 where the zone has no name of its own."""
    name = here.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = name[1:3].lstrip("0") or "0", name[3:5].strip("0")
    return f"UTC{name[0]}{hours}" + (f":{name[3:5]}" if minutes else "")


def due(at: datetime, where: tzinfo, now: datetime) -> str:
    """ "14:32 CET, in 12 minutes"; "14:32 CET, 3 minutes ago"."""
    return f"{moment(at, where, now)}, {distance(at, now)}"


def distance(at: datetime, now: datetime) -> str:
    """ "in 12 minutes", "now", "3 minutes ago"."""
    if abs(at - now) < timedelta(seconds=1):
        return "now"
    return f"in {length(at - now)}" if at > now else f"{length(now - at)} ago"


def length(span: timedelta) -> str:
    """A length in whole words, to the nearest: "12 minutes", "1 hour 5 minutes", "3 days"."""
    seconds = round(abs(span.total_seconds()))
    if seconds < _MINUTE:
        return _counted(seconds, "second")
    minutes = round(seconds / _MINUTE)
    if minutes < 60:
        return _counted(minutes, "minute")
    if seconds < 2 * _DAY:
        hours, rest = divmod(minutes, 60)
        return _counted(hours, "hour") + (f" {_counted(rest, 'minute')}" if rest else "")
    return _counted(round(seconds / _DAY), "day")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str], most: int = 3) -> str:
    """ "Nordwind, Petrel and Halden"; of many, the first ones and how many more there are."""
    found = list(names)
    if len(found) > most:
        found = [*found[: most - 1], f"{len(found) - most + 1} more"]
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


CLOCK_NAMES = {
    "engaged": "Somebody takes it",
    "confirm_triage": "Triage is confirmed",
    "first_response": "First answer to the customer",
    "next_update": "Next update to the customers",
    "status_update": "Next update of the status page",
    "senior_owner": "A senior accepts it",
    "incident_manager": "An incident manager accepts",
    "containment": "Containment",
    "resolution": "Resolution",
    "post_incident_report": "Post-incident report",
}
"""What each clock waits for, for the desk's own people."""

PROMISED = {
    "first_response": "an answer from a person",
    "next_update": "an update",
    "status_update": "an update of our status page",
    "senior_owner": "a senior who owns it",
    "incident_manager": "an incident manager",
    "containment": "the damage contained",
    "resolution": "the service restored",
    "post_incident_report": "the post-incident report",
}
"""What was promised, for customers: "We promised you … by 14:32 UTC"."""
