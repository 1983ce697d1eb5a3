"""Answering a page by the link in it: no sign-in, once, and in one person's name.

The link only shows; the button on it answers. So nothing that opens links on its way through a
mail server can take an incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from redphone.actions import bundles, letters_house, links
from redphone.actions.letter import Letter
from redphone.actions.paging_beside import Beside, beside
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
class Answered:
    """What somebody has taken by answering, in names to be spoken or shown.

    `incidents` are those that are theirs now; `others` the names of who else was asked and is let
    go; `left` are the incidents of the same message that still ring.
    """

    incidents: tuple[str, ...]
    others: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the link shows. `by` and `since` are who has it: None while it rings.

    `letter` is what is known: None once the link has had its day or the incident has ended, since
    whoever finds the link then must not read it. `beside` are the other incidents of the message,
    `others` the names of who else was asked.
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
    beside: tuple[Beside, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def ringing(self) -> int:
        """How many incidents of this message still ring."""
        return sum(each.rings for each in self.beside) + (self.stage is Stage.RINGS)


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
        others=_names(_asked(incident, delivery) - {delivery.person.pk}),
        beside=tuple(beside(delivery, is_fresh=at < _works_until(delivery))),
    )


def let_go(incident: Incident, by: str) -> tuple[str, ...]:
    """The names of who else was asked when this person answered, and rings no more for it."""
    answered = [ask for ask in incident.asks if ask.answered_by == by]
    return names({actor for ask in answered for actor in ask.people} - {by})


def names(actors: Iterable[str]) -> tuple[str, ...]:
    """People's names by their actors, in their order."""
    return _names({int(actor.removeprefix("person:")) for actor in actors})


def answer(token: str, *, at: datetime, only: str = "", is_all: bool = False) -> Answered:
    """Acknowledge in the name of the person whom the link was sent to.

    A message may speak for several incidents: `only` names the one that is taken, "" the first.

    Raises:
        NoSuchPage: nobody was given this link.
        PageUsed: it has been used.
        PageExpired: its day has passed.
        IncidentEnded, AlreadyAcknowledged: see `redphone.core.command.acknowledge`.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    delivery = _delivery(token)
    return _take(delivery, through=delivery.channel, at=at, only=only, is_all=is_all)


def answer_delivery(
    delivery: int, person: int, *, through: str, at: datetime, is_all: bool = False
) -> Answered:
    """Acknowledge what one message asked for, in the name of the person whom it was sent to.

    The caller knows that it was they who answered. `through` says by what: "voice", "sms", "push",
    "app", "mail", "command", "api". A message may speak for several incidents: the first of them
    that still rings is taken, or all with `is_all`.

    Raises:
        NoSuchPage: it is no page of this person, or they may not sign in any more.
        PageUsed, PageExpired, IncidentEnded, AlreadyAcknowledged: see `answer`.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    return _take(_page_of(delivery, person), through=through, at=at, is_all=is_all)


def _take(
    page: Delivery, *, through: str, at: datetime, is_all: bool = False, only: str = ""
) -> Answered:
    """Answer a page for one incident of its message, or for all; all in one transaction.

    Of several, what somebody else has by now, or what is over, is passed over.
    """
    person = page.person
    assert person is not None
    pages = bundles.said(page)
    if not is_all:
        # Where somebody has the first by now, the next one rings, and must not be denied.
        first = (bundles.still_said(page) or pages)[:1]
        pages = [each for each in pages if each.stream == only] if only else first
    taken: list[str] = []
    others: set[int] = set()
    refused: DeskError = NoSuchPage()
    with ledger.writing(at=at) as book:
        # In the order in which everybody locks them.
        for each in sorted(pages, key=lambda page: int(page.stream.removeprefix("INC-"))):
            stream = book.incident(each.stream)
            asked = _others(stream.state, person)
            try:
                _answer(book, stream, each, person, at, through)
            except DeskError as error:
                refused = error
                continue
            taken.append(each.stream)
            others |= asked
        if not taken:
            raise refused
    return Answered(
        incidents=tuple(taken), others=_names(others), left=_left(page, set(taken), person)
    )


def _asked(incident: Incident, delivery: Delivery) -> set[int]:
    """Everybody who was asked in the ladder that this page belongs to."""
    lane = str(delivery.payload.get("lane", ""))
    actors = {actor for ask in incident.asks if ask.lane == lane for actor in ask.people}
    return {int(actor.removeprefix("person:")) for actor in actors}


def _names(people: set[int]) -> tuple[str, ...]:
    found = Person.objects.filter(pk__in=people).order_by("name")
    return tuple(found.values_list("name", flat=True))


def _left(page: Delivery, taken: set[str], person: Person) -> tuple[str, ...]:
    """What the same message asked for and still rings."""
    return tuple(each.stream for each in bundles.still_said(page) if each.stream not in taken)


def _others(incident: Incident, person: Person) -> set[int]:
    """Who else is asked in the ladders where this person is, while nobody has answered."""
    ringing = [ask for ask in incident.asks if ask.answered_at is None]
    lanes = {ask.lane for ask in ringing if person.actor in ask.people}
    asked = [ask for ask in ringing if ask.lane in lanes] or ringing
    actors = {actor for ask in asked for actor in ask.people} - {person.actor}
    return {int(actor.removeprefix("person:")) for actor in actors}


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
    _answer(book, stream, delivery, person, at, "mail")
    return stream


def _answer(
    book: Book,
    stream: IncidentStream,
    delivery: Delivery,
    person: Person,
    at: datetime,
    through: str,
) -> None:
    if at >= _works_until(delivery):
        raise PageExpired
    entry = command.acknowledge(stream.state, by=person.actor, at=at)
    unused = Delivery.objects.filter(pk=delivery.pk, answered_at=None)
    if not unused.update(answered_at=at):
        raise PageUsed
    book.append(stream, replace(entry, data={**entry.data, "through": through}))


def _delivery(token: str) -> Delivery:
    named = links.read_answer(token)
    if named is None:
        raise NoSuchPage
    return _page_of(*named)


def _page_of(number: int, person: int) -> Delivery:
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
