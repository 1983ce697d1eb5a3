"""*Report a critical issue*: the button of FAQ-2.

Anyone may press it, signed in or not, and nothing about who they are or how often they do is a
reason to refuse an emergency.

Source: FAQ-2, FAQ-3, FAQ-6, POL-6, POL-9.
"""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from redphone.actions import intake
from redphone.actions.reports import Incoming, Taken
from redphone.records import policies
from redphone.records.policies import Pinned
from redphone.records.queries import customer
from redphone.web import access, middleware
from redphone.web.context import Shell
from redphone.web.customer import links
from redphone.web.customer.forms import ReportForm
from redphone.web.customer.questions import question

_FORM = "application/x-www-form-urlencoded"


def new(request: HttpRequest) -> HttpResponse:
    """The form, and what comes of sending it: one case, however often it is sent."""
    pinned = policies.current()
    if request.method != "POST":
        contact = customer.contact_of(access.asker(request).person_id)
        first = {"key": str(uuid.uuid4()), "contact": contact}
        return _page(request, ReportForm(initial=first, policy=pinned.policy), pinned)
    form = ReportForm(request.POST, policy=pinned.policy)
    if not form.is_valid():
        return _page(request, form, pinned)
    taken = intake.take_report(_incoming(request, form))
    return _onwards(request, taken)


def again(request: HttpRequest, why: str) -> HttpResponse:
    """The form as it was sent, when it could not be taken: nothing typed is lost."""
    pinned = policies.current()
    form = ReportForm(request.POST, policy=pinned.policy)
    form.add_error(None, why)
    return _page(request, form, pinned, status=403)


def _page(
    request: HttpRequest, form: ReportForm, pinned: Pinned, status: int = 200
) -> HttpResponse:
    organisation = Shell(request).organisation
    plan = pinned.policy.plan(organisation.plan if organisation else None)
    at = middleware.at(request)
    promise = customer.promise(pinned, plan.slug, at)
    told = {
        "form": form,
        "helpful": [question(name).short for name in form.helpful],
        "policy": pinned.policy,
        "plan": plan,
        "hours": pinned.hours,
        "promise": promise,
        "promised_in": promise.due_at - at,
        "first": plan.first_response[0],
        "update": min(
            (*plan.updates, *pinned.policy.urgent_updates), key=lambda each: each.every.length
        ),
    }
    code = 422 if form.is_bound and status == 200 else status
    return render(request, "customer/report.html", told, status=code)


def _incoming(request: HttpRequest, form: ReportForm) -> Incoming:
    who = access.asker(request)
    return Incoming(
        channel="button",
        received_at=middleware.at(request),
        raw=_as_it_came(request),
        content_type=_FORM,
        description=form.cleaned_data["description"],
        contact=form.cleaned_data["contact"],
        sender=who.person_id,
        customer=who.customer_id,
        closest_to=form.cleaned_data["closest_to"] or None,
        # The key is the sender's own: nobody can find another's report by guessing it.
        idempotency=(f"button:{who.actor}", form.idempotency_key()),
        fields=form.told(),
    )


def _as_it_came(request: HttpRequest) -> bytes:
    """The form byte for byte. One that came in parts was read already, and is written anew."""
    if request.content_type == _FORM:
        return request.body
    return request.POST.urlencode().encode()


def _onwards(request: HttpRequest, taken: Taken) -> HttpResponse:
    if taken.case and access.asker(request).is_customer:
        return redirect("customer:case", taken.case)
    return redirect("customer:reported", links.token(taken.report))
