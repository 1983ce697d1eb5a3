"""The public status page: how things are, what we have said, and when we say the next.

It asks the database a handful of questions, and at most once a second: everyone looks at it when
something is down.

Source: EMG-1, EMG-3, EMG-4, POL-4.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from redphone.records.queries import public
from redphone.records.queries.asker import ANYONE
from redphone.records.queries.public import PublicIncident, StatusPage
from redphone.web import middleware
from redphone.web.context import Shell
from redphone.web.templatetags.desk import stage_name

KEPT_FOR = 1
"""How long an answer is given again, in seconds."""

T = TypeVar("T")


def _kept(key: str, ask: Callable[[], T]) -> T:
    return cast(T, caches["process"].get_or_set(f"public.{key}", ask, KEPT_FOR))


def _page(at: datetime) -> StatusPage:
    return _kept("status", lambda: public.status_page(ANYONE, at))


def now(request: HttpRequest) -> HttpResponse:
    """How things are now, and the last 90 days."""
    page = _page(middleware.at(request))
    return render(request, "public/status.html", {"page": page, "here": "status"})


def history(request: HttpRequest) -> HttpResponse:
    """Every public incident, month by month."""
    incidents = _kept("history", lambda: public.public_incidents(ANYONE))
    months = [
        (month, list(found))
        for month, found in groupby(incidents, key=lambda each: f"{each.started_at:%B %Y}")
    ]
    return render(request, "public/history.html", {"months": months, "here": "status"})


def incident(request: HttpRequest, ref: str) -> HttpResponse:
    """One public incident, and all that was said of it."""
    found = public.public_incident(ANYONE, ref)
    return render(request, "public/incident.html", {"incident": found, "here": "status"})


def atom(request: HttpRequest) -> HttpResponse:
    """The public incidents as an Atom feed: an item an incident, newest words first."""
    home = settings.PUBLIC_URL + reverse("status:now")
    feed = Atom1Feed(
        title=f"{Shell(request).company} status",
        link=home,
        description="What is wrong, and what we do about it.",
        feed_url=settings.PUBLIC_URL + reverse("status:atom"),
        language="en",
    )
    for found in _kept("history", lambda: public.public_incidents(ANYONE)):
        feed.add_item(
            title=found.title,
            link=settings.PUBLIC_URL + reverse("status:incident", args=[found.ref]),
            unique_id=f"{home}#{found.ref}",
            description=_summary(found),
            pubdate=found.started_at,
            updateddate=found.changed_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _summary(found: PublicIncident) -> str:
    lines = [
        f"{update.at:%Y-%m-%d %H:%M} UTC, {stage_name(update.stage)}. {update.words}".strip()
        for update in found.updates
    ]
    return "\n\n".join(lines)


def as_json(request: HttpRequest) -> HttpResponse:
    """The status page for programs."""
    page = _page(middleware.at(request))
    told = {
        "at": page.built_at,
        "is_operational": page.severity == 0,
        "components": [
            {"slug": each.slug, "name": each.name, "state": each.state} for each in page.components
        ],
        "incidents": [_as_json(each) for each in page.incidents],
    }
    return JsonResponse(told, headers={"Access-Control-Allow-Origin": "*"})


def _as_json(found: PublicIncident) -> dict[str, Any]:
    return {
        "ref": found.ref,
        "title": found.title,
        "started_at": found.started_at,
        "resolved_at": found.resolved_at,
        "next_update_at": found.next_at,
        "components": list(found.components),
        "updates": [
            {"at": each.at, "stage": each.stage, "words": each.words} for each in found.updates
        ],
    }
