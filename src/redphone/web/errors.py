"""The one place that turns what the desk refuses into what a browser is told.

A view that lets an error of the core go gets a page: 404 for what is not there or not theirs, 403
for what their role may not do, 409 for the rest. A view with a form asks `refused` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from redphone.core.policy import PolicyError
from redphone.core.stream import DeskError
from redphone.records.ledger import NoSuchStream
from redphone.records.queries.asker import NotAllowed, NotYours

_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NoSuchStream, 404),
    (NotYours, 404),
    (NotAllowed, 403),
    (PolicyError, 404),
    (DeskError, 409),
)
_TITLES = {
    403: "You may not do this",
    404: "There is nothing here",
    405: "This address only takes what a form sends",
    409: "That is not possible now",
    500: "Something broke on our side",
}


def status(error: Exception) -> int:
    """The HTTP status for an error of the core; 500 for any other."""
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


def page(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The page for an error that a view let go; None when it is no refusal of the desk's."""
    code = status(error)
    return None if code == 500 else answer(request, code, str(error))


def answer(request: HttpRequest, code: int, why: str = "") -> HttpResponse:
    """A page that says what is wrong and where to go next."""
    told = {"code": code, "heading": _TITLES.get(code, "That did not work"), "why": why}
    return render(request, "web/error.html", told, status=code)


@contextmanager
def refused(request: HttpRequest, form: BaseForm | None = None) -> Iterator[None]:
    """Show a refusal (409) as a message, or as an error of `form`; let 403 and 404 go on.

    The block ends there: what follows in it is not done. Ask the form, or redirect.
    """
    try:
        yield
    except DeskError as error:
        if status(error) != 409:
            raise
        if form is not None:
            form.add_error(None, str(error))
        else:
            messages.error(request, str(error))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own 404: an address that no page has."""
    return answer(request, 404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, str(exception) if isinstance(exception, PermissionDenied) else "")


def broken(request: HttpRequest) -> HttpResponse:
    """Django's own 500. It asks the database nothing, which may be what broke."""
    from redphone.web.context import last_known_policy

    told = {"heading": _TITLES[500], "policy": last_known_policy()}
    return HttpResponse(render_to_string("web/broken.html", told), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of ours, or from one that was open for too long.

    A report of an emergency comes back as it was typed, to be sent once more.
    """
    if request.path == reverse("customer:report") and request.method == "POST":
        # Only that face knows its form, and it imports this module.
        from redphone.web.customer.report import again

        return again(request, "This page was open for too long. Press the button once more.")
    if request.path.startswith(reverse("customer:chat_lobby")) and request.method == "POST":
        from redphone.web.customer import chat

        return chat.again(request, "This page was open for too long. Send it once more.")
    why = "This form is too old, or cookies are off. Go back, reload, and send it again."
    return answer(request, 403, why)
