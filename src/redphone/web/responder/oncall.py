"""The on-call page, and what people do about their duty: stand in, swap, be away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.records.queries import oncall, teams
from redphone.records.queries.asker import Asker
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder import verbs
from redphone.web.responder.oncall_verbs import TITLES, VERBS
from redphone.web.responder.pages import back_to, page


@require_GET
@access.staff_only
def on_call(request: HttpRequest) -> HttpResponse:
    """Who answers now for each team, until when, who is next, and where nobody is."""
    who = access.asker(request)
    found = teams.standings(who, at=at(request))
    told = {
        "tab": "now",
        "standings": found,
        "empty": [each for each in found if each.steps and not each.now],
        "holed": [each for each in found if each.steps and each.holes],
        "zone": access.signed_in(request).time_zone,
        "without_phone": oncall.without_phone(who) if settings.HOTLINE_TOKENS else [],
    }
    return page(request, "oncall.html", told, here="oncall")


def given(request: HttpRequest) -> dict[str, Any]:
    """What the forms of on-call offer to choose among."""
    who = access.asker(request)
    return {
        "people": oncall.colleagues(who),
        "zone": access.signed_in(request).time_zone,
        "who": who.person_id,
    }


def form(
    request: HttpRequest, verb: str, initial: dict[str, Any] | None = None
) -> forms.Form | None:
    """A verb's empty form, or None for those who may not."""
    who: Asker = access.asker(request)
    made = verbs.blank({verb: VERBS[verb]}, who, manages=False, given=given(request)).get(verb)
    if made is not None:
        made.initial = initial or {}
    return made


@require_POST
@access.staff_only
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """Change who is on call, then go back; what was refused is shown with all that was typed."""
    refused = verbs.attempt(request, VERBS, verb, "", manages=False, given=given(request))
    back = back_to(request, reverse("responder:oncall"))
    if refused is None:
        return redirect(back)
    told = {
        "title": TITLES[verb],
        "form": refused,
        "action": reverse("responder:oncall_act", args=[verb]),
        "back": back,
        "tab": "",
    }
    return page(request, "oncall_refused.html", told, here="oncall", status=409)
