"""The customers' cases: the list, one case, and adding to it.

Source: FAQ-3, FAQ-6, FAQ-8, POL-4, POL-8.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from redphone.actions import cases
from redphone.records.queries import customer
from redphone.records.queries.customer import CustomersCase
from redphone.web import access, errors, middleware
from redphone.web.customer import links
from redphone.web.customer.following import follows
from redphone.web.customer.forms import AddForm
from redphone.web.customer.questions import closest_to, question


@login_required
def listing(request: HttpRequest) -> HttpResponse:
    """The organisation's cases, open ones first."""
    found = customer.own_cases(access.asker(request))
    open_ones = [line for line in found if line.status == "open"]
    told = {"open_cases": open_ones, "past_cases": found[len(open_ones) :]}
    return render(request, "customer/cases.html", told)


@login_required
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """A case of one's own organisation."""
    case = customer.own_case(access.asker(request), ref)
    add_to = reverse("customer:add", args=[ref])
    return _page(request, case, AddForm(lacks=case.lacks), add_to, f"case/{ref}")


@require_POST
@login_required
def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Add to what was told."""
    who = access.asker(request)
    case = customer.own_case(who, ref)
    add_to = reverse("customer:add", args=[ref])
    return _add(request, case, who.actor, add_to, reverse("customer:case", args=[ref]))


def show_reported(request: HttpRequest, token: str) -> HttpResponse:
    """The case of a report, for who holds its link."""
    case = customer.reported_case(links.report_of(token))
    if case is None:
        return render(request, "customer/waiting.html")
    add_to = reverse("customer:add_reported", args=[token])
    form = AddForm(lacks=case.lacks)
    return _page(request, case, form, add_to, f"reported/{token}", by_link=True)


@require_POST
def add_reported(request: HttpRequest, token: str) -> HttpResponse:
    """Add to a report, for who holds its link."""
    back = reverse("customer:reported", args=[token])
    case = customer.reported_case(links.report_of(token))
    if case is None:
        return redirect(back)
    add_to = reverse("customer:add_reported", args=[token])
    return _add(request, case, access.asker(request).actor, add_to, back)


def _add(
    request: HttpRequest, case: CustomersCase, by: str, add_to: str, back: str
) -> HttpResponse:
    form = AddForm(request.POST, lacks=case.lacks)
    if form.is_valid():
        with errors.refused(request, form):
            cases.add(
                case=case.ref,
                by=by,
                words=form.all_words(),
                fields=form.told(),
                at=middleware.at(request),
            )
            messages.success(request, "Added. Whoever works on it sees it now.")
            return redirect(back)
    return _page(request, case, form, add_to, "")


def _page(
    request: HttpRequest,
    case: CustomersCase,
    form: AddForm,
    add_to: str,
    topic: str,
    *,
    by_link: bool = False,
) -> HttpResponse:
    at = middleware.at(request)
    told = {
        "case": case,
        "next": follows(case, at),
        "form": form,
        "add_to": add_to,
        "topic": topic,
        "by_link": by_link,
        "told": [(question(n).label, v) for n, v in case.told.items() if v and n != "closest_to"],
        "closest": _closest(case),
        "lacking": [question(name).short for name in form.lacking],
    }
    code = 422 if form.is_bound else 200
    return render(request, "customer/case.html", told, status=code)


def _closest(case: CustomersCase) -> str:
    picked = case.told.get("closest_to", "")
    return next((label for slug, label, _ in closest_to(case.policy) if slug == picked), "")
