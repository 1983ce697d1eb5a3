"""Emergency chat, the customer's side: open one, write on in it, and hear of what comes.

Signed in, people come by their session, and see their own organisation's conversations. Whoever
is unknown comes by the link of the report that their first words have become.

Source: FAQ-2, FAQ-3, FAQ-8; clauses.md, rows 8 and 9.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from redphone.actions import chat as actions
from redphone.actions import frame_sessions
from redphone.actions.chat import Sent, Writer
from redphone.actions.frame_sessions import Recognised
from redphone.records import policies
from redphone.records.models import CaseRow
from redphone.records.queries import chat, customer
from redphone.records.queries.asker import ANYONE, Asker, NotYours
from redphone.web import access, framing, middleware, talking
from redphone.web.context import Shell
from redphone.web.customer import links, uploads
from redphone.web.customer.following import follows

HEAD = "customer/chat_head.html"
OWN, BY_LINK, FRAMED = "own", "by_link", "framed"
"""How somebody came: signed in; by the link of a report; by that link in a vendor's page."""
NOTHING = "Write what is wrong: a sentence is enough to start."


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """By which door somebody came to a conversation, and what they do there."""

    row: CaseRow
    asker: Asker
    writer: Writer
    key: str
    by_link: bool
    is_framed: bool = False

    def url(self, name: str) -> str:
        kind = "_framed" if self.is_framed else "_by_link" if self.by_link else ""
        return reverse(f"customer:{name}{kind}", args=[self.key])

    def file(self, number: uuid.UUID) -> str:
        if self.by_link:
            return reverse("customer:reported_file", args=[self.key, number])
        return reverse("customer:file", args=[self.key, number])

    @property
    def topic(self) -> str:
        return f"reported/{self.key}" if self.by_link else f"case/{self.key}"


class NotOpenYet(Exception):
    """The report is stored, and its case is being opened."""


def _door(request: HttpRequest, key: str, how: str) -> Door:
    """Raises: NotYours, and NotOpenYet for the link of a report without a case."""
    if how == OWN:
        who = access.asker(request)
        row = chat.own(who, key)
        return Door(row=row, asker=who, writer=_writer(request), key=key, by_link=False)
    found = chat.reported(links.report_of(key))
    if found is None:
        raise NotOpenYet
    # Whoever holds the link is who reported: it names nobody, and shows no other case.
    writer = Writer(actor="anonymous", scope=f"report:{found.report_id}", notes=_LINKED)
    if how == FRAMED:
        writer = _of_frame(request, found, writer)
    return Door(
        row=found, asker=ANYONE, writer=writer, key=key, by_link=True, is_framed=how == FRAMED
    )


def _of_frame(request: HttpRequest, row: CaseRow, unknown: Writer) -> Writer:
    """Who writes in a frame: whom its session names, if the case is their organisation's. A
    session that is over, revoked or another's names nobody; the link still lets in."""
    who = frame_sessions.recognise(
        session=request.POST.get("session", ""),
        token="",
        purpose="chat",
        at=middleware.at(request),
    )
    if who.identity is None or who.identity.customer != row.customer_id:
        return unknown
    return framed_writer(who)


def framed_writer(who: Recognised, contact: str = "") -> Writer:
    """Who writes by a vendor's page: whom its token named, as far as we know them."""
    found = who.identity
    if found is None:
        return Writer(actor="anonymous", scope="anonymous", contact=contact, notes=who.notes)
    return Writer(
        actor=found.actor,
        scope=found.scope,
        sender=found.person,
        customer=found.customer,
        contact=contact or customer.contact_of(found.person) or found.email,
        notes=who.notes,
    )


_LINKED = {"sender": "came by the link of an earlier conversation, without signing in"}


def _writer(request: HttpRequest, contact: str = "") -> Writer:
    who = access.asker(request)
    return Writer(
        actor=who.actor,
        scope=who.actor if who.person_id else "anonymous",
        sender=who.person_id,
        customer=who.customer_id,
        contact=contact or customer.contact_of(who.person_id),
    )


@uploads.in_parts
@require_http_methods(["GET", "HEAD", "POST"])
def lobby(request: HttpRequest) -> HttpResponse:
    """Open a conversation, or go on in one that is open."""
    sent = talking.message(request, uploads.files(request)) if request.method == "POST" else None
    if sent is None:
        return _lobby(request)
    writer = _writer(request, request.POST.get("contact", "").strip())
    return _onwards(request, actions.start(sent, writer, at=middleware.at(request)))


def again(request: HttpRequest, why: str) -> HttpResponse:
    """The page as it was sent, when it could not be taken: nothing typed is lost."""
    if talking.wants_json(request):
        kept = "This page was open for too long. Reload it: your words are kept, and go out then."
        return talking.refusal(kept, 403, again=True)
    return _lobby(request, why=why, status=403)


