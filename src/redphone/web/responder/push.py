"""Push to browsers: one asks for it, confirms its code, and brings back what was pressed on it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import browsers, device_codes, push_answers, push_keys
from redphone.actions.browsers import Known, NoSubscription
from redphone.core.stream import DeskError
from redphone.records.queries import rights
from redphone.records.queries.asker import NotYours
from redphone.web import access, errors
from redphone.web.middleware import at

RIGHT = "devices.own"
LARGEST = 16_384
"""Bytes: a subscription has some hundred."""


@require_GET
@never_cache
@access.staff_only
def key(request: HttpRequest) -> HttpResponse:
    """What a browser has to name when it subscribes."""
    return JsonResponse({"key": push_keys.ours(at=at(request)).public})


@require_POST
@access.staff_only
def subscribe(request: HttpRequest) -> HttpResponse:
    """Push to this browser: its code is on its way when this is answered."""
    rights.require(access.asker(request), RIGHT)
    told = _told(request)
    try:
        found = browsers.subscribe(
            person=access.signed_in(request).pk,
            subscription=_text(told.get("subscription")),
            name=str(told.get("name") or "")[:60],
            at=at(request),
        )
    except DeskError as error:
        return _refused(error)
    return _known(found)


@require_POST
@access.staff_only
def known(request: HttpRequest) -> HttpResponse:
    """Whether pages come to this browser already."""
    told = _told(request)
    try:
        found = browsers.find(access.signed_in(request).pk, _text(told.get("subscription")))
    except DeskError as error:
        return _refused(error)
    return _known(found)


# A service worker has no form to take a token from. Its cookies go with it to its own site only,
# and what it sends is no form's: another site's page can't send it.
@csrf_exempt
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """A service worker brings the code of a push back: it has arrived where it should."""
    told, person = _told(request), _person(request)
    device, code = told.get("device"), told.get("code")
    if not isinstance(device, int) or not isinstance(code, str) or not 0 < device < 2**63:
        raise NotYours
    try:
        device_codes.verify(person=person, device=device, code=code[:20], at=at(request))
    except DeskError as error:
        return _refused(error)
    return JsonResponse({"works": True})


@csrf_exempt
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """A service worker says that its push service has given it another address."""
    told, person = _told(request), _person(request)
    try:
        found = browsers.move(
            person=person, old=_text(told.get("old")), new=_text(told.get("new")), at=at(request)
        )
    except DeskError as error:
        return _refused(error)
    return _known(found)


# The signed token in the address is the proof; whoever presses a button on a locked screen may
# have no session there.
@csrf_exempt
@require_POST
def arrived(request: HttpRequest, token: str) -> HttpResponse:
    """A push has come to its browser."""
    try:
        push_answers.arrived(token, at=at(request))
    except DeskError as error:
        return _refused(error)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def take(request: HttpRequest, token: str) -> HttpResponse:
    """ "Take it", pressed on a push or in an app: what came of it, to be shown there."""
    try:
        is_all = request.GET.get("all") == "1"
        told = push_answers.take(token, at=at(request), is_all=is_all)
    except DeskError as error:
        return _open_to_all(_refused(error))
    said = {"is_taken": told.is_taken, "title": told.title, "body": told.body}
    return _open_to_all(JsonResponse(said, status=200 if told.is_taken else 409))


def _open_to_all(response: HttpResponse) -> HttpResponse:
    """The page of an app may press its button from another site: the token is what counts."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _person(request: HttpRequest) -> int:
    """
    Raises:
        NotYours: nobody of the desk is signed in, or it is a form of another site.
    """
    if request.content_type != "application/json" or not access.asker(request).is_staff:
        raise NotYours
    return access.signed_in(request).pk


def _told(request: HttpRequest) -> dict[str, Any]:
    """What a script of ours sends; nothing when it is something else."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
        told = json.loads(request.body) if length <= LARGEST else None
    except (ValueError, RecursionError):
        told = None
    return told if isinstance(told, dict) else {}


def _text(subscription: Any) -> bytes:
    """
    Raises:
        NoSubscription: it is none at all.
    """
    if not isinstance(subscription, dict):
        raise NoSubscription
    return json.dumps(subscription).encode()


def _known(found: Known) -> HttpResponse:
    return JsonResponse({"device": found.device, "standing": found.standing.value})


def _refused(error: DeskError) -> HttpResponse:
    told = {"title": "That did not work", "body": str(error)}
    return JsonResponse(told, status=errors.status(error))
