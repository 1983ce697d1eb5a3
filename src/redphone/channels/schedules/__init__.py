"""Schedules of other systems, read; and our own, written as a calendar feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from redphone.channels.schedules import grafana, icalendar, opsgenie, pagerduty
from redphone.channels.schedules.found import Found, Reading

Reader = Callable[[Sequence[bytes], Reading], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of schedule that can be imported."""

    name: str
    read: Reader


FORMATS: Mapping[str, Format] = {
    "icalendar": Format(name="iCalendar", read=icalendar.read),
    "pagerduty": Format(name="PagerDuty", read=pagerduty.read),
    "opsgenie": Format(name="Opsgenie", read=opsgenie.read),
    "grafana": Format(name="Grafana OnCall", read=grafana.read),
}

__all__ = ["FORMATS", "Format", "Found", "Reading"]
