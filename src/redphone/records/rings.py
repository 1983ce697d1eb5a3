"""Whether a row of what is owed still asks something of its person, as its incident stands."""

from __future__ import annotations

from redphone.core import ringing
from redphone.core.incident import Incident
from redphone.core.updates import Purpose
from redphone.records.models import Delivery


def still_wanted(row: Delivery, incident: Incident) -> bool:
    """See `redphone.core.ringing.still_wanted`."""
    return ringing.still_wanted(
        incident,
        Purpose(row.purpose),
        person=f"person:{row.person_id}",
        lane=str(row.payload.get("lane", "")),
        what=str(row.payload.get("what", "")),
    )
