"""The customers' cases: the list, one case, and adding to it.

Source: FAQ-3, FAQ-6, FAQ-8, POL-4, POL-8.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import adding
from redphone.records.queries import attachments, customer
from redphone.records.queries.customer import CustomersCase
from redphone.web import access, errors, files, framing, middleware
from redphone.web.customer import links, uploads
from redphone.web.customer.asking import Asking, asking
from redphone.web.customer.following import follows
from redphone.web.customer.forms import AddForm, new_key
from redphone.web.customer.questions import closest_to, question


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """By which address somebody looks at a case: where adding goes, and where its files are.

    `by` is who adds; `token` the report's link, "" for who is signed in; `topic` what the open
    page listens to.
    """

    page: str
    add_to: str
    by: str
    topic: str
    token: str = ""
    is_framed: bool = False

    def file(self, case: str, number: uuid.UUID) -> str:
        if self.token:
            return reverse("customer:reported_file", args=[self.token, number])
        return reverse("customer:file", args=[case, number])


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
    return _page(
        request,
        case,
        AddForm(initial={"key": new_key()}, lacks=case.lacks),
        _own_door(request, ref),
    )


@uploads.in_parts
@require_POST
@login_required
def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Add to what was told."""
    case = customer.own_case(access.asker(request), ref)
    return _add(request, case, _own_door(request, ref))


@require_GET
@login_required
def file(request: HttpRequest, ref: str, number: uuid.UUID) -> HttpResponse:
    """A file of a case of one's own organisation."""
    return files.saved(attachments.attachment(access.asker(request), ref, number))


def show_reported(request: HttpRequest, token: str) -> HttpResponse:
    """The case of a report, for who holds its link."""
    return reported(request, token)


@uploads.in_parts
@require_POST
def add_reported(request: HttpRequest, token: str) -> HttpResponse:
    """Add to a report, for who holds its link."""
    return add_to_reported(request, token, by=access.asker(request).actor)


@require_GET
def reported_file(request: HttpRequest, token: str, number: uuid.UUID) -> HttpResponse:
    """A file of the case of a report, for who holds its link."""
    return files.saved(attachments.reported_attachment(links.report_of(token), number))


def reported(request: HttpRequest, token: str, *, is_framed: bool = False) -> HttpResponse:
    """The case of a report by its link, on a page of its own or in a frame."""
    case = customer.reported_case(links.report_of(token))
    if case is None:
        return _waiting(request, is_framed=is_framed)
    door = _link_door(token, "anonymous", is_framed=is_framed)
    return _page(request, case, AddForm(initial={"key": new_key()}, lacks=case.lacks), door)


def add_to_reported(
    request: HttpRequest, token: str, *, by: str, is_framed: bool = False
) -> HttpResponse:
    """Add to a report by its link; before its case is open there is nothing to add to."""
    door = _link_door(token, by, is_framed=is_framed)
    case = customer.reported_case(links.report_of(token))
    return _add(request, case, door) if case else redirect(door.page)


def _own_door(request: HttpRequest, ref: str) -> Door:
    return Door(
        page=reverse("customer:case", args=[ref]),
        add_to=reverse("customer:add", args=[ref]),
        by=access.asker(request).actor,
        topic=f"case/{ref}",
    )


def _link_door(token: str, by: str, *, is_framed: bool) -> Door:
    page, add_to = ("framed_case", "framed_add") if is_framed else ("reported", "add_reported")
    return Door(
        page=reverse(f"customer:{page}", args=[token]),
        add_to=reverse(f"customer:{add_to}", args=[token]),
        by=by,
        topic=f"reported/{token}",
        token=token,
        is_framed=is_framed,
    )


def _waiting(request: HttpRequest, *, is_framed: bool) -> HttpResponse:
    if is_framed:
        return framing.framed(request, "customer/waiting.html", {"shell": "web/frame.html"})
    return render(request, "customer/waiting.html")


def _add(request: HttpRequest, case: CustomersCase, door: Door) -> HttpResponse:
    form = AddForm(request.POST, lacks=case.lacks)
    if form.is_valid():
        with errors.refused(request, form):
            adding.add_once(
                key=form.idempotency_key(),
                case=case.ref,
                by=door.by,
                words=form.all_words(),
                fields=form.told(),
                files=uploads.files(request),
                at=middleware.at(request),
            )
            # A frame has no cookie to carry a message over to the next page.
            if not door.is_framed:
                messages.success(request, "Added. Whoever works on it sees it now.")
            skipped = request.POST.get("skip", "")
            return redirect(door.page + ("?" + urlencode({"skip": skipped}) if skipped else ""))
    return _page(request, case, form, door)


def _page(request: HttpRequest, case: CustomersCase, form: AddForm, door: Door) -> HttpResponse:
    at = middleware.at(request)
    told = {
        "case": case,
        "next": follows(case, at),
        "form": form,
        "door": door,
        "topic": "" if form.is_bound else door.topic,
        "asking": _asking(request, case, form),
        "files": [(each, door.file(case.ref, each.pk)) for each in case.files],
        "limits": uploads.LIMITS,
        "told": [(question(n).label, v) for n, v in case.told.items() if v and n != "closest_to"],
        "closest": _closest(case),
    }
    code = 422 if form.is_bound else 200
    if door.is_framed:
        told["shell"] = "web/frame.html"
        return framing.framed(request, "customer/case.html", told, status=code)
    response = render(request, "customer/case.html", told, status=code)
    framing.allow(response, {"img-src": framing.PICTURES})
    return response


def _asking(request: HttpRequest, case: CustomersCase, form: AddForm) -> Asking | None:
    skipped = request.POST.get("skip") or request.GET.get("skip", "")
    return asking(form, skipped.split(",")) if case.state.is_open else None


def _closest(case: CustomersCase) -> str:
    picked = case.told.get("closest_to", "")
    return next((label for slug, label, _ in closest_to(case.policy) if slug == picked), "")
