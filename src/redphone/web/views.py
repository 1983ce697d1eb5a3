"""The door: where `/` leads, and each person's own page."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch
from django.views.decorators.http import require_POST

from redphone.actions import people
from redphone.web import access, errors


def home(request: HttpRequest) -> HttpResponse:
    """Each to where their work is; who has not signed in most likely has an emergency."""
    who = access.asker(request)
    if who.is_staff:
        try:
            return redirect("responder:board")
        except NoReverseMatch:
            return redirect("profile")
    return redirect("customer:cases" if who.is_customer else "customer:report")


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """A person's own page: who they are to the desk, and how they sign in."""
    person = access.signed_in(request)
    kinds = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    told = {
        "person": person,
        "has_app": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "has_codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "working": person.devices.filter(verified_at__isnull=False, off_at=None).count(),
        "here": "profile",
        "shell": "web/desk.html" if access.asker(request).is_staff else "web/public.html",
    }
    return render(request, "account/profile.html", told)


@require_POST
@access.staff_only
def set_phone(request: HttpRequest) -> HttpResponse:
    """The telephone on which the hotline rings one of the desk's people."""
    with errors.refused(request):
        phone = request.POST.get("phone", "")[:50]
        people.set_phone(person=access.signed_in(request).pk, phone=phone)
        said = "The hotline rings you there when you are on call."
        messages.success(request, said if phone.strip() else "The hotline rings you no more.")
    return redirect("responder:devices")
