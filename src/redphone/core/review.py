"""The post-incident report: four sections, written by a person, sent to who was promised it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from redphone.core.command import ReportNotDue, WordsMissing, require_person
from redphone.core.incident import Incident
from redphone.core.stream import Entry

SECTIONS = ("timeline", "root_cause", "resolution", "prevention")
"""What the report contains, in its order. Source: FAQ-7."""


def publish(incident: Incident, *, by: str, sections: Mapping[str, str], at: datetime) -> Entry:
    """Send the report. Every section has to say something.

    Raises:
        ReportNotDue: the incident is open, or the report was sent.
        WordsMissing: a section is empty.

    Source: POL-5, FAQ-7.
    """
    require_person(by)
    if incident.resolved_at is None or incident.reported_at is not None:
        raise ReportNotDue
    if any(not sections.get(name, "").strip() for name in SECTIONS):
        raise WordsMissing
    words = "\n\n".join(f"{name}: {sections[name].strip()}" for name in SECTIONS)
    return Entry(kind="reported", at=at, actor=by, words=words)
