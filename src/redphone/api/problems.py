"""The one place that turns what goes wrong into an answer: a problem of RFC 9457."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from redphone.actions.components import NoSuchComponent, NoSuchState
from redphone.core import case, command, updates
from redphone.core.policy import PolicyError, UnknownIssueType
from redphone.core.stream import DeskError
from redphone.records.ledger import NoSuchStream
from redphone.records.queries.asker import NotAllowed, NotYours

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

# Ordered: the first kind that fits. What was sent can be mended (422); what stands can't (409).
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NoSuchStream, 404),
    (NotYours, 404),
    (NotAllowed, 403),
    (UnknownIssueType, 422),
    (NoSuchState, 422),
    (NoSuchComponent, 404),
    (case.WordsMissing, 422),
    (case.ReasonMissing, 422),
    (command.WordsMissing, 422),
    (command.TypeMissing, 422),
    (command.WhyMissing, 422),
    (updates.SaysTooLittle, 422),
    (updates.SameWords, 422),
    (updates.NextUpdateInThePast, 422),
    (updates.NextUpdateTooLate, 422),
    (PolicyError, 404),
    (DeskError, 409),
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with what was sent: where, and what to do about it."""

    field: str
    says: str


class Unusable(Exception):
    """A part of what was sent can't be used, in a way that only the desk can know."""

    def __init__(self, field: str, says: str) -> None:
        super().__init__(says)
        self.wrong = Wrong(field, says)


def status(error: Exception) -> int:
    """The HTTP status for what the desk refuses; 500 for any other error."""
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


def problem(
    request: HttpRequest,
    code: int,
    detail: str,
    *,
    kind: str = "",
    errors: Iterable[Wrong] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem as an answer. `kind` names it for programs; "" when its status says all."""
    told: dict[str, Any] = {
        "type": f"urn:redphone:problem:{kind}" if kind else "about:blank",
        "title": _spaced(kind) if kind else HTTPStatus(code).phrase,
        "status": code,
        "detail": detail,
        "instance": request.path,
    }
    if found := [{"field": wrong.field, "says": wrong.says} for wrong in errors]:
        told["errors"] = found
    return HttpResponse(
        json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"),
        status=code,
        content_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer to any error that a view of the API lets go."""
    if isinstance(error, ValidationError):
        return problem(
            request,
            422,
            "What was sent can't be used. The list of errors says what to mend.",
            kind="unusable",
            errors=wrongs(error.errors),
        )
    if isinstance(error, Unusable):
        return problem(request, 422, str(error), kind="unusable", errors=[error.wrong])
    if isinstance(error, AuthenticationError):
        return _unknown(request)
    if isinstance(error, RequestDataTooBig):
        return too_large(request)
    if isinstance(error, HttpError):
        says = "The body is not JSON that can be read." if error.status_code == 400 else str(error)
        return problem(request, error.status_code, says)
    if isinstance(error, Http404):
        return problem(request, 404, "There is nothing at this address. See /api/v1/docs.")
    if isinstance(error, OperationalError | InterfaceError):
        log.exception("the database does not answer")
        says = "The desk can't reach its database. Try again, and call if it is urgent."
        return problem(request, 503, says, headers={"Retry-After": "2"})
    code = status(error)
    if code == 500:
        log.error("%s %s broke", request.method, request.path, exc_info=error)
        return problem(request, 500, "Something broke on our side. Call us if it is urgent.")
    return problem(request, code, str(error), kind=_kind(type(error)))


def too_large(request: HttpRequest) -> HttpResponse:
    return problem(request, 413, "That is too large: send 1 MiB at most.")


def _unknown(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Authorization"):
        says = "This token opens nothing: it is wrong, was taken back, or has expired."
        challenge = 'Bearer realm="redphone", error="invalid_token"'
    else:
        says = "Send a token: 'Authorization: Bearer rp_…'. 'redphone token create' makes one."
        challenge = 'Bearer realm="redphone"'
    return problem(request, 401, says, headers={"WWW-Authenticate": challenge})


def wrongs(errors: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    """Pydantic's errors by the name of the field, without the names of our own parameters."""
    found = []
    for error in errors:
        where = [str(part) for part in error.get("loc", ())]
        if where and where[0] in _SOURCES:
            where = where[2:] if where[1:2] and where[1] in _PARAMETERS else where[1:]
        found.append(Wrong(".".join(where), str(error.get("msg", ""))))
    return found


_SOURCES = frozenset({"body", "query", "path"})
_PARAMETERS = frozenset({"said", "which"})
"""What our views call the body and the query as wholes."""


def _kind(error: type[Exception]) -> str:
    """AlreadyAcknowledged → already-acknowledged."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def _spaced(kind: str) -> str:
    return kind.replace("-", " ").capitalize()
