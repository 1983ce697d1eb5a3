"""The keys by which a vendor's own pages say who is there: for admins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import identity_keys as actions
from redphone.records.models.identity_key import Algorithm
from redphone.records.queries import identity, rights
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder.pages import page

RIGHT = "identity.change"

_ORIGINS = "One a line, as https://app.example. Only their pages may show the form in a frame."


class NewKey(forms.Form):
    name = forms.CharField(label="Whose pages use it", max_length=100)
    algorithm = forms.ChoiceField(
        label="How tokens are signed",
        choices=Algorithm.choices,
        initial=Algorithm.HS256,
        widget=forms.RadioSelect,
    )
    public_key = forms.CharField(
        label="Public key",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="For EdDSA: PEM or JWK. Never the private half.",
    )
    origins = forms.CharField(
        label="Sites",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_ORIGINS,
    )


class Sites(forms.Form):
    origins = forms.CharField(
        label="Sites",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_ORIGINS,
    )


@require_GET
@access.staff_only
def key_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_POST
@never_cache
@access.staff_only
def create(request: HttpRequest) -> HttpResponse:
    """Make a key. A shared secret stands on the page that follows, and never again."""
    who = access.asker(request)
    rights.require(who, RIGHT)
    form = NewKey(request.POST)
    if form.is_valid():
        with errors.refused(request, form):
            key, secret = actions.create(
                name=form.cleaned_data["name"],
                algorithm=form.cleaned_data["algorithm"],
                public_key=form.cleaned_data["public_key"],
                origins=form.cleaned_data["origins"].splitlines(),
                by=who.actor,
                at=at(request),
            )
            return _list(request, made=key, secret=secret)
    return _list(request, form)


@require_POST
@access.staff_only
def sites(request: HttpRequest, kid: str) -> HttpResponse:
    """Change which sites may show the form in a frame."""
    rights.require(access.asker(request), RIGHT)
    form = Sites(request.POST)
    if form.is_valid():
        with errors.refused(request):
            origins = form.cleaned_data["origins"].splitlines()
            key = actions.set_origins(kid=kid, origins=origins)
            messages.success(request, f"The sites of {key.name} are changed.")
    return redirect("responder:identity")


@require_POST
@access.staff_only
def revoke(request: HttpRequest, kid: str) -> HttpResponse:
    """Take a key back."""
    rights.require(access.asker(request), RIGHT)
    with errors.refused(request):
        gone = actions.revoke(kid=kid, at=at(request))
        messages.success(request, f"{gone.name} vouches for nobody any more.")
    return redirect("responder:identity")


def _list(request: HttpRequest, form: NewKey | None = None, **made: Any) -> HttpResponse:
    keys = identity.identity_keys(access.asker(request))
    told = {
        "keys": [(key, _sites_form(key.origins)) for key in keys],
        "form": form or NewKey(),
        "desk_address": settings.PUBLIC_URL,
        **made,
    }
    status = 422 if form is not None else 200
    return page(request, "identity.html", told, here="connections", status=status)


def _sites_form(origins: list[str]) -> Sites:
    return Sites(initial={"origins": "\n".join(origins)}, auto_id=False)
