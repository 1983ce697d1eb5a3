"""The form and its case within a vendor's own page, or in a tab that such a page has opened.

No view here looks at a cookie. Who is there is said by a token of the vendor's or by the session
that it was exchanged for, both in the body; a case is opened by the link of its report.

Source: FAQ-2, FAQ-6.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from redphone.actions import frame_sessions, intake
from redphone.actions.frame_sessions import Recognised, recognise
from redphone.records import policies
from redphone.records.queries import known as people
from redphone.records.queries.known import Known
from redphone.web import middleware
from redphone.web.customer import cases, links, sending, uploads
from redphone.web.customer.forms import ReportForm
from redphone.web.customer.sending import Reporter
from redphone.web.framing import framed

PURPOSES = ("report", "chat")


@uploads.in_parts_without_cookies
def report(request: HttpRequest) -> HttpResponse:
    """The form. It opens and is taken whoever is there, also when nobody can be recognised."""
    pinned = policies.current()
    # A page that was opened by a POST brings nothing but its token.
    opens = request.method != "POST" or "description" not in request.POST
    who = _recognised(request, "report", once=opens)
    known = _known(who)
    if opens:
        return _page(request, sending.first_form(pinned, known.contact), who)
    form = ReportForm(request.POST, policy=pinned.policy)
    if not form.is_valid():
        return sending.problems(form) if sending.is_script(request) else _page(request, form, who)
    taken = intake.take_report(sending.incoming(request, form, _reporter(who)))
    to = reverse("customer:framed_case", args=[links.token(taken.report)])
    return sending.onwards(request, to, taken.case)


def _page(request: HttpRequest, form: ReportForm, who: Recognised) -> HttpResponse:
    known = _known(who)
    told = sending.shown(form, policies.current(), known.plan, middleware.at(request))
    told |= {"recognised": who, "known": known, "draft": _draft(who), "purpose": "report"}
    told["before"] = _before(who, middleware.at(request))
    status = 422 if form.is_bound else 200
    return framed(request, "customer/framed_report.html", told, status=status)


def _recognised(request: HttpRequest, purpose: str, *, once: bool) -> Recognised:
    return recognise(
        session=request.POST.get("session", ""),
        token=request.POST.get("token", ""),
        purpose=purpose,
        at=middleware.at(request),
        once=once,
    )


def _known(who: Recognised) -> Known:
    found = who.identity
    if found is None:
        return Known()
    return people.known(
        person=found.person, customer=found.customer, name=found.name, email=found.email
    )


def _reporter(who: Recognised) -> Reporter:
    found = who.identity
    if found is None:
        return Reporter(notes=who.notes)
    return Reporter(
        person=found.person, customer=found.customer, scope=found.scope, notes=who.notes
    )


def _draft(who: Recognised) -> str:
    return frame_sessions.draft_key(who.identity.scope) if who.identity else ""


@csrf_exempt
@require_POST
def session(request: HttpRequest) -> HttpResponse:
    """A token becomes a session, or a session is looked at again: for the scripts of a frame.

    Pages of other sites can send to it and can't read what it answers.
    """
    purpose = request.POST.get("purpose", "")
    if purpose not in PURPOSES:
        return JsonResponse({"why": "This opens nothing here.", "again": False}, status=400)
    who = _recognised(request, purpose, once=True)
    if who.identity is None:
        return JsonResponse({"why": who.why_not, "again": who.ask_again}, status=401)
    known = _known(who)
    pinned, at = policies.current(), middleware.at(request)
    promise = sending.promised(pinned, known.plan, at) | {"at": at}
    answer = {
        "session": who.session,
        "name": known.name,
        "organisation": known.organisation,
        "contact": known.contact,
        "draft": _draft(who),
        "seal": frame_sessions.draft_seal(who.identity.scope),
        "before": _before(who, at),
        "promise": render_to_string("customer/promise.html", promise),
    }
    return JsonResponse(answer)


def _before(who: Recognised, at: datetime) -> list[dict[str, str]]:
    """The open cases that whoever is there reported lately, with the way to each."""
    person = who.identity.person if who.identity else None
    return [
        {"case": ref, "to": reverse("customer:framed_case", args=[links.token(report)])}
        for ref, report in people.reported_lately(person, at=at)
    ]


def case(request: HttpRequest, token: str) -> HttpResponse:
    """The case of a report, within a vendor's page."""
    return cases.reported(request, token, is_framed=True)


@uploads.in_parts_without_cookies
@require_POST
def add(request: HttpRequest, token: str) -> HttpResponse:
    """Add to a report, within a vendor's page. The link is what lets in, and nothing else."""
    return cases.add_to_reported(request, token, by="anonymous", is_framed=True)
