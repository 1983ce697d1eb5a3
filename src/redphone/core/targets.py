"""Which promises and targets hold for a case or an incident, and from when each is counted.

Nothing is started or stopped: what is wanted follows from the state and the policy. The clocks
turn it into deadlines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from redphone.core.case import Case
from redphone.core.incident import Incident
from redphone.core.policy import Cadence, IssueType, Policy, Strength, Target


class ClockKind(StrEnum):
    """What a clock waits for. The last three move a ladder; they are no promises."""

    ENGAGED = "engaged"
    CONFIRM_TRIAGE = "confirm_triage"
    FIRST_RESPONSE = "first_response"
    NEXT_UPDATE = "next_update"
    STATUS_UPDATE = "status_update"
    SENIOR_OWNER = "senior_owner"
    INCIDENT_MANAGER = "incident_manager"
    CONTAINMENT = "containment"
    RESOLUTION = "resolution"
    POST_INCIDENT_REPORT = "post_incident_report"
    NEXT_STEP = "next_step"
    NO_PROGRESS = "no_progress"
    STILL_ON_IT = "still_on_it"

    @property
    def is_ladder(self) -> bool:
        return self in {ClockKind.NEXT_STEP, ClockKind.NO_PROGRESS, ClockKind.STILL_ON_IT}


Wanted = tuple[ClockKind, datetime, list[Target]]


def of_case(case: Case, policy: Policy) -> Iterator[Wanted]:
    """Source: POL-2, FAQ-3."""
    if case.is_open and case.first_response_at is None:
        targets = list(policy.plan(case.plan).first_response)
        yield ClockKind.FIRST_RESPONSE, case.opened_at, targets


def of_incident(incident: Incident, policy: Policy) -> Iterator[Wanted]:
    kinds = [policy.issue_type(slug) for slug in incident.types]
    opened_at = incident.opened_at
    if not incident.is_open:
        if owes_report(incident, policy) and incident.resolved_at and not incident.reported_at:
            reports = [policy.plan(plan).post_incident_report for plan in incident.plans]
            targets = [target for target in dict.fromkeys(reports) if target]
            yield ClockKind.POST_INCIDENT_REPORT, incident.resolved_at, targets
        return
    if incident.engaged_at is None:
        yield ClockKind.ENGAGED, opened_at, [kind.respond_within for kind in kinds]
    if incident.confirmed_at is None:
        yield ClockKind.CONFIRM_TRIAGE, opened_at, [policy.triage.confirm_within]
    if wants_senior(incident, policy):
        yield ClockKind.SENIOR_OWNER, opened_at, senior_owner(incident, policy)
    if incident.manager is None:
        yield ClockKind.INCIDENT_MANAGER, opened_at, [policy.incident_manager]
    yield ClockKind.NEXT_UPDATE, told_since(incident), direct_updates(incident, policy)
    if is_public(incident, policy):
        since = told_publicly_since(incident, policy)
        yield ClockKind.STATUS_UPDATE, since, status_updates(incident, policy)
    if incident.contained_at is None:
        contain = [k.contain_within for k in kinds if k.contain_within and _is_for(k, incident)]
        yield ClockKind.CONTAINMENT, incident.started_at, contain
    resolve = [k.resolve_within for k in kinds if k.resolve_within and _is_for(k, incident)]
    yield ClockKind.RESOLUTION, incident.started_at, resolve


def wants_senior(incident: Incident, policy: Policy) -> bool:
    """Whether a senior owner has still to accept it: where the policy promises senior staff.

    Source: POL-1, FAQ-4; clauses.md, row 15.
    """
    return incident.rules >= 2 and bool(policy.handled_by) and incident.senior is None


def senior_owner(incident: Incident, policy: Policy) -> list[Target]:
    """L1 may take the call; a senior accepts before the first response of each plan is due.

    Source: POL-1, FAQ-4; clauses.md, row 15.
    """
    spans = [t for plan in incident.plans for t in policy.plan(plan).first_response]
    clause, aim = policy.handled_by_clause, Strength.TARGET
    found = [replace(t, clause=clause, strength=aim, source_says="") for t in spans]
    return list(dict.fromkeys(found))


def told_since(incident: Incident) -> datetime:
    """From when the next direct update is counted: the last one, or the opening or reopening."""
    since = (incident.opened_at, incident.last_update_at, incident.reopened_at)
    return max(moment for moment in since if moment is not None)


def told_publicly_since(incident: Incident, policy: Policy) -> datetime:
    """From when the status page's next update is counted.

    What only a person's decision put on the page is owed there from that decision on. What its
    type puts there is owed from the opening, whoever confirms it later.

    Source: EMG-1, EMG-2, EMG-4.
    """
    since = [incident.opened_at, incident.last_status_at, incident.reopened_at]
    if not _belongs_on_page(incident, policy):
        since.append(incident.shown_since)
    return max(moment for moment in since if moment is not None)


def direct_updates(incident: Incident, policy: Policy) -> list[Target]:
    """Every clause about telling the affected customers, and our own word to them.

    Source: POL-4, FAQ-3, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    cadences: list[Cadence] = list(policy.urgent_updates)
    for plan in incident.plans:
        cadences += policy.plan(plan).updates
    for slug in incident.types:
        cadences += policy.issue_type(slug).updates
    targets = [_target(cadence) for cadence in dict.fromkeys(cadences)]
    return list(dict.fromkeys(targets))


def status_updates(incident: Incident, policy: Policy) -> list[Target]:
    """Every clause about the status page; a policy's own cadence where no type has one.

    Source: EMG-1, EMG-3, EMG-4.
    """
    kinds = [policy.issue_type(slug) for slug in incident.types]
    cadences = [kind.status_page for kind in kinds if kind.status_page]
    if not cadences and policy.status_page_default:
        cadences = [policy.status_page_default]
    return list(dict.fromkeys(_target(cadence) for cadence in cadences))


def is_public(incident: Incident, policy: Policy) -> bool:
    """Whether the incident stands on the public status page.

    What a person decided holds. Otherwise it does when one of its types belongs there, and none
    is of the kind that only named contacts hear of.

    Source: EMG-1, EMG-2, EMG-3, EMG-4.
    """
    if incident.public_by_hand is not None:
        return incident.public_by_hand
    return _belongs_on_page(incident, policy)


def _belongs_on_page(incident: Incident, policy: Policy) -> bool:
    kinds = [policy.issue_type(slug) for slug in incident.types]
    guarded = any(kind.notification_regulations for kind in kinds)
    return not guarded and any(kind.status_page for kind in kinds)


def owes_report(incident: Incident, policy: Policy) -> bool:
    """Whether a post-incident report is due: by type, or since the resolution was missed.

    Source: POL-5, FAQ-7.
    """
    promised = any(policy.plan(plan).post_incident_report for plan in incident.plans)
    major = any(policy.issue_type(slug).post_incident_report for slug in incident.types)
    late = any(mark.clock.startswith(f"{ClockKind.RESOLUTION}|") for mark in incident.missed)
    return promised and (major or (late and policy.report.after_missed_resolution))


def _target(cadence: Cadence) -> Target:
    return Target(within=cadence.every, clause=cadence.clause, strength=cadence.strength)


def _is_for(kind: IssueType, incident: Incident) -> bool:
    return any(kind.is_for(plan) for plan in incident.plans)
