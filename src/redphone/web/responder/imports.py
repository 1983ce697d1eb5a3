"""Importing schedules: choose the files, look at the proof, say who is whom, save."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from redphone.actions import import_told, imports
from redphone.actions.import_consent import Consent
from redphone.channels.schedules import FORMATS
from redphone.records.models import Person, ScheduleImport
from redphone.records.queries import imports as reads
from redphone.records.queries import oncall, rights
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder.pages import page

RIGHT = reads.RIGHT


class Files(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    """Files of one schedule: each is looked at by Django as one alone would be."""

    widget = Files

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(ManyFiles, self).clean(each, initial) for each in given]


class NewImport(forms.Form):
    """What somebody wants to take over, and for which team."""

    team = forms.ChoiceField(label="Team", help_text="Whose plan it becomes.")
    source = forms.ChoiceField(
        label="Comes from", choices=[(slug, each.name) for slug, each in FORMATS.items()]
    )
    given = ManyFiles(
        label="Files",
        help_text="All that the other system gave you for this one schedule: the schedule, "
        "its overrides, its users, its timeline.",
    )

    def __init__(self, *args: Any, teams: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in teams]


@require_http_methods(["GET", "POST"])
@access.staff_only
def import_list(request: HttpRequest) -> HttpResponse:
    """The form for a schedule, and what was imported before."""
    who = access.asker(request)
    rights.require(who, RIGHT)
    teams = reads.teams(who)
    form = NewImport(request.POST or None, request.FILES or None, teams=teams)
    if request.method == "POST" and form.is_valid():
        with errors.refused(request, form):
            row = imports.try_out(
                team=form.cleaned_data["team"],
                source=form.cleaned_data["source"],
                files=[(each.name, each.read()) for each in form.cleaned_data["given"]],
                chosen={},
                by=who.actor,
                at=at(request),
            )
            return redirect("responder:import", row.pk)
    told = {"form": form, "rows": reads.latest(who)}
    return page(request, "imports.html", told, here="oncall", status=422 if form.errors else 200)


@require_GET
@access.staff_only
def an_import(request: HttpRequest, number: int) -> HttpResponse:
    return _show(request, reads.an_import(access.asker(request), number))


@require_POST
@access.staff_only
def match(request: HttpRequest, number: int) -> HttpResponse:
    """Say who of the source is whom here, and prove it again."""
    row = reads.an_import(access.asker(request), number)
    with errors.refused(request):
        imports.look(number=row.pk, chosen=_chosen(request, row), at=at(request))
    return redirect("responder:import", number)


@require_POST
@access.staff_only
def save(request: HttpRequest, number: int) -> HttpResponse:
    """Make it the team's plan. What has to be said first is said on the page."""
    who = access.asker(request)
    row = reads.an_import(who, number)
    consent = Consent(
        lost=request.POST.getlist("lost"),
        differences="differences" in request.POST,
        replaces="replaces" in request.POST,
        holes="holes" in request.POST,
    )
    with errors.refused(request):
        imports.adopt(
            number=row.pk,
            chosen=row.proof["chosen"],
            consent=consent,
            by=who.actor,
            at=at(request),
        )
        messages.success(request, f"{row.team.name} is on call by this plan from now on.")
    return redirect("responder:import", number)


def _chosen(request: HttpRequest, row: ScheduleImport) -> dict[str, int]:
    """Whom each person of the source was set to; only of those that the page offers."""
    people = {str(each.pk): each.pk for each in oncall.colleagues(access.asker(request))}
    found = {}
    for number, each in enumerate(row.proof["people"]):
        person = people.get(request.POST.get(f"person-{number}", ""))
        if person is not None:
            found[each["key"]] = person
    return found


def _show(request: HttpRequest, row: ScheduleImport) -> HttpResponse:
    proof, who = row.proof, access.asker(request)
    colleagues = oncall.colleagues(who)
    told = {
        "row": row,
        "proof": proof,
        "source": FORMATS[row.source].name,
        "people": [
            each | {"field": f"person-{number}", "chosen": proof["chosen"].get(each["key"])}
            for number, each in enumerate(proof["people"])
        ],
        "colleagues": colleagues,
        "unknown": [each["name"] for each in proof["people"] if not each["here"]],
        "layers": [layer | {"rhythm": import_told.rhythm(layer)} for layer in proof["layers"]],
        "differences": [
            (_moment(since), _moment(until), theirs, ours)
            for since, until, theirs, ours in proof["differences"]
        ],
        "holes": [(_moment(since), _moment(until)) for since, until in proof["holes"]],
        "differ": row.minutes - row.agree,
        "names": _names(row, colleagues),
    }
    return page(request, "import.html", told, here="oncall")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _names(row: ScheduleImport, colleagues: list[Person]) -> dict[str, str]:
    known = {each.actor: each.name for each in colleagues}
    return {
        "made": known.get(row.made_by, "the desk"),
        "saved": known.get(row.saved_by, "the desk") if row.saved_at else "",
    }
