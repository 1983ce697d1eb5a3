"""The API's routes, its page of documentation, and the answers that no view gives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Swagger
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from redphone.api import (
    cases,
    components,
    customers,
    devices,
    incidents,
    problems,
    reports,
)
from redphone.api.auth import Bearer

LARGEST = 1024 * 1024
"""Bytes of a body: no report is longer."""

DESCRIPTION = """\
Report emergencies, read cases and incidents with their clocks, and do what people do to them.

Send `Authorization: Bearer rp_…`; `redphone token create` makes a token. It acts as its person:
it sees and does what they may. Errors are problems of RFC 9457, as `application/problem+json`.
"""

View = Callable[..., HttpResponseBase]


class API(NinjaAPI):
    """Ours: its description says how every route answers when it can't do what was asked."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(**kwargs)
        schema = {"$ref": "#/components/schemas/Problem"}
        problem = {
            "description": "A problem, as RFC 9457 has it",
            "content": {problems.MEDIA_TYPE: {"schema": schema}},
        }
        for methods in described["paths"].values():
            for operation in methods.values():
                operation["responses"]["4XX"] = operation["responses"]["5XX"] = problem
        return described


def _answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    return problems.answer(request, error if isinstance(error, Exception) else error())


api = API(
    title="Redphone",
    version="1",
    description=DESCRIPTION,
    auth=Bearer(),
    urls_namespace="api",
    # The validator that Swagger would ask is somebody else's host.
    docs=Swagger(settings={"validatorUrl": None, "docExpansion": "list"}),
)
api.add_router("/reports", reports.router)
api.add_router("/cases", cases.router)
api.add_router("/incidents", incidents.router)
api.add_router("/components", components.router)
api.add_router("/customers", customers.router)
api.add_router("/me", components.me)
api.add_router("/me", devices.router)
for kind in (Exception, Http404, HttpError, ValidationError):
    api.add_exception_handler(kind, _answer)


def _guarded(view: View) -> View:
    """What holds for every route: sizes, media types, and problems instead of Django's pages."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if (refusal := _refused(request)) is not None:
            return refusal
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # Whatever breaks, a program gets an answer that it can read.
            response = problems.answer(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            allow = response.headers["Allow"]
            says = f"This address takes {allow}, not {request.method}."
            response = problems.problem(request, 405, says, headers={"Allow": allow})
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


def _refused(request: HttpRequest) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LARGEST:
        return problems.too_large(request)
    is_report = request.path.rstrip("/").endswith("/reports")
    if request.method != "POST" or length == "0" or is_report:
        return None
    kind = request.content_type or ""
    if kind == "application/json" or kind.endswith("+json"):
        return None
    return problems.problem(request, 415, "Send JSON: 'Content-Type: application/json'.")


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """An address that the API does not have."""
    return problems.answer(request, Http404())


def _home(request: HttpRequest) -> HttpResponse:
    return redirect("api:openapi-view")


def _routes() -> tuple[list[Any], str, str]:
    patterns, app, namespace = api.urls
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.callback is not None:
            pattern.callback = _guarded(pattern.callback)
    return patterns, app, namespace


urlpatterns = [
    path("", _home),
    path("", _routes()),
    re_path("", nothing_here),
]
