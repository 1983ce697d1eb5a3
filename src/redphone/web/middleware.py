"""What every request gets: its moment, and a page for what the desk refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from redphone.clock import now
from redphone.web import errors


def at(request: HttpRequest) -> datetime:
    """The moment of a request: read once, so that a page and its verb speak of the same."""
    found = getattr(request, "at", None)
    if not isinstance(found, datetime):
        found = now()
        request.at = found  # type: ignore[attr-defined]
    return found


class Desk:
    """Gives each request `request.at`, answers refusals that a view let go, keeps caches out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        at(request)
        response = self.get_response(request)
        if response.status_code == 405 and not request.path.startswith(
            ("/api/", "/hotline/", "/phone/")
        ):
            # Somebody opened the address that a form was sent to, as by Enter in the address bar.
            allow = response.headers["Allow"]
            response = errors.answer(request, 405, "Go back, and open the page itself.")
            response.headers["Allow"] = allow
        # What one person sees is nobody else's, and going back shows how it is, not how it was.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        # The API answers its own errors, as problems.
        if request.path.startswith("/api/"):
            return None
        return errors.page(request, error)
