"""What we promise, for everyone to read: the policy as a page. Source: POL-9, FAQ-1 to FAQ-8."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from redphone.core.policy import Policy
from redphone.core.policy.page import html_body
from redphone.web.context import Shell


@require_GET
def policy(request: HttpRequest) -> HttpResponse:
    """The current policy; each promise has its clause as an anchor."""
    current = Shell(request).policy
    body = _body(current.digest, current) if current else ""
    return render(request, "public/policy.html", {"current": current, "body": body})


_written: dict[str, SafeString] = {}


def _body(digest: str, current: Policy) -> SafeString:
    """The page of one version, written once: the core escapes every text of the policy."""
    if digest not in _written:
        _written.clear()
        _written[digest] = mark_safe(html_body(current))
    return _written[digest]
