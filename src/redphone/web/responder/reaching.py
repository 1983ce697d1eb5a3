"""Personal rules; and, for those who answer for the desk, who can be reached on what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import devices, rules
from redphone.core.reach import Line, Try, in_words, warnings
from redphone.core.stream import DeskError
from redphone.records.models import Device
from redphone.records.models.device import Urgency
from redphone.records.queries import devices as reads
from redphone.records.queries import rights
from redphone.records.queries.asker import NotYours
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder import device_forms
from redphone.web.responder.device_forms import read_steps
from redphone.web.responder.pages import page


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the editor. `minutes` is as it stands in its field; `device` None is empty."""

    number: int
    device: int | None
    minutes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule in its editor: its rows, and what they would do."""

    urgency: Urgency
    rows: tuple[Row, ...]
    words: tuple[Line, ...]
    warnings: tuple[str, ...]
    is_own: bool
    is_unsaved: bool = False
    error: str = ""


@require_GET
@never_cache
@access.staff_only
def rule_list(request: HttpRequest) -> HttpResponse:
    return _rules(request)


@require_POST
@access.staff_only
def rule(request: HttpRequest, urgency: str, verb: str) -> HttpResponse:
    """Save a rule, go back to the desk's own, or show what a rule would do before it is saved."""
    who, which = access.asker(request), _urgency(urgency)
    rights.require(who, "devices.own")
    try:
        match verb:
            case "preview":
                return _preview(request, which)
            case "save":
                steps = read_steps(request.POST)
                rules.change(person=who.person_id or 0, urgency=which, steps=steps)
                messages.success(request, "Saved. The next page goes by it.")
            case "reset":
                rules.change(person=who.person_id or 0, urgency=which, steps=())
                messages.success(request, "The desk’s own rule holds again.")
            case _:
                raise NotYours
    except DeskError as error:
        if errors.status(error) != 409:
            raise
        return _rules(request, which, error=str(error))
    return redirect(f"{reverse('responder:rules')}#{which.value}")


def _urgency(text: str) -> Urgency:
    if text not in Urgency.values:
        raise NotYours
    return Urgency(text)


def _preview(request: HttpRequest, which: Urgency) -> HttpResponse:
    found = _typed(request, which, error="")
    if request.headers.get("HX-Request"):
        return render(request, "responder/rule_words.html", {"rule": found})
    return _rules(request, which)


def _rules(request: HttpRequest, typed: Urgency | None = None, error: str = "") -> HttpResponse:
    who = access.asker(request)
    told = {
        "rules": [
            _typed(request, each, error=error) if each is typed else _saved(request, each)
            for each in Urgency
        ],
        "devices": [each.row for each in reads.own(who, at=at(request))],
    }
    return page(request, "rules.html", told, here="profile", status=409 if error else 200)


def _saved(request: HttpRequest, which: Urgency) -> Rule:
    person = access.signed_in(request).pk
    own = reads.steps(person, which)
    if own:
        planned = [reads.as_try(step.device, timedelta(seconds=step.after_s)) for step in own]
    else:
        planned = [each for each in reads.tries(person, which) if each.device]
    rows = [(each.device, _as_minutes(each.after)) for each in planned]
    return _shown(which, rows, planned, is_own=bool(own))


def _typed(request: HttpRequest, which: Urgency, *, error: str) -> Rule:
    """A rule as it was typed, before it is saved."""
    mine = {each.pk: each for each in _own_devices(request)}
    rows = [
        (int(device), request.POST.get(f"after_{number}", "")[:10])
        for number in range(device_forms.ROWS)
        if (device := request.POST.get(f"device_{number}", "")[:17]).isdigit() and device.isascii()
    ]
    try:
        steps = read_steps(request.POST)
    except DeskError as unreadable:
        steps, error = [], error or str(unreadable)
    ordered = sorted((step for step in steps if step.device in mine), key=lambda s: s.after)
    planned = [reads.as_try(mine[step.device], step.after) for step in ordered]
    person = access.signed_in(request).pk
    return _shown(
        which,
        rows,
        planned,
        is_own=bool(reads.steps(person, which)),
        is_unsaved=True,
        error=error,
    )


def _own_devices(request: HttpRequest) -> list[Device]:
    return [each.row for each in reads.own(access.asker(request), at=at(request))]


def _shown(
    which: Urgency,
    rows: list[tuple[int, str]],
    planned: list[Try],
    *,
    is_own: bool,
    is_unsaved: bool = False,
    error: str = "",
) -> Rule:
    is_urgent = which is Urgency.URGENT
    climbs = reads.climbs_after() if is_urgent else None
    empty = [(None, "")] * min(device_forms.SPARE, device_forms.ROWS - len(rows))
    return Rule(
        urgency=which,
        rows=tuple(
            Row(number=n, device=device, minutes=minutes)
            for n, (device, minutes) in enumerate([*rows, *empty])
        ),
        words=in_words(planned, climbs),
        warnings=warnings(planned, is_urgent=is_urgent, climbs_after=climbs),
        is_own=is_own,
        is_unsaved=is_unsaved,
        error=error,
    )


def _as_minutes(after: timedelta) -> str:
    return f"{after.total_seconds() / 60:g}"


@require_GET
@never_cache
@access.staff_only
def reach(request: HttpRequest) -> HttpResponse:
    return _reach(request)


@require_POST
@access.staff_only
def add_for(request: HttpRequest) -> HttpResponse:
    """Add a device for somebody: it rings once they have entered its code on their own page."""
    who = access.asker(request)
    rights.require(who, "devices.add_for_others")
    people = [each.person for each in reads.reached(who, at=at(request))]
    form = device_forms.ForSomebody(request.POST, people=people)
    if form.is_valid():
        with errors.refused(request, form):
            made = devices.add(**form.cleaned_data, by=who.actor, at=at(request))
            messages.success(
                request, f"Added. {made.person.name} has its code sent from their own page."
            )
            return redirect("responder:reach")
    return _reach(request, form)


def _reach(request: HttpRequest, form: device_forms.ForSomebody | None = None) -> HttpResponse:
    who = access.asker(request)
    found = reads.reached(who, at=at(request))
    people = [each.person for each in found]
    told = {
        "people": found,
        "unreachable": [each.person.name for each in found if not each.is_reachable],
        "may_add": rights.may(who, "devices.add_for_others"),
        "form": form or device_forms.ForSomebody(people=people),
    }
    return page(request, "reach.html", told, here="oncall", status=409 if form else 200)
