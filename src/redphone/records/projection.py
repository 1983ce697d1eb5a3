"""A stream's row, written from its state: the columns that lists and constraints need."""

from __future__ import annotations

from datetime import datetime

from redphone.core import clocks, targets
from redphone.core.case import Case
from redphone.core.clocks import Clock
from redphone.core.incident import Incident
from redphone.records import states
from redphone.records.models import CaseRow, IncidentRow
from redphone.records.policies import Pinned

_BOTH = [
    "head",
    "head_hash",
    "state",
    "title",
    "status",
    "changed_at",
    "resolved_at",
    "closed_at",
    "declined_at",
    "next_due_at",
    "next_due_kind",
    "next_due_clause",
]

COLUMNS: dict[type[CaseRow] | type[IncidentRow], list[str]] = {
    CaseRow: [
        *_BOTH,
        "incident",
        "customer",
        "plan",
        "off_channel",
        "issue_type",
        "urgent",
        "first_response_at",
    ],
    IncidentRow: [
        *_BOTH,
        "types",
        "started_at",
        "manager",
        "manages_beside",
        "engaged_at",
        "join_key",
        "is_public",
        "public_title",
    ],
}
"""The columns that change after a row was inserted."""


def project(
    row: CaseRow | IncidentRow, state: Case | Incident, pinned: Pinned, at: datetime
) -> None:
    """Set the row's columns from the state. The title and the join key are the row's own."""
    row.state = states.dump(state)
    row.status = state.status
    row.changed_at = at
    row.resolved_at, row.closed_at = state.resolved_at, state.closed_at
    row.declined_at = state.declined_at
    _project_next_due(row, clocks.running(state, pinned.policy, pinned.hours))
    if isinstance(row, CaseRow) and isinstance(state, Case):
        _project_case(row, state)
    if isinstance(row, IncidentRow) and isinstance(state, Incident):
        _project_incident(row, state, pinned)


def _project_next_due(row: CaseRow | IncidentRow, running: tuple[Clock, ...]) -> None:
    """The soonest promise or target; a ladder's next step is not owed to anybody."""
    owed = [clock for clock in running if not clock.kind.is_ladder]
    late = [clock for clock in owed if clock.due_at is None]
    first = late[0] if late else next(iter(owed), None)
    row.next_due_at = (first.due_at or first.claims[-1].due_at) if first else None
    row.next_due_kind = first.kind.value if first else ""
    row.next_due_clause = first.deciding.clause if first else ""


def _project_case(row: CaseRow, case: Case) -> None:
    row.incident_id = int(case.incident.removeprefix("INC-"))
    row.customer_id = int(case.customer) if case.customer else None
    row.plan = case.plan
    row.off_channel = case.off_channel
    row.issue_type = case.issue_type
    row.urgent = case.looks_urgent
    row.first_response_at = case.first_response_at


def _project_incident(row: IncidentRow, incident: Incident, pinned: Pinned) -> None:
    row.types = list(incident.types)
    row.started_at = incident.started_at
    manager = int(incident.manager.removeprefix("person:")) if incident.manager else None
    # Who had two before that was counted keeps both.
    keeps = row.manages_beside and row.manager_id == manager
    row.manager_id, row.manages_beside = manager, keeps or bool(incident.manager_beside)
    row.engaged_at = incident.engaged_at
    row.is_public = not incident.declined_at and targets.is_public(incident, pinned.policy)
