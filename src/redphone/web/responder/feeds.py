"""Calendar feeds: the page on which people get their addresses, and the feeds themselves."""

from __future__ import annotations

import re

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from redphone.actions import feeds as actions
from redphone.records.queries import feeds as reads
from redphone.records.sealed import SealBroken
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder.pages import page, whole


@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """A feed, for whoever has its secret: calendars can't sign in. A wrong one finds nothing."""
    given = actions.read(secret, at(request))
    if given is None:
        raise Http404
    answer = HttpResponse(given.content, content_type="text/calendar; charset=utf-8")
    etag, modified = f'"{given.mark[:40]}"', int(given.changed_at.timestamp())
    answer["ETag"], answer["Last-Modified"] = etag, http_date(modified)
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Disposition"] = 'inline; filename="on-call.ics"'
    answer["X-Robots-Tag"] = "noindex"
    found = get_conditional_response(request, etag=etag, last_modified=modified, response=answer)
    return found or answer


@require_GET
@never_cache
@access.staff_only
def feed_list(request: HttpRequest) -> HttpResponse:
    """One's own feeds, each with its address."""
    lines = [
        {"line": line, "address": address, "webcal": re.sub(r"^https?:", "webcal:", address)}
        for line in reads.feeds(access.asker(request))
        for address in [_address(line)]
    ]
    return page(request, "feeds.html", {"lines": lines}, here="oncall")


@require_POST
@access.staff_only
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """Make or replace an address, or take it back."""
    person = access.signed_in(request)
    team = whole(request.POST.get("team"), 0) or None
    if verb not in {"make", "end"}:
        raise Http404
    with errors.refused(request):
        if verb == "end":
            actions.end(person=person.pk, team=team)
            messages.success(request, "The address leads nowhere any more.")
        else:
            actions.make(person=person.pk, team=team, at=at(request))
            messages.success(
                request, "The address is made. One that was there before leads nowhere now."
            )
    return redirect("responder:feeds")


def _address(line: reads.FeedLine) -> str:
    if line.row is None:
        return ""
    try:
        secret = actions.secret_of(line.row)
    except SealBroken:
        return ""
    return settings.PUBLIC_URL + reverse("responder:feed", args=[secret])
