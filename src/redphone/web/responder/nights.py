"""Fair nights: what duty has cost each, and how evenly the next weeks lie."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from redphone.records.queries import evenness, rights
from redphone.records.queries import nights as reads
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder.pages import page

DAYS = (30, 90)


@require_GET
@access.staff_only
def nights(request: HttpRequest) -> HttpResponse:
    """Each sees their own nights, and those who answer for the desk everybody's."""
    who, moment = access.asker(request), at(request)
    days = 90 if request.GET.get("days") == "90" else 30
    found = reads.burdens(who, start=moment - timedelta(days=days), end=moment)
    sees_all = who.is_manager or rights.may(who, "oncall.change")
    told = {
        "tab": "nights",
        "days": days,
        "choices": DAYS,
        "burdens": found,
        "most": max((each.broken_nights for each in found), default=0),
        "sees_all": sees_all,
        "ahead": evenness.evenness_ahead(who, at=moment) if sees_all else (),
    }
    return page(request, "nights.html", told, here="oncall")
