"""Pages that a vendor's own page may show in a frame, and what they get by way of headers.

A frame of another site has no cookies of ours. So these pages never look at one: who is there is
said by the session in the request's body, and a forged request from elsewhere has nobody's rights.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from redphone.records.queries import identity

PICTURES = "'self' data: blob:"
"""Where pictures come from on a page that shows a preview of what was chosen."""


def framed(
    request: HttpRequest, template: str, told: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page in the frames' shell. Only the sites of identity keys in use may hold it."""
    # Where vendor and desk share a domain, a cookie comes along; no page here is by whom it names.
    request.user = AnonymousUser()
    origins = identity.framing_origins()
    response = render(request, template, told | {"origins": origins}, status=status)
    return for_frames(response, origins)


def for_frames(response: HttpResponse, origins: list[str]) -> HttpResponse:
    """Let these sites hold the response in a frame, and let no address of it leak."""
    response.headers["Referrer-Policy"] = "no-referrer"
    allow(response, {"img-src": PICTURES})
    if origins:
        allow(response, {"frame-ancestors": " ".join(origins)})
        response.xframe_options_exempt = True
    return response


def allow(response: HttpResponse, directives: dict[str, str]) -> None:
    """Change directives of this page's content security policy."""
    changed = getattr(response, "csp", {}) | directives
    response.csp = changed  # type: ignore[attr-defined]
