"""The status page's components: how each is, and the list of them."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from redphone.core import command
from redphone.core.stream import DeskError
from redphone.records import ledger, live
from redphone.records.models import Component, ComponentChange
from redphone.records.models.component import ComponentState


class ComponentError(DeskError):
    """The component can't be changed like that."""


class NoSuchComponent(ComponentError):
    """The status page has no such component. Choose one from the list."""


class NoSuchState(ComponentError):
    """A component has no such state. Choose one from the list."""


class StateUnchanged(ComponentError):
    """The component is in that state already. Nothing was changed."""


class ComponentNamed(ComponentError):
    """The status page already has a component of that name. Choose another name."""


class NameMissing(ComponentError):
    """A component needs a name that customers know."""


def set_state(*, component: str, state: str, incident: str | None, by: str, at: datetime) -> None:
    """Say how a component is, from the room of the incident that is the cause, or without one.

    Raises:
        NoSuchComponent, NoSuchState, StateUnchanged: nothing is to be changed.
        NoSuchStream: there is no such incident.

    Source: EMG-1, EMG-3, EMG-4.
    """
    if state not in ComponentState.values:
        raise NoSuchState
    if incident is None:
        with transaction.atomic(durable=True):
            _change(component, state, None, by, at)
    else:
        with ledger.writing(at=at) as book:
            stream = book.incident(incident)
            entry = command.set_component(
                stream.state, component=component, state=state, by=by, at=at
            )
            _change(component, state, incident, by, at)
            book.append(stream, entry)
    live.tell([live.STATUS])


def _change(slug: str, state: str, incident: str | None, by: str, at: datetime) -> None:
    row = Component.objects.select_for_update(no_key=True).filter(slug=slug).first()
    if row is None:
        raise NoSuchComponent
    if row.state == state:
        raise StateUnchanged
    row.state = state
    row.save(update_fields=["state"])
    ComponentChange.objects.create(
        component=row, state=state, at=at, incident_ref=incident, actor=by
    )


def add(*, name: str, description: str) -> Component:
    """Put a component at the end of the status page's list.

    Raises:
        NameMissing, ComponentNamed: the name is no use.
    """
    name = name.strip()
    if not slugify(name):
        raise NameMissing
    last = Component.objects.order_by("-position").values_list("position", flat=True).first()
    try:
        with transaction.atomic():
            return Component.objects.create(
                name=name,
                slug=slugify(name),
                description=description.strip(),
                position=0 if last is None else last + 1,
            )
    except IntegrityError as error:
        raise ComponentNamed from error
