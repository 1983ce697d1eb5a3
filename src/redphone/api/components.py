"""The status page's components, and who is asking."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from redphone.actions import components
from redphone.api import bodies, schemas, shapes
from redphone.api.auth import caller
from redphone.api.problems import Unusable
from redphone.records.ledger import NoSuchStream
from redphone.records.models import Component as ComponentRow
from redphone.records.queries import api as doors
from redphone.records.queries import incidents as pages
from redphone.records.queries import rights

router = Router(tags=["Components"])
me = Router(tags=["You"])


@me.get("", response=schemas.Me, summary="Who this token speaks for")
def show_me(request: HttpRequest) -> schemas.Me:
    """To see that a token works."""
    person = caller(request).person
    return schemas.Me(
        email=person.email,
        name=person.name,
        role=person.role,
        customer=shapes.customer_ref(person.customer),
    )


@router.get("", response=list[schemas.Component], summary="List the components")
def listing(request: HttpRequest) -> list[schemas.Component]:
    """What the public status page lists, in its order."""
    return [_shown(each) for each in doors.components()]


@router.post("/{slug}/state", response=schemas.Component, summary="Say how a component is")
def set_state(request: HttpRequest, slug: str, said: bodies.ComponentState) -> schemas.Component:
    """With the incident that is the cause, or without one."""
    who = caller(request)
    if said.incident is None:
        rights.require(who.asker, "components.change")
    else:
        manages = _manager(request, said.incident) == who.person.pk
        rights.require(who.asker, "incident.set_component", manages=manages)
    components.set_state(
        component=slug.replace("\x00", ""),
        state=said.state,
        incident=said.incident,
        by=who.actor,
        at=who.at,
    )
    return next(_shown(each) for each in doors.components() if each.slug == slug)


def _manager(request: HttpRequest, incident: str) -> int | None:
    try:
        return pages.find(caller(request).asker, incident).manager_id
    except NoSuchStream as error:
        raise Unusable("incident", str(error)) from error


def _shown(each: ComponentRow) -> schemas.Component:
    return schemas.Component(
        slug=each.slug, name=each.name, description=each.description, state=each.state
    )
