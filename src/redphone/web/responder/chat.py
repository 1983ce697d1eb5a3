"""Emergency chat, the desk's side: the pane on a case's page.

Source: FAQ-2, FAQ-3; POL-2.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import chat as actions
from redphone.actions import chat_desk
from redphone.core.case import CaseError
from redphone.records.models import CaseRow
from redphone.records.queries import chat, rights
from redphone.records.queries.asker import Asker
from redphone.web import access, middleware, talking

HEAD = "responder/chat_head.html"


def pane(request: HttpRequest, row: CaseRow, *, at_work: bool) -> dict[str, Any]:
    """What a case's page shows of its conversation; `at_work` says that they may answer in it."""
    who = access.asker(request)
    talk = chat.talk(row, who)
    lines = talking.spoken(talk, row, who)
    return {
        "talk": talk,
        "chat_lines": lines,
        "phone": talking.last_phone(lines),
        "chat_id": str(uuid.uuid4()),
        "chat_can_answer": at_work and row.status in {"open", "resolved"},
        **_may(who, row, talk),
    }


def _may(who: Asker, row: CaseRow, talk: chat.Talk) -> dict[str, bool]:
    waits = talk.waits_since is not None and row.status == "open"
    return {
        "chat_waits": waits,
        "chat_can_pick_up": waits and talk.holder_actor != who.actor,
        "chat_can_settle": waits and rights.may(who, "case.settle"),
    }


@require_POST
@access.staff_only
def say(request: HttpRequest, ref: str) -> HttpResponse:
    """Answer the customer."""
    who = access.asker(request)
    row = chat.for_desk(who, ref)
    manages = row.incident is not None and row.incident.manager_id == who.person_id
    rights.require(who, "case.respond", manages=manages)
    sent = talking.message(request)
    back = reverse("responder:case", args=[ref]) + "#chat"
    try:
        if sent is None:
            raise EmptyAnswer
        chat_desk.answer(sent, case=ref, by=who.actor, at=middleware.at(request))
    except CaseError as error:
        if talking.wants_json(request):
            again = isinstance(error, actions.CaseMoved)
            return talking.refusal(str(error), 422 if sent is None else 409, again=again)
        messages.error(request, str(error))
        return redirect(back)
    if talking.wants_json(request):
        return JsonResponse({"go": "", "held": False})
    return redirect(back)


class EmptyAnswer(CaseError):
    """There was nothing in your answer. Write a sentence that the customer can use."""


@require_GET
@access.staff_only
def new_lines(request: HttpRequest, ref: str) -> HttpResponse:
    """What came after the last entry that a page has."""
    who = access.asker(request)
    row = chat.for_desk(who, ref)
    told = _head(who, row)
    return talking.news(request, row, who, after=talking.after(request), head=HEAD, told=told)


def _head(who: Asker, row: CaseRow) -> dict[str, Any]:
    talk = chat.talk(row, who)
    phone = talking.last_phone(talking.spoken(talk, row, who))
    return {"phone": phone, **_may(who, row, talk)}


@require_POST
@access.staff_only
def seen(request: HttpRequest, ref: str) -> HttpResponse:
    """Somebody of the desk has looked at the conversation, up to an entry."""
    chat.for_desk(access.asker(request), ref)
    return talking.seen(request, ref, by_desk=True)
