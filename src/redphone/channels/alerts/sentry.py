"""Sentry: webhooks of its integration platform (events, issues, metric alerts), and older ones.

An issue keeps its number, so that an alert rule that fires on it, and its resolution, are one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from redphone.channels.alerts.alert import Alert, Change, NotReadable
from redphone.channels.alerts.body import read_json
from redphone.channels.alerts.format import Headers
from redphone.channels.alerts.values import digest, first, flat, line, link, table, text, when
from redphone.channels.alerts.words import compose

ISSUE_ACTIONS = {
    "created": Change.FIRING,
    "unresolved": Change.FIRING,
    "resolved": Change.RESOLVED,
    "assigned": Change.ACKNOWLEDGED,
    "ignored": Change.ACKNOWLEDGED,
    "archived": Change.ACKNOWLEDGED,
}
METRIC_ACTIONS = {
    "critical": Change.FIRING,
    "warning": Change.FIRING,
    "open": Change.FIRING,
    "resolved": Change.RESOLVED,
}

_ISSUE_IN_URL = re.compile(r"/issues/(\d+)")


def is_genuine(body: bytes, headers: Headers, *, secrets: Sequence[str], at: datetime) -> bool:
    """Whether `Sentry-Hook-Signature` is the body's HMAC with a client secret."""
    given = headers.get("sentry-hook-signature", "").strip().lower()
    wanted = [hmac.new(_raw(each), body, hashlib.sha256).hexdigest() for each in secrets if each]
    matches = [hmac.compare_digest(_raw(given), _raw(each)) for each in wanted]
    return any(matches)


def _raw(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def receive(body: bytes, headers: Headers) -> tuple[Alert, ...]:
    """The alert of a webhook; none of one about comments, installations and the like.

    Raises:
        NotReadable: this is no webhook of Sentry.
    """
    told = read_json(body, headers)
    if not isinstance(told, dict):
        raise NotReadable("This is no webhook of Sentry: it is no JSON object.")
    data, action = table(told.get("data")), text(told.get("action")).lower()
    if "metric_alert" in data:
        return (_of_metric(table(data["metric_alert"]), data, action),)
    if "event" in data or "issue_alert" in data:
        return (_of_event(table(data.get("event")), data),)
    if "issue" in data and "comment" not in data:
        change = ISSUE_ACTIONS.get(action)
        return () if change is None else (_of_issue(table(data["issue"]), change),)
    if "installation" in told and "action" in told:
        return ()
    if "event" in told and ("culprit" in told or "project" in told):
        return (_of_older(told),)
    raise NotReadable("This is no webhook of Sentry: it has no event, issue or metric alert.")


def _of_event(event: Mapping[str, Any], data: Mapping[str, Any]) -> Alert:
    issue = text(event.get("issue_id")) or _issue_in(event.get("issue_url"), event.get("web_url"))
    rule = first(data, "triggered_rule") or first(table(data.get("issue_alert")), "title")
    return _alert(
        event,
        key=_issue_key(issue, event),
        change=Change.FIRING,
        seen_at=link(event.get("web_url")),
        since=when(event.get("datetime")) or when(event.get("timestamp")),
        about=(("Rule", rule),),
    )


def _of_issue(issue: Mapping[str, Any], change: Change) -> Alert:
    return _alert(
        issue,
        key=_issue_key(text(issue.get("id")), issue),
        change=change,
        seen_at=link(issue.get("permalink")) or link(issue.get("web_url")),
        since=when(issue.get("firstSeen")),
        about=(("Issue", first(issue, "shortId")), ("Events", text(issue.get("count")))),
    )


def _of_older(told: Mapping[str, Any]) -> Alert:
    """The legacy webhook plugin: always a new event, never a resolution."""
    event = table(told.get("event"))
    issue = text(told.get("id")) or _issue_in(told.get("url"))
    inner = {**event, **{name: told[name] for name in told if name != "event" and told[name]}}
    inner["title"] = first(event, "title") or first(told, "message", "culprit")
    return _alert(
        inner,
        key=_issue_key(issue, inner),
        change=Change.FIRING,
        seen_at=link(told.get("url")),
        since=when(event.get("datetime")) or when(event.get("timestamp")),
        about=(("Environment", first(event, "environment")),),
    )


def _of_metric(metric: Mapping[str, Any], data: Mapping[str, Any], action: str) -> Alert:
    rule = table(metric.get("alert_rule"))
    title = first(metric, "title") or first(rule, "name") or first(data, "description_title")
    number = text(metric.get("identifier")) or text(metric.get("id"))
    change = METRIC_ACTIONS.get(action, Change.FIRING)
    seen_at, since = link(data.get("web_url")), when(metric.get("date_started"))
    title = title or "A metric alert of Sentry"
    component = ", ".join(line(each) for each in _projects(metric))
    return compose(
        key=f"metric-{number}" if number else digest("sentry-metric", title),
        change=change,
        title=title,
        source="Sentry",
        severity=action,
        component=component,
        since=since,
        says=(text(data.get("description_text")),),
        about=(("Projects", component),),
        link=seen_at,
        fields=flat(metric, {"description": data.get("description_text")}),
    )


def _projects(metric: Mapping[str, Any]) -> list[Any]:
    listed = metric.get("projects")
    return listed[:5] if isinstance(listed, list) else []


def _alert(
    source: Mapping[str, Any],
    *,
    key: str,
    change: Change,
    seen_at: str,
    since: datetime | None,
    about: tuple[tuple[str, str], ...],
) -> Alert:
    title = first(source, "title", "message", "culprit") or "An error without a title"
    project = _project(source)
    severity = first(source, "level")
    return compose(
        key=key,
        change=change,
        title=title,
        source="Sentry",
        severity=severity,
        component=project,
        since=since,
        says=(text(source.get("message")),),
        about=(("Where", first(source, "culprit")), ("Project", project), *about),
        link=seen_at,
        fields=flat(_tags(source), {name: source[name] for name in source if name != "tags"}),
    )


def _tags(source: Mapping[str, Any]) -> dict[str, Any]:
    """Tags come as pairs of name and value."""
    listed = source.get("tags")
    pairs = listed[:40] if isinstance(listed, list) else []
    return {
        f"tags.{line(pair[0])}": pair[1]
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    }


def _project(source: Mapping[str, Any]) -> str:
    project = source.get("project")
    if isinstance(project, dict):
        return first(project, "slug", "name")
    named = first(source, "project_slug", "project_name", "project")
    if named and not named.isdigit():
        return named
    return text(_tags(source).get("tags.server_name"))


def _issue_in(*urls: Any) -> str:
    found = (_ISSUE_IN_URL.search(url) for url in urls if isinstance(url, str))
    return next((each[1] for each in found if each), "")


def _issue_key(issue: str, source: Mapping[str, Any]) -> str:
    if issue:
        return f"issue-{issue}"
    return digest("sentry", first(source, "title", "message"), first(source, "culprit"))
