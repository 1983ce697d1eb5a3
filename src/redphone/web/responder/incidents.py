"""The incident room, and the one door for everything that people do in it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from redphone.records.queries import customers, doors, incidents, oncall, rights
from redphone.records.queries.asker import Asker
from redphone.records.queries.incidents import Room, Standing
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder import drafts, incident_verbs, rooms, verbs
from redphone.web.responder.pages import page, perhaps, whole
from redphone.web.responder.timeline import lines


@require_GET
@access.staff_only
def incident(request: HttpRequest, ref: str) -> HttpResponse:
    return _show(request, ref)


@require_POST
@access.staff_only
def act(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Do one thing with an incident, then show it again."""
    who = access.asker(request)
    standing = incidents.standing(who, ref)
    refused = verbs.attempt(
        request,
        incident_verbs.VERBS,
        verb,
        ref,
        manages=standing.row.manager_id == who.person_id,
        given=_choices(request, standing),
    )
    if refused is None:
        return redirect("responder:incident", ref)
    return _show(request, ref, {verb: refused}, status=409)


@require_POST
@access.staff_only
def draft(request: HttpRequest, ref: str) -> HttpResponse:
    """What an update that is being written says so far. Sends nothing."""
    who, moment = access.asker(request), at(request)
    told = drafts.look(who, ref, words=request.POST.get("words", ""), at=moment)
    return render(request, "responder/draft.html", {"draft": told})


def _show(
    request: HttpRequest,
    ref: str,
    refused: dict[str, forms.Form] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    who, moment = access.asker(request), at(request)
    room = incidents.room(
        who,
        ref,
        at=moment,
        before=perhaps(request.GET.get("before")),
        cases_page=whole(request.GET.get("cases")),
    )
    manages = room.state.manager == who.actor
    blank = verbs.blank(incident_verbs.VERBS, who, manages=manages, given=_choices(request, room))
    told = {
        "room": room,
        "row": room.row,
        "state": room.state,
        "policy": room.policy,
        "forms": _wanted(blank, room, who) | (refused or {}),
        "cards": rooms.cards(room),
        "ended": rooms.ended(room),
        "next": rooms.next_due(room),
        "lines": lines(room.timeline, room.policy),
        "customer_choices": customers.choices(who),
        "manages": manages,
        "own_hint": _own_hint(room),
        "is_senior": access.signed_in(request).is_senior,
        "contains": any(room.policy.issue_type(s).contain_within for s in room.state.types),
        "is_offered": room.state.offered_to == who.actor,
        "rings_me": rooms.rings(room, who.actor),
        "alerts": doors.of_incident(room.row.number),
        "may_report": rights.may(who, "incident.publish_report", manages=manages),
    }
    return page(request, "incident.html", told, here="board", status=status)


def _own_hint(room: Room) -> str:
    """What whoever has another emergency reads before they take this one too."""
    return f"You are the incident manager of {', '.join(room.own_beside)}."


def _choices(request: HttpRequest, standing: Standing | Room) -> dict[str, Any]:
    """What the forms offer to choose among."""
    who, moment = access.asker(request), at(request)
    state, policy = standing.state, standing.policy
    return {
        "who": who,
        "policy": policy,
        "types": state.types,
        "people": [p for p in oncall.colleagues(who) if p.actor != state.manager],
        "components": standing.components,
        "is_public": standing.is_public,
        "at": moment,
        "latest": incidents.latest_next(state, policy, moment),
    }


def _wanted(blank: dict[str, forms.Form], room: Room, who: Asker) -> dict[str, forms.Form]:
    """The forms that make sense as the incident stands now; the others would only be refused."""
    possible = rooms.possible(room, who)
    return {name: form for name, form in blank.items() if name in possible}
