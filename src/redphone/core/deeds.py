"""What counts as work on an incident: the entries by which a person shows that they are there.

Source: POL-1, POL-8.
"""

from __future__ import annotations

from redphone.core.stream import Entry, is_person

DEEDS = frozenset(
    {
        "acknowledged",
        "asked",
        "cause_named",
        "chat_attended",
        "component_set",
        "confirmed",
        "contained",
        "customer_named",
        "gathering",
        "manager_accepted",
        "manager_declined",
        "manager_offered",
        "noted",
        "published",
        "reopened",
        "runbook_started",
        "senior_accepted",
        "step_ticked",
        "update_posted",
        "worked",
    }
)
"""What customers, monitors and the desk itself write is none: nobody works on it by that."""


def is_deed(entry: Entry) -> bool:
    """Whether a person has done something. What their answering machine said is nothing."""
    return is_person(entry.actor) and entry.kind in DEEDS and not entry.data.get("marked")
