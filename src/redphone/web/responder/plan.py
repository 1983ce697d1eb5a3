"""Changing a team's rota: what a change does is shown first, and only what was seen is saved.

A change is a form that is sent twice: the first time its effect is shown, the second time, with
the mark of what was shown, it is saved. When anything moved in between, the effect is shown again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from redphone.actions import layers
from redphone.actions import oncall as actions
from redphone.actions.rota import LeavesAHole, RotaError
from redphone.core.oncall import Rota
from redphone.core.oncall import Shift as Weekly
from redphone.records.queries import oncall, rights, teams
from redphone.records.queries.asker import NotYours
from redphone.records.queries.teams import TeamPlan
from redphone.web import access, walls
from redphone.web.middleware import at
from redphone.web.responder import layer_form
from redphone.web.responder.forms import Shift
from redphone.web.responder.layer_form import Typed
from redphone.web.responder.pages import page
from redphone.web.responder.preview import AHEAD, preview

changing = require_http_methods(["GET", "POST"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that nobody has saved yet: both rotas, and what carries it out.

    `wanted` is what was filled in, as a value that always reads alike.
    """

    before: Rota
    after: Rota
    wanted: object
    carry_out: Callable[..., object]
    done: str


@changing
@access.staff_only
def new_layer(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a layer to a team."""
    found = _team(request, slug)
    if request.method == "GET":
        zone = found.standing.time_zone
        typed = layer_form.blank(zone, found.rota.layers, at(request))
        return _show(request, found, "Add a layer", typed=typed)
    save = partial(layers.add_layer, team=found.standing.name)
    return _layer(request, found, "Add a layer", save, "The layer is on the rota.")


@changing
@access.staff_only
def layer(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change a layer of a team."""
    found = _team(request, slug)
    current = next((each for row, each in found.layers if row.pk == number), None)
    if current is None:
        raise NotYours
    title = f"Change “{current.name}”"
    if request.method == "GET":
        return _show(request, found, title, typed=layer_form.of_layer(current))

    def save(layer: layers.Planned, **given: Any) -> object:
        return layers.change_layer(layer=number, to=layer, **given)

    return _layer(request, found, title, save, "The layer is changed.", instead_of=number)


def _layer(
    request: HttpRequest,
    found: TeamPlan,
    title: str,
    save: Callable[..., object],
    done: str,
    instead_of: int | None = None,
) -> HttpResponse:
    typed = layer_form.typed(request.POST, oncall.colleagues(access.asker(request)))
    if "more" in request.POST:
        return _show(request, found, title, typed=typed, more=layer_form.ROOM)
    if not typed.is_valid:
        return _show(request, found, title, typed=typed, status=409)
    wanted, moment = typed.planned(), at(request)
    try:
        layers.check(wanted, at=moment)
    except RotaError as error:
        typed.errors.append(str(error))
        return _show(request, found, title, typed=typed, status=409)
    before, after = layers.planned(
        team=found.standing.name,
        at=moment,
        until=moment + AHEAD,
        layer=wanted,
        instead_of=instead_of,
    )
    change = Change(
        before=before,
        after=after,
        wanted=wanted,
        carry_out=partial(save, layer=wanted),
        done=done,
    )
    return _settle(request, found, title, change, typed=typed)


@changing
@access.staff_only
def remove_layer(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a layer off a team's rota."""
    found = _team(request, slug)
    current = next((each for row, each in found.layers if row.pk == number), None)
    if current is None:
        raise NotYours
    rest = tuple(each for each in found.rota.layers if each is not current)
    change = Change(
        before=found.rota,
        after=replace(found.rota, layers=rest),
        wanted=("remove", number),
        carry_out=partial(layers.remove_layer, layer=number),
        done="The layer is off the rota.",
    )
    return _settle(request, found, f"Remove “{current.name}”", change)


@changing
@access.staff_only
def new_shift(request: HttpRequest, slug: str) -> HttpResponse:
    """Put somebody on a team's week."""
    found = _team(request, slug)
    people = oncall.colleagues(access.asker(request))
    team = {"team": found.standing.name}
    if request.method == "GET":
        return _show(request, found, "Add a shift", form=Shift(people=people, initial=team))
    form = Shift(request.POST.dict() | team, people=people)
    if not form.is_valid():
        return _show(request, found, "Add a shift", form=form, status=409)
    data = form.cleaned_data
    weekly = Weekly(
        person=f"person:{data['person']}",
        weekday=data["weekday"],
        starts=data["starts"],
        ends=data["ends"],
    )
    change = Change(
        before=found.rota,
        after=replace(found.rota, shifts=(*found.rota.shifts, weekly)),
        wanted=weekly,
        carry_out=partial(actions.add_shift, **data),
        done="The shift is on the rota.",
    )
    return _settle(request, found, "Add a shift", change, form=form)


@changing
@access.staff_only
def remove_shift(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take somebody off a team's week."""
    found = _team(request, slug)
    row = next((each for day in found.days for each in day if each.pk == number), None)
    if row is None:
        raise NotYours
    gone = Weekly(person=row.person.actor, weekday=row.weekday, starts=row.starts, ends=row.ends)
    change = Change(
        before=found.rota,
        after=replace(found.rota, shifts=tuple(s for s in found.rota.shifts if s != gone)),
        wanted=("remove", number),
        carry_out=partial(actions.remove_shift, shift=number),
        done="The shift is gone.",
    )
    return _settle(request, found, f"Remove {row.person.name}’s shift", change)


def _team(request: HttpRequest, slug: str) -> TeamPlan:
    who = access.asker(request)
    rights.require(who, "oncall.change")
    return teams.team_plan(who, slug, at=at(request))


def _settle(
    request: HttpRequest, found: TeamPlan, title: str, change: Change, **told: Any
) -> HttpResponse:
    """Save a change whose effect was seen; otherwise show it."""
    moment = at(request)
    shown = preview(change.before, change.after, change.wanted, moment)
    refused = _saved(request, change, shown.seen) if "save" in request.POST else None
    if refused == "":
        messages.success(request, change.done)
        return redirect("responder:team", found.standing.slug)
    told |= {"shown": shown, "refused": refused}
    return _show(request, found, title, status=409 if refused else 200, **told)


def _saved(request: HttpRequest, change: Change, seen: str) -> str:
    """Why it was not saved; "" when it was."""
    if request.POST.get("seen") != seen:
        return "This is not what you were shown, or the rota has moved. Look once more, then save."
    named = request.POST.get("holes_named") == "yes"
    by = access.asker(request).actor
    try:
        change.carry_out(by=by, at=at(request), holes_named=named)
    except LeavesAHole:
        return "Not saved: there are hours with nobody. Name them, by the box below, or fill them."
    except RotaError as error:
        return str(error)
    return ""


def _show(
    request: HttpRequest,
    found: TeamPlan,
    title: str,
    *,
    typed: Typed | None = None,
    more: int = 1,
    status: int = 200,
    **told: Any,
) -> HttpResponse:
    standing = found.standing
    told |= {
        "tab": "",
        "title": title,
        "standing": standing,
        "back": reverse("responder:team", args=[standing.slug]),
        "zone": standing.time_zone,
        "typed": typed.with_room(more) if typed else None,
        "colleagues": oncall.colleagues(access.asker(request)),
        "week_days": layer_form.CHOICES_OF_DAYS,
        "zones": walls.zone_names() if typed else (),
    }
    return page(request, "plan.html", told, here="oncall", status=status)
