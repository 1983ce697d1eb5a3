"""A person's own duty: what waits for them, their next shifts, their swaps and absences."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from redphone.records.queries import calendar as reads
from redphone.records.queries import duty, rights
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder import calendar_rows, oncall
from redphone.web.responder.pages import page

AHEAD = timedelta(days=35)


@require_GET
@access.staff_only
def mine(request: HttpRequest) -> HttpResponse:
    """My duty of the next five weeks; those who look after rotas see everybody's exceptions."""
    who, moment = access.asker(request), at(request)
    leads = rights.may(who, "oncall.change")
    found = reads.calendar(who, start=moment, end=moment + AHEAD)
    (row,) = calendar_rows.by_person(found, who.actor)
    shifts = sorted((s for s in row.stretches if not s.kind), key=lambda each: each.starts_at)
    soon = moment.replace(second=0, microsecond=0)
    times = {"starts_at": soon, "ends_at": soon + timedelta(days=1)}
    absent = duty.absences(who, at=moment, everybody=leads)
    told = {
        "tab": "mine",
        "zone": access.signed_in(request).time_zone,
        "shifts": shifts[:40],
        "more": len(shifts) - 40,
        "ahead": AHEAD,
        "to_answer": duty.swaps_to_answer(who, at=moment),
        "asked": duty.swaps_asked(who, at=moment),
        "of_others": duty.swaps_of_others(who, at=moment) if leads else (),
        "my_absences": [each for each in absent if each.person_id == who.person_id],
        "other_absences": [each for each in absent if each.person_id != who.person_id],
        "leads": leads,
        "away": oncall.form(request, "add-absence", times),
        "away_for": oncall.form(request, "add-absence-for", times),
        "ends_at": found.ends_at,
    }
    return page(request, "mine.html", told, here="oncall")
