"""The calendar of on-call: weeks and months, by team and by person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import people
from redphone.records.models import Person
from redphone.records.queries import calendar as reads
from redphone.records.queries import oncall
from redphone.web import access, errors, walls
from redphone.web.middleware import at
from redphone.web.responder import calendar_days, calendar_rows
from redphone.web.responder.forms import DAYS
from redphone.web.responder.pages import back_to, page, perhaps

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; what makes no sense in it is what is usual."""

    by: str
    show: str
    on: date
    zone: ZoneInfo
    team: str
    person: int | None

    @property
    def is_one(self) -> bool:
        """Whether one team or one person is shown, and a day has room for names."""
        return bool(self.team or self.person)

    def link(self, **changed: str | int | None) -> str:
        """The calendar's address with some of this changed; None takes a part away."""
        parts: dict[str, str | int | None] = {
            "by": self.by,
            "show": self.show,
            "on": self.on.isoformat(),
            "team": self.team or None,
            "person": self.person,
        }
        kept = {name: value for name, value in (parts | changed).items() if value is not None}
        return f"{reverse('responder:calendar')}?{urlencode(kept)}"


@require_GET
@access.staff_only
def calendar(request: HttpRequest) -> HttpResponse:
    """Who is on call over a week or a month, in the days of whoever looks."""
    who, moment = access.asker(request), at(request)
    asked = _asked(request, moment)
    first, last = _reach(asked)
    shown = calendar_days.days(first, last, asked.zone, moment)
    found = reads.calendar(
        who, start=shown[0].starts_at, end=shown[-1].ends_at, team=asked.team or None
    )
    only = f"person:{asked.person}" if asked.person else None
    rows = (
        calendar_rows.by_person(found, only)
        if asked.by == "person"
        else calendar_rows.by_team(found)
    )
    cut = partial(calendar_days.cells, shown=shown, within=asked.zone, at=moment)
    colleagues = oncall.colleagues(who)
    told = {
        "tab": "calendar",
        "asked": asked,
        "days": shown,
        "day_names": DAYS,
        "rows": [(row, asked.link(**{asked.by: row.key}), cut(row.stretches)) for row in rows],
        "weeks": _weeks(cut(rows[0].stretches)) if _is_grid(asked) and rows else (),
        "holes": [(row, holes) for row in rows if (holes := _holes(row, moment))],
        **_exceptions(found, asked.person),
        "colleagues": colleagues,
        "named": next((each.name for each in colleagues if each.pk == asked.person), ""),
        "teams": oncall.team_names(who),
        "title": _title(asked, first, last),
        "steps": _steps(asked, first, last, moment),
        "by_team": asked.link(by="team", team=None, person=None),
        "by_person": asked.link(by="person", team=None, person=None),
        "my_shifts": asked.link(by="person", team=None, person=who.person_id),
        "zone": asked.zone.key,
        "zone_words": asked.zone.key.replace("_", " "),
        "zones": walls.zone_names(),
    }
    return page(request, "calendar.html", told, here="oncall")


def _exceptions(found: reads.Calendar, person: int | None) -> dict[str, object]:
    """Stand-ins, swaps and absences of these days: everybody's, or those of one person."""

    def concerns(*people: int | None) -> bool:
        return person is None or person in people

    return {
        "away": [each for each in found.absences if concerns(each.person_id)],
        "swaps": [
            swap
            for team in found.teams
            for swap in team.swaps
            if concerns(swap.asked_by_id, swap.asked_of_id)
        ],
        "overrides": [
            (team, each)
            for team in found.teams
            for each in team.overrides
            if concerns(each.person_id, each.instead_of_id)
        ],
    }


def _holes(row: calendar_rows.Row, moment: datetime) -> list[calendar_days.Stretch]:
    """Hours with nobody that are not over."""
    return [each for each in row.stretches if each.kind == "hole" and each.ends_at > moment]


def _is_grid(asked: Asked) -> bool:
    return asked.show == "month" and asked.is_one


def _asked(request: HttpRequest, moment: datetime) -> Asked:
    given = request.GET
    zone = walls.zone(access.signed_in(request).time_zone)
    by = "person" if given.get("by") == "person" else "team"
    return Asked(
        by=by,
        show="month" if given.get("show") == "month" else "week",
        on=_date(given.get("on", ""), moment.astimezone(zone).date()),
        zone=zone,
        team=given.get("team", "") if by == "team" else "",
        person=perhaps(given.get("person")) if by == "person" else None,
    )


def _date(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if _FIRST <= found < _LAST else today


def _reach(asked: Asked) -> tuple[date, date]:
    """The first and the last day that are shown; a grid's weeks are whole."""
    if asked.show == "week":
        first = asked.on - timedelta(days=asked.on.weekday())
        return first, first + _WEEK - _DAY
    first, last = _month(asked.on)
    if not _is_grid(asked):
        return first, last
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def _month(on: date) -> tuple[date, date]:
    first = on.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - _DAY


def _weeks(cells: tuple[calendar_days.Cell, ...]) -> list[list[calendar_days.Cell | None]]:
    """A month's cells in rows of seven, Monday first; a day that a zone left out is empty."""
    weeks: dict[date, list[calendar_days.Cell | None]] = {}
    for cell in cells:
        on = cell.day.on
        week = weeks.setdefault(on - timedelta(days=on.weekday()), [None] * 7)
        week[on.weekday()] = cell
    return list(weeks.values())


def _title(asked: Asked, first: date, last: date) -> str:
    if asked.show == "month":
        return f"{asked.on:%B %Y}"
    return f"{walls.day(first)} to {walls.day(last)} {last.year}"


def _steps(asked: Asked, first: date, last: date, moment: datetime) -> dict[str, str]:
    """Where "earlier", "today" and "later" lead."""
    if asked.show == "month":
        first, last = _month(asked.on)
    today = moment.astimezone(asked.zone).date()
    return {
        "earlier": asked.link(on=(first - _DAY).isoformat()),
        "today": asked.link(on=today.isoformat()),
        "later": asked.link(on=(last + _DAY).isoformat()),
    }


@require_POST
@access.staff_only
def set_zone(request: HttpRequest) -> HttpResponse:
    """The zone in which somebody is shown days, and in which their nights are nights."""
    person: Person = access.signed_in(request)
    name = request.POST.get("zone", "")[:80].strip()
    with errors.refused(request):
        people.set_time_zone(person=person.pk, time_zone=name)
        messages.success(request, f"Your days are those of {name} now.")
    return redirect(back_to(request, reverse("responder:calendar")))
