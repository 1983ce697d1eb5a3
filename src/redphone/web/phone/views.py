"""The providers' callbacks: the signature first, then one action, then what is heard or sent back.

Whoever picked up never hears that an application broke. What a provider has to send again, since
it could not be kept, gets a 503; what is nobody's message gets a 404, and nothing is said of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from redphone.actions import phone_calls, texts
from redphone.actions.standings import NoSuchPage
from redphone.channels.hotline import signature
from redphone.channels.telephone import receive, twiml
from redphone.core.phone_says import Says
from redphone.web.middleware import at

log = logging.getLogger(__name__)

LARGEST = 64 * 1024
"""Bytes of a callback. A long SMS has two thousand."""

View = Callable[..., HttpResponse]


def _from_a_provider(view: Callable[..., HttpResponse]) -> View:
    """Let through what one of our providers has signed. Its proof is that; it has no cookies."""

    @csrf_exempt
    @never_cache
    @require_POST
    def signed(request: HttpRequest, **named: str) -> HttpResponse:
        if not settings.PHONE_PROVIDERS:
            return _plain("Calls and SMS are not set up here. Set REDPHONE_PHONE_1.", 503)
        if _length(request) > LARGEST:
            return _plain("That is too large.", 413)
        form = _form(request)
        if form is None or not _is_genuine(request, form):
            return _plain(
                "No provider of ours has signed this for this address. Check REDPHONE_PHONE_1, "
                "REDPHONE_PHONE_2 and REDPHONE_PUBLIC_URL.",
                403,
            )
        try:
            return view(request, form={name: str(form.get(name) or "") for name in form}, **named)
        except NoSuchPage:
            return _plain("There is no such message.", 404)

    return signed


def _length(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length") or "0"
    return int(length) if length.isascii() and length.isdigit() else LARGEST + 1


def _form(request: HttpRequest) -> QueryDict | None:
    try:
        return QueryDict(request.body, encoding="utf-8")
    except (SuspiciousOperation, UnicodeError, ValueError):
        return None


def _is_genuine(request: HttpRequest, form: QueryDict) -> bool:
    """Signed over the address as the provider knows it, whatever proxies made of it."""
    headers = request.headers
    return signature.is_genuine(
        [each.signed_by for each in settings.PHONE_PROVIDERS],
        f"{settings.PUBLIC_URL}{request.get_full_path()}",
        form,
        headers.get("X-Twilio-Signature") or headers.get("X-SignalWire-Signature") or "",
        settings=headers.get("X-Twilio-Webhooks-Signature-Settings", ""),
    )


@_from_a_provider
def voice(request: HttpRequest, *, token: str, form: dict[str, str]) -> HttpResponse:
    """Somebody, or a voicemail box, has picked up."""
    return _spoken(request, token, lambda: phone_calls.pick_up(token, at=at(request)))


@_from_a_provider
def key(request: HttpRequest, *, token: str, form: dict[str, str]) -> HttpResponse:
    """A key was pressed."""
    pressed = receive.digit(form)
    return _spoken(request, token, lambda: phone_calls.press(token, pressed, at=at(request)))


def _spoken(request: HttpRequest, token: str, action: Callable[[], Says]) -> HttpResponse:
    callback = f"{settings.PUBLIC_URL}/phone/{token}"
    try:
        says = twiml.render(action(), callback=callback)
    except NoSuchPage:
        raise
    except Exception:  # Whoever was woken must not hear silence, nor a machine's error.
        log.exception("a call could not be told what to say")
        says = twiml.trouble(callback, again="again" not in request.GET)
    return HttpResponse(says, content_type="text/xml; charset=utf-8")


@_from_a_provider
def status(request: HttpRequest, *, token: str, form: dict[str, str]) -> HttpResponse:
    """What became of a call or an SMS of ours."""
    try:
        phone_calls.hear(token, receive.status(form), at=at(request))
    except Error:
        log.exception("a call's status could not be kept")
        return _plain("The desk can't keep this now. Send it again.", 503)
    return HttpResponse(status=204)


@_from_a_provider
def text(request: HttpRequest, *, form: dict[str, str]) -> HttpResponse:
    """An SMS has come in."""
    told = receive.text(form)
    if told is None:
        return _plain("It does not say which SMS it is: MessageSid and From are missing.", 400)
    try:
        answer = texts.take(
            told, raw=request.body, content_type=request.content_type or "", at=at(request)
        )
    except Error:
        log.exception("an SMS could not be kept")
        return _plain("The desk can't keep this now. Send it again.", 503)
    return HttpResponse(twiml.text(answer), content_type="text/xml; charset=utf-8")


def _plain(says: str, code: int) -> HttpResponse:
    return HttpResponse(says, status=code, content_type="text/plain; charset=utf-8")