def _lobby(request: HttpRequest, *, why: str = "", status: int = 200) -> HttpResponse:
    who, at = access.asker(request), middleware.at(request)
    pinned, organisation = policies.current(), Shell(request).organisation
    if request.method == "POST" and not why:
        why, status = NOTHING, 422
    told = {
        "why": why,
        "id": talking.message_id(request.POST.get("id", "")),
        "typed": request.POST.get("text", ""),
        "contact": request.POST.get("contact", customer.contact_of(who.person_id)),
        "open_chats": chat.own_chats(who),
        "promise": customer.promise(pinned, organisation.plan if organisation else None, at),
        "policy": pinned.policy,
    }
    return render(request, "customer/chat_lobby.html", told, status=status)


def _onwards(request: HttpRequest, sent: Sent, door: Door | None = None) -> HttpResponse:
    """To where the message stands now."""
    if door is not None and sent.case == door.row.ref:
        go = "" if talking.wants_json(request) else door.url("chat")
    elif sent.case and not (door and door.by_link) and access.asker(request).is_customer:
        go = reverse("customer:chat", args=[sent.case])
    else:
        assert sent.opened is not None
        kind = "framed" if door and door.is_framed else "by_link"
        go = reverse(f"customer:chat_{kind}", args=[links.token(sent.opened.report)])
    if talking.wants_json(request):
        told = {"go": go, "held": sent.is_held, "reopened": sent.has_reopened}
        return JsonResponse(told)
    return redirect(go)


@uploads.in_parts
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, key: str, how: str = OWN) -> HttpResponse:
    """A conversation: its words so far, and room for more."""
    return enter(request, key, how)


def enter(request: HttpRequest, key: str, how: str) -> HttpResponse:
    """A conversation, by whichever door."""
    if how == OWN and access.asker(request).is_staff:
        return redirect(reverse("responder:case", args=[key]) + "#chat")
    try:
        door = _door(request, key, how)
    except NotOpenYet:
        return _waiting(request, how)
    if request.method != "POST":
        return _room(request, door)
    sent = talking.message(request, uploads.files(request))
    if sent is None:
        return _refused(request, door, "There was nothing in it.", 422)
    try:
        done = actions.say(sent, door.writer, case=door.row.ref, at=middleware.at(request))
    except actions.CaseMoved as error:
        return _refused(request, door, str(error), 409, again=True)
    return _onwards(request, done, door)


def _waiting(request: HttpRequest, how: str) -> HttpResponse:
    if how == FRAMED:
        shell = {"shell": "web/frame.html"}
        return framing.framed(request, "customer/waiting.html", shell, status=202)
    return render(request, "customer/waiting.html", status=202)


def _refused(
    request: HttpRequest, door: Door, why: str, status: int, *, again: bool = False
) -> HttpResponse:
    if talking.wants_json(request):
        return talking.refusal(why, status, again=again)
    return _room(request, door, why=why, status=status)


def _room(request: HttpRequest, door: Door, *, why: str = "", status: int = 200) -> HttpResponse:
    talk = chat.talk(door.row, door.asker)
    told = _head(request, door) | {
        "door": door,
        "chat_url": door.url("chat"),
        "new_url": door.url("chat_new"),
        "seen_url": door.url("chat_seen"),
        "talk": talk,
        "lines": talking.spoken(talk, door.row, door.asker),
        "why": why,
        "id": str(uuid.uuid4()),
        "typed": request.POST.get("text", ""),
        "refreshes": "auto" in request.GET,
    }
    if door.is_framed:
        told |= {"shell": "web/frame.html", "purpose": "chat"}
        return framing.framed(request, "customer/chat.html", told, status=status)
    return render(request, "customer/chat.html", told, status=status)


def _head(request: HttpRequest, door: Door) -> dict[str, Any]:
    """What is said above a conversation: who has it, and what happens next."""
    case = (
        customer.reported_case(door.row.report_id)
        if door.by_link
        else customer.own_case(door.asker, door.row.ref)
    )
    assert case is not None
    return {"case": case, "next": follows(case, middleware.at(request)), "row": door.row}


@require_GET
def new_lines(request: HttpRequest, key: str, how: str = OWN) -> HttpResponse:
    """What came after the last entry that a page has."""
    door = _known_door(request, key, how)
    after = talking.after(request)
    told = _head(request, door) | {"door": door}
    return talking.news(request, door.row, door.asker, after=after, head=HEAD, told=told)


@require_POST
def seen(request: HttpRequest, key: str, how: str = OWN) -> HttpResponse:
    """The customer's page was looked at, up to an entry."""
    door = _known_door(request, key, how)
    return talking.seen(request, door.row.ref, by_desk=False)


def _known_door(request: HttpRequest, key: str, how: str) -> Door:
    try:
        return _door(request, key, how)
    except NotOpenYet as error:
        raise NotYours from error
