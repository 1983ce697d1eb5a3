"""Answering a page by the link in it: no sign-in, once, and in one person's name.

The link only shows; the button on it answers. So nothing that opens links on its way through a
mail server can take an incident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from redphone.actions import letters_house, links
from redphone.actions.letter import Letter
from redphone.actions.scene import Scene, scene
from redphone.core import command
from redphone.core.incident import Incident
from redphone.core.stream import DeskError
from redphone.core.updates import Purpose
from redphone.records import ledger
from redphone.records.ledger import Book
from redphone.records.models import Delivery, Person
from redphone.records.streams import IncidentStream

ANSWERED = (Purpose.PAGE, Purpose.STILL_ON_IT)
"""What a link, a key or a reply answers: "I have it", and "yes, still on it"."""


class NoSuchPage(ledger.NoSuchStream):
    """This link is not one of ours, or was cut short. Sign in, and open the incident there."""


class PageUsed(DeskError):
    """This link was used already. The incident's page shows who has it."""


class PageExpired(DeskError):
    """This link is too old to answer with. Sign in, and acknowledge on the incident's page."""


class Stage(StrEnum):
    """Where a page stands for the person who holds its link."""

    RINGS = "rings"
    YOURS = "yours"
    TAKEN = "taken"
    ENDED = "ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the link shows. `by` and `since` are who has it: None while it rings.

    `letter` is what is known: None once the link has had its day or the incident has ended, since
    whoever finds the link then must not read it.
    """

    incident: str
    address: str
    kind: str
    letter: Letter | None
    person: str
    stage: Stage
    by: str | None = None
    since: datetime | None = None
    works_until: datetime


def page(token: str, *, at: datetime) -> Page:
    """The page that a link belongs to, as things stand now.

    Raises:
        NoSuchPage: nobody was given this link.
    """
    delivery = _delivery(token)
    assert delivery.person is not None
    view = scene(delivery, at=at)
    incident = _incident(view)
    taken = _taken_by(incident, delivery)
    is_fresh = incident.is_open and at < _works_until(delivery)
    return Page(
        incident=view.ref,
        address=links.incident(view.ref),
        kind=view.kind_names,
        letter=letters_house.page(view) if is_fresh else None,
        person=delivery.person.name,
        stage=_stage(incident, delivery, taken, at),
        by=view.name_of(taken[0]) if taken else None,
        since=taken[1] if taken else None,
        works_until=_works_until(delivery),
    )


def answer(token: str, *, at: datetime) -> None:
    """Acknowledge in the name of the person whom the link was sent to.

    Raises:
        NoSuchPage: nobody was given this link.
        PageUsed: it has been used.
        PageExpired: its day has passed.
        IncidentEnded, AlreadyAcknowledged: see `redphone.core.command.acknowledge`.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    delivery = _delivery(token)
    assert delivery.person is not None
    with ledger.writing(at=at) as book:
        _answer(book, book.incident(delivery.stream), delivery, delivery.person, at)


def answer_by_mail(book: Book, delivery: Delivery, *, at: datetime) -> IncidentStream:
    """Acknowledge in the name of the person whom a page was sent to, who has replied to it.

    The caller knows that it was they who wrote. The incident is locked when this returns.

    Raises:
        NoSuchPage: it is no page, or its person may not sign in any more.
        PageUsed, PageExpired, IncidentEnded, AlreadyAcknowledged: see `answer`.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    person = delivery.person
    if delivery.purpose not in ANSWERED or person is None or not person.is_active:
        raise NoSuchPage
    stream = book.incident(delivery.stream)
    _answer(book, stream, delivery, person, at)
    return stream


def _answer(
    book: Book, stream: IncidentStream, delivery: Delivery, person: Person, at: datetime
) -> None:
    if at >= _works_until(delivery):
        raise PageExpired
    entry = command.acknowledge(stream.state, by=person.actor, at=at)
    unused = Delivery.objects.filter(pk=delivery.pk, answered_at=None)
    if not unused.update(answered_at=at):
        raise PageUsed
    book.append(stream, entry)


def _delivery(token: str) -> Delivery:
    named = links.read_answer(token)
    if named is None:
        raise NoSuchPage
    number, person = named
    found = Delivery.objects.select_related("person").filter(
        pk=number, purpose__in=ANSWERED, person=person, person__is_active=True
    )
    delivery = found.first()
    if delivery is None:
        raise NoSuchPage
    return delivery


def _works_until(delivery: Delivery) -> datetime:
    return delivery.created_at + letters_house.PAGE_LASTS


def _taken_by(incident: Incident, delivery: Delivery) -> tuple[str, datetime] | None:
    """Who has answered the ladder that this page belongs to, and since when."""
    lane = str(delivery.payload.get("lane", ""))
    answered = [
        (ask.answered_by, ask.answered_at)
        for ask in incident.asks
        if ask.lane == lane and ask.answered_by and ask.answered_at
    ]
    return answered[-1] if answered else None


def _stage(
    incident: Incident, delivery: Delivery, taken: tuple[str, datetime] | None, at: datetime
) -> Stage:
    person: Person | None = delivery.person
    if not incident.is_open:
        return Stage.ENDED
    if delivery.answered_at or (taken and person and taken[0] == person.actor):
        return Stage.YOURS
    lane = str(delivery.payload.get("lane", ""))
    asks = [ask for ask in incident.asks if ask.lane == lane]
    if taken and all(ask.answered_at for ask in asks if person and person.actor in ask.people):
        return Stage.TAKEN
    return Stage.EXPIRED if at >= _works_until(delivery) else Stage.RINGS


def _incident(view: Scene) -> Incident:
    assert isinstance(view.state, Incident)
    return view.state
