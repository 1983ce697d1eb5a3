"""The provider's webhooks: the signature first, then one action, then what is heard next.

Whoever is on the line never hears that an application broke: without a database they are put
through to another number, or leave a message at the provider.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from redphone.actions import hotline
from redphone.actions.hotline import Manner
from redphone.channels.hotline import receive, signature, twiml
from redphone.channels.hotline.twiml import Line
from redphone.core.hotline import Callback, Step
from redphone.core.hotline_says import GetBy, Join, LetGo, Says, Whisper
from redphone.web.middleware import at

log = logging.getLogger(__name__)

LARGEST = 256 * 1024
"""Bytes of a callback. A long transcription has a few thousand."""


# The provider's signature is the proof; it has no cookies.
@csrf_exempt
@never_cache
@require_POST
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One callback: 503 without a token, 403 for what isn't signed by it, and nothing is kept."""
    if not settings.HOTLINE_TOKENS:
        return _plain("The hotline is not set up here. Set REDPHONE_HOTLINE_TOKEN.", 503)
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return _plain("That is too large.", 413)
    form = _form(request)
    if form is None or not _is_genuine(request, form):
        return _plain(
            "This was not signed with our token for this address. Check REDPHONE_HOTLINE_TOKEN "
            "and REDPHONE_PUBLIC_URL.",
            403,
        )
    if step not in hotline.STEPS and step != Step.AWAY:
        return _plain("The hotline has no such address.", 404)
    told = receive.callback(Step(step), _each(request.GET), _each(form), at=at(request))
    if told is None:
        return _plain("It does not say of which call it is: CallSid is missing.", 400)
    return _answer(request, told)


def _form(request: HttpRequest) -> QueryDict | None:
    try:
        return QueryDict(request.body, encoding="utf-8")
    except (SuspiciousOperation, UnicodeError, ValueError):
        return None


def _each(fields: QueryDict) -> dict[str, str]:
    """The last value of each field, as text."""
    return {name: str(fields.get(name) or "") for name in fields}


def _is_genuine(request: HttpRequest, form: QueryDict) -> bool:
    """Signed over the address as the provider knows it, whatever proxies made of it."""
    return signature.is_genuine(
        settings.HOTLINE_TOKENS,
        f"{settings.PUBLIC_URL}{request.get_full_path()}",
        form,
        request.headers.get("X-Twilio-Signature", ""),
        settings=request.headers.get("X-Twilio-Webhooks-Signature-Settings", ""),
    )


def _answer(request: HttpRequest, told: Callback) -> HttpResponse:
    if told.step is Step.AWAY:
        # Another answer did not come in time: this one asks the database nothing.
        return _spoken(_get_by(told), told)
    try:
        says = hotline.hear(
            told,
            query=request.META.get("QUERY_STRING", "")[:4000],
            raw=request.body,
            manner=Manner(ring=settings.HOTLINE_RING),
        )
    except Exception:  # Somebody in trouble is on the line: they must not hear silence.
        log.exception("the hotline could not hear %s of call %s", told.step, told.call)
        if not told.step.is_heard:
            return _plain("The desk can't keep this now. Send it again.", 503)
        says = _get_by(told)
    return _spoken(says, told)


def _get_by(told: Callback) -> Says:
    """What is heard while nothing can be looked up: all that the address itself tells."""
    if told.step is Step.WHISPER:
        return Whisper(about="An emergency call", plan="")
    if told.step is Step.TAKE:
        return Join() if told.digits == "1" else LetGo()
    tried = told.step is Step.FALLBACK
    return GetBy(number="" if tried else settings.HOTLINE_FALLBACK)


def _spoken(says: Says, told: Callback) -> HttpResponse:
    line = Line(
        base=f"{settings.PUBLIC_URL}/hotline/", call=told.call, records=settings.HOTLINE_RECORDS
    )
    if isinstance(says, Whisper):
        text = twiml.whisper(says, line, leg=told.leg, person=told.person)
    else:
        text = twiml.render(says, line)
    return HttpResponse(text, content_type="text/xml; charset=utf-8")


def _plain(says: str, code: int) -> HttpResponse:
    return HttpResponse(says, status=code, content_type="text/plain; charset=utf-8")
