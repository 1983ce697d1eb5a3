"""The board: what is open, most urgent first, and how the desk itself is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from redphone.records.queries import board as reads
from redphone.records.queries import chat
from redphone.records.queries.calls import to_call_back
from redphone.web import access
from redphone.web.middleware import at
from redphone.web.responder import naming
from redphone.web.responder.pages import page, whole


@require_GET
@access.staff_only
def board(request: HttpRequest) -> HttpResponse:
    who, moment = access.asker(request), at(request)
    found = reads.board(who, at=moment, page=whole(request.GET.get("page")))
    noun = "emergency is" if found.open == 1 else "emergencies are"
    told = {
        "board": found,
        "heading": f"{naming.number(found.open)} {noun} open",
        "pulse": reads.pulse(who, at=moment),
        "waiting_chats": chat.waiting(who),
        "call_backs": to_call_back(who),
        "kept_over": reads.KEPT_OVER,
        # Where the incidents' pages are, found once and not for each of a hundred lines.
        "incidents": reverse("responder:incident", args=["INC"]).removesuffix("INC/"),
    }
    return page(request, "board.html", told, here="board")
