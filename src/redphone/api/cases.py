"""Cases: read them, and do what people do to them."""

from __future__ import annotations

import re

from django.http import HttpRequest
from ninja import Body, Query, Router

from redphone.actions import cases
from redphone.api import bodies, schemas, shapes
from redphone.api.auth import Caller, caller
from redphone.api.problems import Unusable
from redphone.records.ledger import NoSuchStream
from redphone.records.queries import api as doors
from redphone.records.queries import cases as pages
from redphone.records.queries import clocks, customer, rights, timelines

router = Router(tags=["Cases"])

_REF = re.compile(r"RP-[0-9]{1,18}")
NOTHING = bodies.Nothing()


@router.get("", response=schemas.Cases, summary="List cases")
def listing(request: HttpRequest, which: Query[bodies.CaseFilter]) -> schemas.Cases:
    """The cases that you may see, newest first: customers those of their organisation."""
    part = doors.cases(
        caller(request).asker,
        status=which.status,
        incident=which.incident,
        customer=which.customer,
        below=which.before,
        limit=which.limit,
    )
    return schemas.Cases(items=[shapes.case_line(row) for row in part.rows], next=part.older)


@router.get("/{ref}", response=schemas.Case, url_name="case", summary="Read a case")
def show(request: HttpRequest, ref: str) -> schemas.Case:
    """What was told, what is owed, and by when."""
    return _shown(caller(request), _known(ref))


@router.get("/{ref}/timeline", response=schemas.Timeline, summary="Read a case's timeline")
def timeline(request: HttpRequest, ref: str, which: Query[bodies.Before]) -> schemas.Timeline:
    """What happened, newest first. Customers see what passed between them and the desk."""
    who = caller(request)
    row = doors.case(who.asker, _known(ref))
    if not who.asker.is_staff:
        return shapes.said_in_case(ref, customer.own_case(who.asker, ref).said)
    found = timelines.timeline(who.asker, ref, total=row.head, before=which.before)
    return shapes.timeline_for_staff(found)


@router.get("/{ref}/clocks", response=list[schemas.Clock], summary="Read a case's clocks")
def case_clocks(request: HttpRequest, ref: str) -> list[schemas.Clock]:
    """Each clock with every clause that applies, and how its deadline comes about.

    The desk's own people see the case's own clocks, ended ones too; customers all that is
    promised to them and still runs.
    """
    who = caller(request)
    doors.case(who.asker, _known(ref))
    if not who.asker.is_staff:
        own = customer.own_case(who.asker, ref)
        return [shapes.running_clock(each, who.at) for each in own.clocks]
    return [shapes.shown_clock(each) for each in clocks.clocks(who.asker, ref, at=who.at)]


@router.post("/{ref}/respond", response=schemas.Case, summary="Answer the customer")
def respond(request: HttpRequest, ref: str, said: bodies.Respond) -> schemas.Case:
    """A person's words to the customer. The first answer ends the first-response clock."""
    who = _allowed(request, ref, "respond")
    cases.respond(case=ref, by=who.actor, words=said.words, through=said.through, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/add", response=schemas.Case, summary="Add to what was told")
def add(request: HttpRequest, ref: str, said: bodies.Add) -> schemas.Case:
    """For the customer too, on their own case."""
    who = caller(request)
    if who.asker.is_staff:
        _allowed(request, ref, "add")
    else:
        doors.case(who.asker, _known(ref))
    cases.add(case=ref, by=who.actor, words=said.words, fields=said.fields, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/decline", response=schemas.Case, summary="It is no emergency")
def decline(request: HttpRequest, ref: str, said: bodies.Reason) -> schemas.Case:
    """Ends its clocks, with a reason that the customer is told."""
    who = _allowed(request, ref, "decline")
    cases.decline(case=ref, by=who.actor, reason=said.reason, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/identify", response=schemas.Case, summary="Say whose case it is")
def identify(request: HttpRequest, ref: str, said: bodies.Identify) -> schemas.Case:
    """The clocks follow the customer's plan, and none restarts."""
    who = _allowed(request, ref, "identify")
    cases.identify(case=ref, customer=customer_id(said.customer), by=who.actor, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/move", response=schemas.Case, summary="Join another incident")
def move(request: HttpRequest, ref: str, said: bodies.Move) -> schemas.Case:
    """It is the same trouble. The incident that it leaves empty ends."""
    who = _allowed(request, ref, "move")
    try:
        cases.move(case=ref, to=said.to, by=who.actor, why=said.why, at=who.at)
    except NoSuchStream as error:
        raise Unusable("to", str(error)) from error
    return _shown(who, ref)


@router.post("/{ref}/close", response=schemas.Case, summary="Close a resolved case")
def close(request: HttpRequest, ref: str, said: Body[bodies.Nothing] = NOTHING) -> schemas.Case:
    """Nothing is owed on it any more."""
    who = _allowed(request, ref, "close")
    cases.close(case=ref, by=who.actor, at=who.at)
    return _shown(who, ref)


def customer_id(slug: str) -> int:
    """The customer of that slug, out of a body.

    Raises:
        Unusable: there is none.
    """
    found = doors.customer_id(slug)
    if found is None:
        raise Unusable("customer", "There is no customer of that slug.")
    return found


def _known(ref: str) -> str:
    """A ref that can be a case's.

    Raises:
        NoSuchStream: it can't.
    """
    if not _REF.fullmatch(ref):
        raise NoSuchStream
    return ref


def _allowed(request: HttpRequest, ref: str, verb: str) -> Caller:
    """Who speaks, once it is clear that the case is there and they may do this to it."""
    who = caller(request)
    row = pages.find(who.asker, _known(ref))
    manager = row.incident.manager_id if row.incident else None
    rights.require(who.asker, f"case.{verb}", manages=manager == who.person.pk)
    return who


def _shown(who: Caller, ref: str) -> schemas.Case:
    if who.asker.is_staff:
        return shapes.case_for_staff(pages.case_page(who.asker, ref, at=who.at))
    row = doors.case(who.asker, ref)
    return shapes.case_for_customer(row, customer.own_case(who.asker, ref), who.at)
