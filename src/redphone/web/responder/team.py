"""A team's page, with its layers, week plan and exceptions; and a page for each shift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from redphone.core.oncall import Layer, Source
from redphone.records.queries import duty, teams
from redphone.records.queries.duty import ShiftSeen
from redphone.records.queries.people import Names
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder import layer_words, oncall
from redphone.web.responder.forms import DAYS
from redphone.web.responder.pages import page

LONGEST = timedelta(days=7)
"""How far a form reaches by itself, where a shift has no end in sight."""


@require_GET
@access.staff_only
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """How a team's rota stands, and what can be changed in it."""
    moment = at(request)
    found = teams.team_plan(access.asker(request), slug, at=moment)
    told = {
        "tab": "",
        "plan": found,
        "standing": found.standing,
        "zone": access.signed_in(request).time_zone,
        "layers": [(row, in_words(layer, found.names, moment)) for row, layer in found.layers],
        "week": [(name, shifts) for name, shifts in zip(DAYS, found.days, strict=True)],
        "has_week": any(found.days),
        "stand_in": oncall.form(request, "add-override", _from_now(found.standing.name, moment)),
        "stand_in_myself": oncall.form(
            request, "stand-in", _from_now(found.standing.name, moment)
        ),
    }
    return page(request, "team.html", told, here="oncall")


def _from_now(name: str, moment: datetime) -> dict[str, Any]:
    now = moment.replace(second=0, microsecond=0)
    return {"team": name, "starts_at": now, "ends_at": now + timedelta(hours=8)}


def in_words(layer: Layer, names: Names, moment: datetime) -> dict[str, Any]:
    """A layer as the page says it."""
    return {
        "turns": layer_words.turns(layer, names),
        "rhythm": layer_words.rhythm(layer),
        "limits": layer_words.limits(layer),
        "begins": layer.starts_at if layer.starts_at > moment else None,
    }


@require_GET
@access.staff_only
def shift(request: HttpRequest, slug: str) -> HttpResponse:
    """One shift: why each is on call in it, and what a person can do about it."""
    moment = at(request)
    seen = duty.shift(access.asker(request), slug, at=_moment(request.GET.get("at", ""), moment))
    begins = max(seen.begins or moment, moment).replace(second=0, microsecond=0)
    ends = min(seen.ends or begins + LONGEST, begins + LONGEST)
    times = {"starts_at": begins, "ends_at": ends, "team": seen.team}
    own_begins, own_ends = seen.own or (begins, ends)
    own_begins = max(own_begins, moment).replace(second=0, microsecond=0)
    mine_all = times | {
        "starts_at": own_begins,
        "ends_at": min(own_ends, own_begins + LONGEST),
    }
    own = f"person:{access.asker(request).person_id}"
    others = [person for person in seen.span.people if person != own]
    first = int(others[0].removeprefix("person:")) if others else None
    is_over = seen.ends is not None and seen.ends <= moment
    mine = own in seen.span.people
    told = {
        "tab": "",
        "seen": seen,
        "people": [seen.names[person] for person in seen.span.people],
        "because": [_because(each, seen) for each in seen.because],
        "is_now": seen.span.starts_at <= moment < seen.span.ends_at,
        "is_over": is_over,
        "is_mine": mine,
        "zone": access.signed_in(request).time_zone,
    }
    if not is_over:
        told |= {
            "stand_in": oncall.form(request, "add-override", times | {"instead_of": first}),
            "stand_in_myself": oncall.form(request, "stand-in", times | {"instead_of": first}),
            "ask_swap": oncall.form(request, "ask-swap", mine_all) if mine else None,
            "away": oncall.form(request, "add-absence", mine_all) if mine else None,
        }
    return page(request, "shift.html", told, here="oncall")


def _because(each: Any, seen: ShiftSeen) -> tuple[str, str]:
    """Who, and where they come from, in words."""
    place = f"the layer “{each.name}”" if each.layer else "the week plan"
    if each.source is not Source.OVERRIDE:
        return seen.names[each.person], f"by {place}"
    if each.instead_of:
        return seen.names[each.person], f"in place of {seen.names[each.instead_of]}, {place}"
    alone = any(o.replaces_all and o.person.actor == each.person for o in seen.overrides)
    return seen.names[each.person], "stands in alone" if alone else "stands in, beside the rota"


def _moment(text: str, now: datetime) -> datetime:
    """A moment out of an address, in seconds since 1970; now, whatever else is typed there."""
    if not text.isdigit() or len(text) > 10:
        return now
    found = datetime.fromtimestamp(int(text), UTC)
    return found if found.year in range(2000, 2101) else now
