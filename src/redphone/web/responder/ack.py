"""Answering a page from the link in it, without signing in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from redphone.actions import paging, standings
from redphone.web import errors, middleware


# The signed token in the address is the proof, and mail apps' browsers may keep no cookies.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what rings, POST answers it; whatever came of that, the page then says.

    A message may speak for several incidents: `which` is the one that is taken, `all` takes all.
    `pass` says that they can't.
    """
    at = middleware.at(request)
    if request.method == "POST":
        with errors.refused(request):
            if "pass" in request.POST:
                paging.pass_by_link(token, at=at)
            else:
                which = request.POST.get("which", "")
                paging.answer(token, at=at, only=which, is_all="all" in request.POST)
        return redirect("responder:answer_page", token)
    return render(request, "responder/ack.html", {"page": standings.page(token, at=at)})
