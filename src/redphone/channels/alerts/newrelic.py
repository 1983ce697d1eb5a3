"""New Relic: webhooks of workflows (issues), and of the classic notification channels (incidents).

Both bodies are templates that an operator may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_any
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.states import change_of
from redphone.channels.alerts.values import (
    digest,
    first,
    flat,
    key_of,
    line,
    link,
    rows,
    text,
    when,
)
from redphone.channels.alerts.words import compose

STATES = {
    "open": Change.FIRING,
    "created": Change.FIRING,
    "activated": Change.FIRING,
    "acknowledged": Change.ACKNOWLEDGED,
    "closed": Change.RESOLVED,
}


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alert of a webhook, of a workflow or classic.

    Raises:
        NotReadable: it names neither an issue nor a condition.
    """
    told = read_any(body, headers)
    if not isinstance(told, dict):
        raise NotReadable("This is no webhook of New Relic: it is no JSON object.")
    is_classic = "current_state" in told or "condition_name" in told
    return (_classic(told) if is_classic else _workflow(told),)


def _classic(told: Mapping[str, Any]) -> Alert:
    condition, policy = first(told, "condition_name"), first(told, "policy_name")
    title = condition or first(told, "details") or policy
    if not title:
        raise NotReadable("This webhook names no condition. Use New Relic's default template.")
    targets = rows(told.get("targets"))
    details = text(told.get("details"))
    component = next((name for each in targets if (name := first(each, "name"))), "")
    incident = first(told, "incident_id")
    return compose(
        key=f"incident-{incident}" if incident else digest("newrelic", policy, condition),
        change=_change(first(told, "current_state", "event_type")),
        title=line(f"{title}: {details}") if details and details != title else title,
        source="New Relic",
        severity=first(told, "severity", "priority"),
        component=component,
        since=when(told.get("timestamp")),
        says=(details,),
        about=(
            ("Policy", policy),
            ("Target", component),
            ("Runbook", link(told.get("runbook_url"))),
        ),
        link=link(told.get("incident_url")) or link(told.get("violation_chart_url")),
        fields=flat(told),
        is_test=incident == "0" and any(first(each, "product") == "TESTING" for each in targets),
    )


def _workflow(told: Mapping[str, Any]) -> Alert:
    title = _joined(told, "title", "issueTitle", "annotations.title.0")
    issue = first(told, "id", "issueId", "issue_id", "incidentId", "incident_id")
    if not title:
        message = "This webhook has no 'title'. Use New Relic's default template."
        raise NotReadable(message)
    entities = _joined(told, "impactedEntities", "entitiesData.names", "targets")
    policy = _joined(told, "alertPolicyNames", "policyName", "policy_name")
    condition = _joined(told, "alertConditionNames", "conditionName")
    return compose(
        key=f"issue-{key_of(issue)}"[:255] if issue else digest("newrelic", title, policy),
        change=_change(first(told, "state", "status", "issueState", "trigger")),
        title=title,
        source="New Relic",
        severity=first(told, "priority", "severity"),
        component=entities,
        since=when(told.get("createdAt")) or when(told.get("activatedAt")),
        says=(_joined(told, "alertConditionDescriptions", "description", "details"),),
        about=(("Policy", policy), ("Condition", condition), ("Affected", entities)),
        link=link(told.get("issueUrl")) or link(told.get("issuePageUrl")) or link(told.get("url")),
        fields=flat(told),
        is_test="test" in first(told, "trigger").lower(),
    )


def _change(said: str) -> Change:
    return STATES.get(said.lower()) or change_of(said) or Change.FIRING


def _joined(told: Mapping[str, Any], *names: str) -> str:
    """A field that a template may give as a text or as a list of texts."""
    for name in names:
        value = told.get(name)
        listed = value[:5] if isinstance(value, list) else [value]
        found = [each for each in map(line, listed) if each]
        if found:
            return line(", ".join(found))
    return ""
