"""The on-call page: who answers now, the week's rota, and who stands in."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import oncall as actions
from redphone.records.queries import oncall, rights
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder import verbs
from redphone.web.responder.forms import DAYS, EndOverride, RemoveShift, Shift, StandIn
from redphone.web.responder.pages import page
from redphone.web.responder.verbs import Call, Verb


def _add_shift(call: Call) -> None:
    actions.add_shift(**call.data, by=call.by, at=call.at)


def _remove_shift(call: Call) -> None:
    actions.remove_shift(**call.data, by=call.by, at=call.at)


def _add_override(call: Call) -> None:
    actions.add_override(**call.data, by=call.by, at=call.at)


def _end_override(call: Call) -> None:
    actions.end_override(**call.data, by=call.by, at=call.at)


VERBS: dict[str, Verb] = {
    "add-shift": Verb(
        right="oncall.change", do=_add_shift, form=Shift, done="The shift is on the rota."
    ),
    "remove-shift": Verb(
        right="oncall.change", do=_remove_shift, form=RemoveShift, done="The shift is gone."
    ),
    "add-override": Verb(
        right="oncall.change", do=_add_override, form=StandIn, done="They stand in."
    ),
    "end-override": Verb(
        right="oncall.change", do=_end_override, form=EndOverride, done="The rota holds again."
    ),
}


@require_GET
@access.staff_only
def on_call(request: HttpRequest) -> HttpResponse:
    return _show(request)


@require_POST
@access.staff_only
def act(request: HttpRequest, verb: str) -> HttpResponse:
    """Change the rota, then show it again."""
    given = {"people": oncall.colleagues(access.asker(request)), "at": at(request)}
    refused = verbs.attempt(request, VERBS, verb, "", manages=False, given=given)
    if refused is None:
        slug = request.POST.get("back", "")
        anchor = f"#{slug}" if slug.replace("-", "").isalnum() else ""
        return redirect(reverse("responder:oncall") + anchor)
    return _show(request, verb, refused)


def _show(request: HttpRequest, verb: str = "", refused: forms.Form | None = None) -> HttpResponse:
    who, moment = access.asker(request), at(request)
    weeks = oncall.weeks(who, at=moment)
    people = oncall.colleagues(who)
    team = str(refused.data.get("team", "")) if refused else ""
    told = {
        "weeks": [
            {
                "week": week,
                "shift": refused
                if verb == "add-shift" and week.name == team
                else Shift(people=people, initial={"team": week.name}, auto_id=f"s{n}_%s"),
                "stand_in": refused
                if verb == "add-override" and week.name == team
                else StandIn(
                    people=people, at=moment, initial={"team": week.name}, auto_id=f"o{n}_%s"
                ),
            }
            for n, week in enumerate(weeks)
        ],
        "days": DAYS,
        "empty": [week for week in weeks if week.steps and not week.now],
        "holed": [week for week in weeks if week.steps and week.holes],
        "refused": refused if refused and not team else None,
        "ahead": oncall.AHEAD,
        "may_see_reach": rights.may(who, "devices.see"),
        "without_phone": oncall.without_phone(who) if settings.HOTLINE_TOKENS else [],
    }
    return page(request, "oncall.html", told, here="oncall", status=409 if refused else 200)
