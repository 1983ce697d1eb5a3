"""Reports in. An emergency that we can't read is still a case; only a broken token, or a size that
no report has, is turned away.

Source: FAQ-2, FAQ-6, POL-6.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pydantic
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router, Status

from redphone.actions import intake
from redphone.actions.alerts import OF_DOOR
from redphone.actions.incidents import COMPONENT
from redphone.actions.reports import Incoming, Taken
from redphone.api import bodies, problems, schemas, shapes
from redphone.api.auth import Caller, caller
from redphone.api.problems import Wrong
from redphone.records.models import Report
from redphone.records.queries import api as doors
from redphone.records.queries import clocks, customer
from redphone.records.queries.asker import NotYours

router = Router(tags=["Reports"])

KEY = "Idempotency-Key"
LONGEST_KEY = 200
OF_CUSTOMER = "customer:"
"""How the exact keys of customers begin, so that nobody joins another's incident by guessing."""

WAITED = 2.0
"""Seconds to wait for a case that another request with the same key is just opening."""

_OWN = {"description", "contact", "join_key", "customer", "channel", "closest_to"}


class BodyDiffers(Exception):
    """This Idempotency-Key was used for another report. Use a new key for a new report."""


@router.post(
    "",
    summary="Report an emergency",
    response={200: schemas.ReportAnswer, 201: schemas.ReportAnswer, 202: schemas.ReportAnswer},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": bodies.Report.model_json_schema()}},
        },
        "parameters": [
            {
                "name": KEY,
                "in": "header",
                "required": False,
                "description": "The same key and body again give the first answer again.",
                "schema": {"type": "string"},
            }
        ],
    },
)
def report(request: HttpRequest, response: HttpResponse) -> Status[Any] | HttpResponse:
    """Stores the report as it came, and opens its case: 201.

    Whatever can't be read is kept too, and becomes a case for people to look at: 202, with a
    `warning` that says what was not understood. With an `Idempotency-Key` that was sent before
    the first answer comes again: 200, or 422 when the body is another one.
    """
    who = caller(request)
    said, wrong = _read(request.body)
    incoming, more = _incoming(request, who, said)
    taken = intake.take_report(incoming)
    if not taken.is_new:
        if _raw(taken.report) != request.body:
            says = " ".join((BodyDiffers.__doc__ or "").split())
            return problems.problem(request, 422, says, kind="body-differs")
        taken = _settled(taken)
    wrong = [*wrong, *more]
    if not taken.is_new and taken.case:
        code = 200
        response["Idempotency-Replayed"] = "true"
    else:
        code = 202 if wrong or taken.case is None else 201
    namespace = request.resolver_match.namespace if request.resolver_match else ""
    if taken.case:
        response["Location"] = reverse(f"{namespace}:case", args=[taken.case])
    else:
        response["Location"] = reverse(f"{namespace}:report", args=[taken.report])
        response["Retry-After"] = "5"
    return Status(code, _answer(request, who, taken, wrong))


@router.get(
    "/{uuid:report_id}", response=schemas.ReportState, url_name="report", summary="Read a report"
)
def report_state(request: HttpRequest, report_id: uuid.UUID) -> schemas.ReportState:
    """What became of a report: for who sent it, and for the desk's own people."""
    row = doors.report(caller(request).asker, report_id)
    incident = customer.incident_of(row.case_ref) if row.case_ref else None
    return schemas.ReportState(
        report=row.pk, received_at=row.received_at, case=row.case_ref, incident=incident
    )


def _read(body: bytes) -> tuple[bodies.Report, list[Wrong]]:
    """The report that a body holds, as far as it can be read, and what was wrong with the rest."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        # What was meant to be JSON is still somebody's words: people read them better than we do.
        said = bodies.Report(description=_text(body))
        return said, [Wrong("", "The body is not JSON that can be read.")]
    if not isinstance(found, dict):
        said = bodies.Report(description=_text(body))
        return said, [Wrong("", "The body is JSON, but no object with a description.")]
    try:
        said, wrong = bodies.Report.model_validate(found), []
    except pydantic.ValidationError as error:
        said = bodies.Report(**dict(_readable(found)))
        wrong = problems.wrongs(error.errors(include_url=False, include_input=False))
    if not said.description.strip():
        wrong.append(Wrong("description", "Say in a sentence what is wrong."))
    return said, wrong


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return ""


def _readable(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is words or a number under a name that we know; other values as they were written."""
    for name in bodies.Report.model_fields:
        value = found.get(name)
        if isinstance(value, str):
            yield name, value.encode("utf-8", "replace").decode()
        elif value is not None:
            yield name, json.dumps(value, default=str)


