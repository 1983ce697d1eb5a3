"""The tokens of the API: for admins, since whoever holds one acts as its person."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import tokens as actions
from redphone.records.queries import rights
from redphone.records.queries import tokens as reads
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder.pages import page

RIGHT = "tokens.change"


class NewToken(forms.Form):
    name = forms.CharField(label="What uses it", max_length=100)
    person = forms.CharField(
        label="Acts as",
        max_length=254,
        help_text="The e-mail address of one of the desk’s people, or of a customer’s.",
    )
    days = forms.IntegerField(
        label="Expires after days", min_value=1, max_value=3650, initial=365, required=False
    )


@require_GET
@access.staff_only
def token_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_POST
@never_cache
@access.staff_only
def create(request: HttpRequest) -> HttpResponse:
    """Make a token. Its text stands on the page that follows, and is kept nowhere."""
    rights.require(access.asker(request), RIGHT)
    form = NewToken(request.POST)
    if form.is_valid():
        with errors.refused(request, form):
            days = form.cleaned_data["days"]
            _, text = actions.create(
                person=form.cleaned_data["person"],
                name=form.cleaned_data["name"],
                at=at(request),
                expires_at=at(request) + timedelta(days=days) if days else None,
            )
            return _list(request, made=text)
    return _list(request, form)


@require_POST
@access.staff_only
def revoke(request: HttpRequest) -> HttpResponse:
    """Take a token back."""
    rights.require(access.asker(request), RIGHT)
    with errors.refused(request):
        gone = actions.revoke(prefix=request.POST.get("prefix", ""), at=at(request))
        messages.success(request, f"{gone.name} opens nothing any more.")
    return redirect("responder:tokens")


def _list(request: HttpRequest, form: NewToken | None = None, made: str = "") -> HttpResponse:
    told = {
        "tokens": reads.tokens(access.asker(request)),
        "form": form or NewToken(),
        "made": made,
    }
    status = 422 if form is not None else 200
    return page(request, "tokens.html", told, here="connections", status=status)
