"""Forms that come in parts: read as they come, files within limits, nothing thrown away unsaid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, cast

from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from redphone.channels.button import receive
from redphone.channels.button.receive import Form, Limits
from redphone.core.report import Attached
from redphone.records.attachments import LARGEST

LIMITS = Limits(largest=LARGEST, together=60 * 1024 * 1024, most=10)
"""What one form may bring. What is over is named on the case; the form is taken all the same."""

ABSURD = 256 * 1024 * 1024
"""Bytes of a body that nobody sends to report anything."""

PARTS = "multipart/form-data"
PLAIN = "application/x-www-form-urlencoded"

View = Callable[..., HttpResponse]


class AsItCame(FileUploadHandler):
    """Django's door for reading a body in one's own way, before its own parser would."""

    def handle_raw_input(  # type: ignore[override]
        self,
        input_data: Any,
        META: Mapping[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        form = receive.read(input_data, boundary, LIMITS)
        self.request.form_as_it_came = form  # type: ignore[union-attr]
        said = QueryDict(mutable=True)
        for name, value in form.fields:
            said.appendlist(name, value)
        said._mutable = False
        return said, MultiValueDict()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        raise NotImplementedError("The body was read whole.")

    def file_complete(self, file_size: int) -> Any:
        raise NotImplementedError("The body was read whole.")


def in_parts(view: View) -> View:
    """For a view whose form may bring files; forged requests are turned away as everywhere."""
    return _reading(csrf_protect(view))


def in_parts_without_cookies(view: View) -> View:
    """The same for a view that looks at no cookie: a forged request has nobody's rights there."""
    return _reading(view)


def _reading(view: View) -> View:
    @wraps(view)
    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Set before anything looks at the body, as the check against forgery does.
        request.upload_handlers = [AsItCame(request)]
        if _length(request) > ABSURD:
            return too_large()
        return view(request, *args, **kwargs)

    return cast(View, csrf_exempt(read))


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if str(length).isdigit() else 0


def too_large() -> HttpResponse:
    """What a body of an absurd size gets; its words are still in the page that sent it."""
    why = f"This is more than {ABSURD // 1024**2} MB. Leave out some files and send it again."
    return HttpResponse(why, status=413, content_type="text/plain; charset=utf-8")


def _form(request: HttpRequest) -> Form | None:
    """The form that came in parts; None when it came otherwise."""
    _ = request.POST
    return getattr(request, "form_as_it_came", None)


def files(request: HttpRequest) -> tuple[Attached, ...]:
    """The files that came."""
    form = _form(request)
    return form.files if form else ()


def raw(request: HttpRequest) -> tuple[bytes, str]:
    """The request's body to be kept, and its type: the files are kept beside it, once."""
    form = _form(request)
    if form is not None:
        return form.skeleton, request.headers.get("Content-Type", PARTS)
    return request.body, PLAIN


def notes(request: HttpRequest) -> dict[str, str]:
    """What could not be read of it, for responders."""
    form = _form(request)
    return {"unreadable": form.unreadable} if form and form.unreadable else {}