def _incoming(
    request: HttpRequest, who: Caller, said: bodies.Report
) -> tuple[Incoming, list[Wrong]]:
    wrong: list[Wrong] = []
    is_staff = who.asker.is_staff
    sender: int | None = who.person.pk
    customer_id, channel = who.asker.customer_id, "api"
    if is_staff and said.contact.strip():
        # One of the desk's people passes on what somebody else has said: that one is answered.
        sender = None
    if is_staff and said.customer:
        customer_id = doors.customer_id(said.customer.replace("\x00", ""))
        if customer_id is None:
            wrong.append(Wrong("customer", "There is no customer of that slug."))
    if is_staff and said.channel:
        channel = said.channel[:40]
    fields = said.model_dump(exclude=_OWN)
    # Without a key each request is its own; the scope still says whose token it came by.
    given = request.headers.get(KEY, "").strip()
    return (
        Incoming(
            channel=channel.replace("\x00", ""),
            received_at=who.at,
            raw=request.body,
            content_type=request.content_type or "",
            description=said.description,
            contact=said.contact or ("" if sender is None else _reach(who)),
            sender=sender,
            customer=customer_id,
            closest_to=said.closest_to or None,
            join_key=_join_key(who, said.join_key, wrong),
            idempotency=(f"api:{who.actor}", _short(given) or str(uuid.uuid4())),
            fields={name: value for name, value in fields.items() if value},
        ),
        wrong,
    )


def _reach(who: Caller) -> str:
    return who.person.phone or who.person.email


def _join_key(who: Caller, key: str, wrong: list[Wrong]) -> str | None:
    key = key.strip()
    if not key:
        return None
    if not who.asker.is_staff:
        return f"{OF_CUSTOMER}{who.asker.customer_id}:{_short(key)}"
    if key.startswith(own := (COMPONENT, OF_CUSTOMER, OF_DOOR)):
        says = f"A key can't begin with one of {', '.join(own)}: the desk uses these."
        wrong.append(Wrong("join_key", says))
        return None
    return _short(key)


def _short(key: str) -> str:
    """A key as it is; one that is too long for an index by its digest, which is as exact."""
    if len(key) <= LONGEST_KEY:
        return key
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _raw(report_id: uuid.UUID) -> bytes:
    return bytes(Report.objects.values_list("raw", flat=True).get(pk=report_id))


def _settled(taken: Taken) -> Taken:
    """The same, once the request that brought the report first has opened its case."""
    until = time.monotonic() + WAITED
    while taken.case is None and time.monotonic() < until:
        ref = customer.report_ref(taken.report)
        if ref is None:
            time.sleep(0.05)
            continue
        taken = Taken(
            report=taken.report, case=ref, incident=customer.incident_of(ref), is_new=False
        )
    return taken


def _answer(
    request: HttpRequest, who: Caller, taken: Taken, wrong: list[Wrong]
) -> schemas.ReportAnswer:
    return schemas.ReportAnswer(
        report=taken.report,
        case=taken.case,
        incident=taken.incident,
        clocks=_clocks(who, taken),
        warning=_warning(request, wrong) if wrong else None,
    )


def _clocks(who: Caller, taken: Taken) -> list[schemas.Clock]:
    if taken.case is None:
        return []
    if who.asker.is_staff:
        streams = [ref for ref in (taken.case, taken.incident) if ref]
        found = [each for ref in streams for each in clocks.clocks(who.asker, ref, at=who.at)]
        return [shapes.shown_clock(each) for each in found]
    try:
        own = customer.own_clocks(who.asker, taken.case)
    except NotYours:
        # Data may be at risk, and they reported for a colleague: the receipt says no more.
        return []
    return [shapes.running_clock(each, who.at) for each in own]


def _warning(request: HttpRequest, wrong: list[Wrong]) -> schemas.Problem:
    return schemas.Problem(
        type="urn:redphone:problem:not-all-was-read",
        title="Not all was read",
        status=202,
        detail="The report was taken and people will look at it. This part was not understood.",
        instance=request.path,
        errors=[schemas.Wrong(field=each.field, says=each.says) for each in wrong],
    )
