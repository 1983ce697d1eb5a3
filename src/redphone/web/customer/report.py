"""*Report a critical issue*: the button of FAQ-2, on the portal.

Anyone may press it, signed in or not, and nothing about who they are or how often they do is a
reason to refuse an emergency.

Source: FAQ-2, FAQ-3, FAQ-6, POL-6, POL-9.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from redphone.actions import intake
from redphone.actions.frame_sessions import draft_key
from redphone.actions.reports import Taken
from redphone.records import policies
from redphone.records.policies import Pinned
from redphone.records.queries import customer
from redphone.web import access, framing, middleware
from redphone.web.context import Shell
from redphone.web.customer import links, sending, uploads
from redphone.web.customer.forms import ReportForm
from redphone.web.customer.sending import Reporter


@uploads.in_parts
def new(request: HttpRequest) -> HttpResponse:
    """The form, and what comes of sending it: one case, however often it is sent."""
    pinned = policies.current()
    if request.method != "POST":
        contact = customer.contact_of(access.asker(request).person_id)
        return _page(request, sending.first_form(pinned, contact), pinned)
    form = ReportForm(request.POST, policy=pinned.policy)
    if not form.is_valid():
        return _page(request, form, pinned)
    who = access.asker(request)
    reporter = Reporter(person=who.person_id, customer=who.customer_id, scope=who.actor)
    taken = intake.take_report(sending.incoming(request, form, reporter))
    return sending.onwards(request, _case_page(request, taken), taken.case)


def again(request: HttpRequest, why: str) -> HttpResponse:
    """The form as it was sent, when it could not be taken: nothing typed is lost."""
    pinned = policies.current()
    form = ReportForm(request.POST, policy=pinned.policy)
    form.add_error(None, why)
    return _page(request, form, pinned, status=403)


def _page(
    request: HttpRequest, form: ReportForm, pinned: Pinned, status: int = 200
) -> HttpResponse:
    code = 422 if form.is_bound and status == 200 else status
    if code == 422 and sending.is_script(request):
        return sending.problems(form)
    organisation = Shell(request).organisation
    plan = organisation.plan if organisation else None
    told = sending.shown(form, pinned, plan, middleware.at(request))
    who = access.asker(request)
    # Without an account a draft is kept for this tab only: the next person may be another.
    told |= {"draft": draft_key(who.actor) if who.person_id else "", "lost_files": code == 403}
    response = render(request, "customer/report.html", told, status=code)
    framing.allow(response, {"img-src": framing.PICTURES})
    return response


def _case_page(request: HttpRequest, taken: Taken) -> str:
    if taken.case and access.asker(request).is_customer:
        return reverse("customer:case", args=[taken.case])
    return reverse("customer:reported", args=[links.token(taken.report)])
