"""The doors of monitors: everyone of the desk sees them, and managers make and close them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import doors as actions
from redphone.channels.alerts import FORMATS
from redphone.records import policies
from redphone.records.models import Component, Customer, Door
from redphone.records.queries import doors as reads
from redphone.records.queries import rights
from redphone.web import access, errors, files
from redphone.web.middleware import at
from redphone.web.responder import door_snippets
from redphone.web.responder.pages import page

RIGHT = "doors.change"


class NewDoor(forms.Form):
    """A door as somebody describes it. Most of it may stay as it is."""

    name = forms.CharField(
        label="What comes in by it", max_length=100, help_text="“Alertmanager, Frankfurt”"
    )
    format = forms.ChoiceField(label="What it sends")
    customer = forms.ChoiceField(
        label="Whose monitor it is",
        required=False,
        help_text="A customer’s alerts become that customer’s cases.",
    )
    component = forms.ChoiceField(label="What it speaks for", required=False)
    issue_type = forms.ChoiceField(label="What its alerts are", required=False)
    most_a_minute = forms.IntegerField(
        label="New incidents a minute",
        initial=10,
        min_value=1,
        max_value=1000,
        help_text="What is more than that is put together in one incident, and pages once.",
    )
    secret = forms.CharField(
        label="Secret of the sender",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Only where it signs: Sentry, Standard Webhooks.",
    )
    mapping = forms.CharField(
        label="Mapping",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For JSON of your own: where its title, state and key stand, as JSON.",
    )
    opens_for_tests = forms.BooleanField(
        label="A test of the sender opens an incident, too", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: dict[str, list[tuple[str, str]]] = {
            "format": [
                (actions.ANY, "Recognise it by itself"),
                *((slug, each.name) for slug, each in FORMATS.items()),
            ],
            "customer": [
                ("", "Our own"),
                *((each.slug, each.name) for each in Customer.objects.order_by("name")[:2000]),
            ],
            "component": [
                ("", "Nothing in particular"),
                *((each.slug, each.name) for each in Component.objects.all()),
            ],
            "issue_type": [
                ("", "Let triage suggest it"),
                *((t.slug, t.name) for t in policies.current().policy.issue_types.values()),
            ],
        }
        for name, choices in chosen.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


@require_GET
@access.staff_only
def door_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_POST
@never_cache
@access.staff_only
def create(request: HttpRequest) -> HttpResponse:
    """Make a door. Its token stands on the page that follows, and is kept nowhere."""
    rights.require(access.asker(request), RIGHT)
    form = NewDoor(request.POST)
    if form.is_valid():
        with errors.refused(request, form):
            said = form.cleaned_data
            mapping = actions.read_mapping(said.pop("mapping"))
            made, token = actions.create(**said, mapping=mapping, at=at(request))
            return _door(request, made, token)
    return _list(request, form)


@require_GET
@access.staff_only
def door(request: HttpRequest, number: int) -> HttpResponse:
    return _door(request, reads.door(access.asker(request), number))


@require_POST
@access.staff_only
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """Take a door's token back."""
    rights.require(access.asker(request), RIGHT)
    found = reads.door(access.asker(request), number)
    with errors.refused(request):
        gone = actions.close(door=found.pk, at=at(request))
        messages.success(request, f"{gone.name} takes nothing any more.")
    return redirect("responder:door", number)


@require_POST
@access.staff_only
def try_it(request: HttpRequest, number: int) -> HttpResponse:
    """Let an example of its format go through the door's reader. It opens nothing."""
    rights.require(access.asker(request), RIGHT)
    found = reads.door(access.asker(request), number)
    with errors.refused(request):
        title = actions.try_door(door=found.pk, at=at(request))
        messages.success(request, f"It was read as “{title}”, and is kept below as a test.")
    return redirect("responder:door", number)


@require_GET
@access.staff_only
def raw(request: HttpRequest, number: int) -> HttpResponse:
    """The body of an alert as it came, to be saved and never to be opened by the browser."""
    return files.download(reads.raw(access.asker(request), number), f"alert-{number}.txt")


def _list(request: HttpRequest, form: NewDoor | None = None) -> HttpResponse:
    who = access.asker(request)
    told = {
        "lines": reads.doors(who, at=at(request)),
        "form": form or NewDoor(),
        "formats": _formats(),
        "may_change": rights.may(who, RIGHT),
    }
    return page(request, "doors.html", told, here="connections", status=422 if form else 200)


def _door(request: HttpRequest, found: Door, token: str = "") -> HttpResponse:
    who = access.asker(request)
    told = {
        "door": found,
        "format_name": _formats().get(found.format, found.format),
        "made": token,
        "address": door_snippets.address(found, settings.PUBLIC_URL),
        "snippets": door_snippets.snippets(found, token, settings.PUBLIC_URL),
        "alerts": reads.latest(who, found),
        "may_change": rights.may(who, RIGHT) and found.revoked_at is None,
    }
    return page(request, "door.html", told, here="connections")


def _formats() -> dict[str, str]:
    return {slug: each.name for slug, each in FORMATS.items()} | {actions.ANY: "any that we know"}
