"""Emergency chat within a vendor's own page, or in a tab that such a page has opened.

No view here looks at a cookie. Who is there is said by the vendor's token or by the session that
it was exchanged for; a conversation is opened by the link of its report. See `frames`.

Source: FAQ-2; clauses.md, row 8.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from redphone.actions import chat as actions
from redphone.actions import frame_sessions
from redphone.actions.frame_sessions import Recognised
from redphone.records import policies
from redphone.records.queries import chat, known
from redphone.records.queries.known import Known
from redphone.web import framing, middleware, talking
from redphone.web.customer import chat as rooms
from redphone.web.customer import links, sending, uploads


@uploads.in_parts_without_cookies
def lobby(request: HttpRequest) -> HttpResponse:
    """Open a conversation. It opens and is taken whoever is there."""
    # A page that was opened by a POST brings nothing but its token.
    opens = request.method != "POST" or "text" not in request.POST
    who = _recognised(request, once=opens)
    sent = None if opens else talking.message(request, uploads.files(request))
    if sent is None:
        return _page(request, who, why="" if opens else rooms.NOTHING)
    writer = rooms.framed_writer(who, request.POST.get("contact", "").strip())
    done = actions.start(sent, writer, at=middleware.at(request))
    assert done.opened is not None
    return redirect("customer:chat_framed", links.token(done.opened.report))


def _recognised(request: HttpRequest, *, once: bool) -> Recognised:
    return frame_sessions.recognise(
        session=request.POST.get("session", ""),
        token=request.POST.get("token", ""),
        purpose="chat",
        at=middleware.at(request),
        once=once,
    )


def _page(request: HttpRequest, who: Recognised, *, why: str) -> HttpResponse:
    pinned, people = policies.current(), _known(who)
    told = sending.promised(pinned, people.plan, middleware.at(request)) | {
        "policy": pinned.policy,
        "recognised": who,
        "known": people,
        "purpose": "chat",
        "why": why,
        "id": talking.message_id(request.POST.get("id", "")),
        "typed": request.POST.get("text", ""),
        "contact": request.POST.get("contact", ""),
        "open_chats": _open_chats(who),
    }
    status = 422 if why else 200
    return framing.framed(request, "customer/chat_framed.html", told, status=status)


def _known(who: Recognised) -> Known:
    found = who.identity
    if found is None:
        return Known()
    return known.known(
        person=found.person, customer=found.customer, name=found.name, email=found.email
    )


def _open_chats(who: Recognised) -> list[tuple[str, str]]:
    """The open conversations of whoever is there: where each is, and what it is about."""
    if who.identity is None:
        return []
    rows = chat.begun_by(f"chat:{who.identity.scope}")
    return [
        (reverse("customer:chat_framed", args=[links.token(row.report_id)]), row.title)
        for row in rows
    ]


@csrf_exempt
@require_POST
def mine(request: HttpRequest) -> HttpResponse:
    """The open conversations of a session, for the script of a frame; no other site reads it."""
    who = frame_sessions.recognise(
        session=request.POST.get("session", ""),
        token="",
        purpose="chat",
        at=middleware.at(request),
    )
    return JsonResponse({"open": [{"go": go, "title": title} for go, title in _open_chats(who)]})


@uploads.in_parts_without_cookies
def room(request: HttpRequest, key: str) -> HttpResponse:
    """A conversation. The link is what lets in; a session says who writes."""
    return rooms.enter(request, key, rooms.FRAMED)


@csrf_exempt
def new_lines(request: HttpRequest, key: str) -> HttpResponse:
    return rooms.new_lines(request, key, rooms.FRAMED)


@csrf_exempt
def seen(request: HttpRequest, key: str) -> HttpResponse:
    return rooms.seen(request, key, rooms.FRAMED)
