"""Whether the desk keeps its promises now, for monitors: `/health`.

It says how much is late and since when, and nothing of what it is about: anybody may ask.
"""

from __future__ import annotations

from datetime import datetime

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from redphone import clock
from redphone.actions import alarms, canaries, ladder_audit
from redphone.actions.alarms import Trouble
from redphone.jobs import lines
from redphone.records.models.device import DeviceKind


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when nothing is late, 503 when something is: what, how many, since when, why.

    `ladders` is what the auditor of ladders has found in its last look, and how long that took.
    """
    at = clock.now()
    try:
        late = alarms.troubles(at=at)
        ladders = ladder_audit.last_look()
        tests = _canaries(at)
    except Error:
        return _answer("down", [{"what": "database", "why": "the database does not answer"}], at)
    return _answer(
        "late" if late else "ok", [_as_data(each, at) for each in late], at, ladders, tests
    )


def _canaries(at: datetime) -> dict[str, str]:
    """How the test messages of each channel stand. A channel without one is never called well."""
    found = dict.fromkeys(lines.lines(), "not set up")
    if DeviceKind.PUSH in found:
        # A push ends in somebody's browser, and the desk has none.
        found[DeviceKind.PUSH] = "can't be tested"
    for each in canaries.standings(at=at):
        if each.sink.provider:
            found.pop(each.sink.channel, None)
        found[each.sink.name] = each.word
    return found


def _answer(
    status: str,
    late: list[dict[str, object]],
    at: datetime,
    ladders: tuple[datetime, dict[str, object]] | None = None,
    tests: dict[str, str] | None = None,
) -> JsonResponse:
    told: dict[str, object] = {"status": status, "at": at.isoformat(), "late": late}
    told["test_messages"] = tests or {}
    if ladders is not None:
        told["ladders"] = {"at": ladders[0].isoformat(), **ladders[1]}
    return JsonResponse(told, status=200 if status == "ok" else 503)


def _as_data(trouble: Trouble, at: datetime) -> dict[str, object]:
    since = trouble.since
    return {
        "what": trouble.key,
        "why": trouble.says,
        "count": trouble.count,
        "since": since and since.isoformat(),
        "seconds": round((at - since).total_seconds()) if since else None,
    }
