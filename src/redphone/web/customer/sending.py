"""What the portal's form and the one in a vendor's page share: what they show, how it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from redphone.actions.reports import Incoming
from redphone.records.policies import Pinned
from redphone.records.queries import customer
from redphone.web import middleware
from redphone.web.customer import uploads
from redphone.web.customer.forms import ReportForm, new_key
from redphone.web.customer.questions import question


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who sends a form. `scope` tells their forms from everybody else's."""

    person: int | None = None
    customer: int | None = None
    scope: str = "anonymous"
    notes: Mapping[str, str] = field(default_factory=dict)


def first_form(pinned: Pinned, contact: str) -> ReportForm:
    """An empty form, with the key that makes it one case however often it is sent."""
    first = {"key": new_key(), "contact": contact}
    return ReportForm(initial=first, policy=pinned.policy)


def shown(form: ReportForm, pinned: Pinned, plan: str | None, at: datetime) -> dict[str, Any]:
    """What the form's page names."""
    return {
        "form": form,
        "helpful": [question(name).short for name in form.helpful],
        "policy": pinned.policy,
        "limits": uploads.LIMITS,
        **promised(pinned, plan, at),
    }


def promised(pinned: Pinned, plan: str | None, at: datetime) -> dict[str, Any]:
    """What is promised to whoever reports now, under a plan. Source: FAQ-3, POL-4."""
    theirs = pinned.policy.plan(plan)
    promise = customer.promise(pinned, theirs.slug, at)
    return {
        "plan": theirs,
        "hours": pinned.hours,
        "promise": promise,
        "promised_in": promise.due_at - at,
        "first": theirs.first_response[0],
        "update": min(
            (*theirs.updates, *pinned.policy.urgent_updates), key=lambda each: each.every.length
        ),
    }


def incoming(request: HttpRequest, form: ReportForm, reporter: Reporter) -> Incoming:
    """The form as a report, by the button. Source: FAQ-2, FAQ-6."""
    raw, content_type = uploads.raw(request)
    return Incoming(
        channel="button",
        received_at=middleware.at(request),
        raw=raw,
        content_type=content_type,
        description=form.cleaned_data["description"],
        contact=form.cleaned_data["contact"],
        sender=reporter.person,
        customer=reporter.customer,
        closest_to=form.cleaned_data["closest_to"] or None,
        # The key is the sender's own: nobody can find another's report by guessing it.
        idempotency=(f"button:{reporter.scope}", form.idempotency_key()),
        fields=form.told(),
        notes={**reporter.notes, **uploads.notes(request)},
        files=uploads.files(request),
    )


def is_script(request: HttpRequest) -> bool:
    """Whether a script of ours sent the form, and shows the answer in the page that it is on."""
    return request.headers.get("Accept", "").startswith("application/json")


def onwards(request: HttpRequest, to: str, case: str | None) -> HttpResponse:
    """To the case's page: a script is told where, a browser is sent there."""
    if is_script(request):
        return JsonResponse({"to": to, "case": case}, status=201)
    return redirect(to)


def problems(form: ReportForm) -> HttpResponse:
    """What is wrong with a form, for a script to show beside its fields."""
    return JsonResponse({"problems": form.errors}, status=422)
