"""The list of cases, a case's page, and the one door for what people do with a case."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.core.chat import CHANNEL, find
from redphone.records.queries import attachments, cases, customers, mails
from redphone.records.queries.asker import Asker
from redphone.records.queries.calls import of_case as calls_of_case
from redphone.records.queries.cases import CasePage, Filters
from redphone.web import access, files
from redphone.web.context import Shell
from redphone.web.middleware import at
from redphone.web.responder import case_verbs, chat, verbs
from redphone.web.responder.forms import CaseFilters
from redphone.web.responder.pages import page, perhaps
from redphone.web.responder.timeline import lines


@require_GET
@access.staff_only
def case_list(request: HttpRequest) -> HttpResponse:
    who, policy = access.asker(request), Shell(request).policy
    form = CaseFilters(request.GET, policy=policy, channels=cases.channels())
    filters = _filters(form, who)
    found = cases.case_list(who, filters, below=perhaps(request.GET.get("below")))
    kept = {key: value for key, value in request.GET.items() if key != "below" and value}
    told = {
        "form": form,
        "found": found,
        "customer_choices": customers.choices(who),
        "is_filtered": bool(kept),
        "older": urlencode({**kept, "below": found.older}) if found.older else "",
        "newest": "?" + urlencode(kept) if request.GET.get("below") else "",
    }
    return page(request, "cases.html", told, here="cases")


def _filters(form: CaseFilters, who: Asker) -> Filters:
    """What was asked for, as far as it makes sense."""
    form.is_valid()
    asked = form.cleaned_data
    customer = None
    if typed := asked.get("customer", ""):
        named = customers.by_name(who, typed)
        if named is None:
            form.add_error("customer", "No customer has this name. All are shown.")
        else:
            customer = named.pk
    return Filters(
        text=asked.get("q", ""),
        status=asked.get("status", ""),
        plan=asked.get("plan", ""),
        issue_type=asked.get("type", ""),
        channel=asked.get("channel", ""),
        customer=customer,
        off_channel=asked.get("off", False),
        unanswered=asked.get("unanswered", False),
    )


@require_GET
@access.staff_only
def case(request: HttpRequest, ref: str) -> HttpResponse:
    return _show(request, ref)


@require_GET
@access.staff_only
def raw(request: HttpRequest, ref: str) -> HttpResponse:
    """The report as it came, to be saved and never to be opened by the browser."""
    report = cases.raw_report(access.asker(request), ref)
    return files.download(bytes(report.raw), f"{ref}.report")


@require_GET
@access.staff_only
def file(request: HttpRequest, ref: str, number: uuid.UUID) -> HttpResponse:
    """A file that came with the case."""
    return files.saved(attachments.attachment(access.asker(request), ref, number))


@require_POST
@access.staff_only
def act(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Do one thing with a case, then show it again."""
    who = access.asker(request)
    row = cases.find(who, ref)
    manages = row.incident is not None and row.incident.manager_id == who.person_id
    refused = verbs.attempt(
        request, case_verbs.VERBS, verb, ref, manages=manages, given={"who": who}
    )
    if refused is None:
        there = "#chat" if verb in {"pick-up", "settle"} else ""
        return redirect(reverse("responder:case", args=[ref]) + there)
    return _show(request, ref, {verb: refused}, status=409)


def _show(
    request: HttpRequest,
    ref: str,
    refused: dict[str, forms.Form] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    who, moment = access.asker(request), at(request)
    found = cases.case_page(who, ref, at=moment, before=perhaps(request.GET.get("before")))
    manages = found.incident_state.manager == who.actor
    blank = verbs.blank(case_verbs.VERBS, who, manages=manages, given={"who": who})
    calls = calls_of_case(who, ref)
    possible = _possible(found) | {"called-back" for call in calls if call.is_waiting}
    shown = {k: form for k, form in blank.items() if k in possible} | (refused or {})
    told = {
        "found": found,
        "calls": calls,
        "row": found.row,
        "state": found.state,
        "policy": found.policy,
        "forms": shown,
        "running": [clock for clock in found.clocks if clock.state != "dropped"],
        "lines": lines(found.timeline, found.policy),
        "files": attachments.of_case(found.row),
        "mails": mails.of_case(found.row),
        "customer_choices": customers.choices(who),
    }
    if found.row.channel == CHANNEL or find(found.incident_state.chats, ref):
        told |= chat.pane(request, found.row, at_work="respond" in shown)
    return page(request, "case.html", told, here="cases", status=status)


def _possible(found: CasePage) -> set[str]:
    """The verbs that the case, as it stands, would not refuse."""
    state = found.state
    possible = {"add", "identify", "pick-up", "settle"}
    if not (state.declined_at or state.closed_at):
        possible |= {"respond", "phoned"}
    if state.is_open:
        possible |= {"decline", "move"}
    if state.status == "resolved":
        possible.add("close")
    return possible
