"""The policy as the desk keeps it, and, for who answers for it, what is to be put right in it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from redphone.core.policy.check import check_policy
from redphone.core.policy.page import html_body
from redphone.records.queries.rights import may
from redphone.web import access
from redphone.web.context import Shell
from redphone.web.responder.pages import page


@require_GET
@access.staff_only
def policy(request: HttpRequest) -> HttpResponse:
    current = Shell(request).policy
    reviews = may(access.asker(request), "policy.findings")
    told = {
        "current": current,
        # The page is written by the core, which escapes every text of the policy.
        "body": mark_safe(html_body(current)) if current else "",
        "findings": check_policy(current) if current and reviews else (),
        "reviews": reviews,
    }
    return page(request, "policy.html", told, here="policy")
