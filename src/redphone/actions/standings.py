"""Where a question to one person stands: what its link, its call and its push show them.

A page asks whether they have it; others, whether they are still on it, or accept a part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from redphone.actions import compose, letters_page, links, wording
from redphone.actions.letter import Letter
from redphone.actions.paging_beside import Beside, beside
from redphone.actions.scene import Scene, scene
from redphone.core import ringing
from redphone.core.incident import Incident
from redphone.core.message import ACTS
from redphone.core.ringing import ANSWERED
from redphone.core.updates import Purpose
from redphone.records import ledger, states
from redphone.records.models import Delivery, IncidentRow, Person
from redphone.records.rings import still_wanted


class NoSuchPage(ledger.NoSuchStream):
    """This link is not one of ours, or was cut short. Sign in, and open the incident there."""


class Stage(StrEnum):
    """Where a page stands for the person who holds its link.

    SETTLED: what was asked has its answer, and no one person has taken it by that.
    PASSED: they have said that they can't, and nobody has it yet; they still may.
    """

    RINGS = "rings"
    YOURS = "yours"
    TAKEN = "taken"
    SETTLED = "settled"
    PASSED = "passed"
    ENDED = "ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the link shows. `by` and `since` are who has it: None while it rings.

    `asks` is what it is for, `act` the one touch that answers, in words for a button.
    `letter` is what is known: None once the link has had its day or the incident has ended, since
    whoever finds the link then must not read it. `beside` are the other incidents of the message,
    `others` the names of who else was asked, `asked_now` of who else is rung at this moment.
    """

    incident: str
    address: str
    kind: str
    asks: Purpose
    act: str
    letter: Letter | None
    person: str
    stage: Stage
    by: str | None = None
    since: datetime | None = None
    works_until: datetime
    beside: tuple[Beside, ...] = ()
    others: tuple[str, ...] = ()
    asked_now: tuple[str, ...] = ()

    @property
    def ringing(self) -> int:
        """How many incidents of this message still ring."""
        return sum(each.rings for each in self.beside) + (self.stage is Stage.RINGS)

    @property
    def is_page(self) -> bool:
        """Whether an acknowledgement is asked for, by the call of a step."""
        return self.asks is Purpose.PAGE

    @property
    def can_pass(self) -> bool:
        """Whether they can say that they can't, so that others are asked."""
        return self.stage is Stage.RINGS and self.asks in ringing.CAN_PASS


def page(token: str, *, at: datetime) -> Page:
    """The page that a link belongs to, as things stand now.

    Raises:
        NoSuchPage: nobody was given this link.
    """
    delivery = of_token(token)
    assert delivery.person is not None
    view = scene(delivery, at=at)
    incident = _incident(view)
    taken = _taken_by(incident, delivery)
    is_fresh = incident.is_open and at < works_until(delivery)
    return Page(
        incident=view.ref,
        address=links.incident(view.ref),
        kind=view.kind_names,
        asks=Purpose(delivery.purpose),
        act=ACTS[delivery.purpose],
        letter=compose.letter(view) if is_fresh else None,
        person=delivery.person.name,
        stage=_stage(incident, delivery, taken, at),
        by=view.name_of(taken[0]) if taken else None,
        since=taken[1] if taken else None,
        works_until=works_until(delivery),
        others=names_of(_asked(incident, delivery) - {delivery.person.pk}),
        beside=tuple(beside(delivery, is_fresh=at < works_until(delivery))),
        asked_now=asked_after(delivery),
    )


def done(asks: Purpose, incidents: Iterable[str]) -> str:
    """What a touch has done, in one sentence: "You manage INC-104"."""
    what = wording.listed(incidents)
    match asks:
        case Purpose.STILL_ON_IT:
            return f"{what}: you are on it"
        case Purpose.OFFER | Purpose.WANTED:
            return f"{what}: accepted"
    return f"{what} is yours"


def names(actors: Iterable[str]) -> tuple[str, ...]:
    """People's names by their actors, in their order."""
    return names_of({int(actor.removeprefix("person:")) for actor in actors})


def names_of(people: set[int]) -> tuple[str, ...]:
    """People's names, in their order."""
    found = Person.objects.filter(pk__in=people).order_by("name")
    return tuple(found.values_list("name", flat=True))


def of_token(token: str) -> Delivery:
    """The delivery that a link belongs to.

    Raises:
        NoSuchPage: nobody was given this link.
    """
    named = links.read_answer(token)
    if named is None:
        raise NoSuchPage
    return of_person(*named)


def of_person(number: int, person: int) -> Delivery:
    """A delivery that this person can answer.

    Raises:
        NoSuchPage: it is none of theirs, asks nothing, or they may not sign in any more.
    """
    found = Delivery.objects.select_related("person", "contact", "device").filter(
        pk=number, purpose__in=ANSWERED, person=person, person__is_active=True
    )
    delivery = found.first()
    if delivery is None:
        raise NoSuchPage
    return delivery


def works_until(delivery: Delivery) -> datetime:
    """Until when its link answers."""
    return delivery.created_at + letters_page.PAGE_LASTS


def _asked(incident: Incident, delivery: Delivery) -> set[int]:
    """Everybody who was asked in the ladder that this page belongs to."""
    lane = str(delivery.payload.get("lane", ""))
    actors = {actor for ask in incident.asks if ask.lane == lane for actor in ask.people}
    return {int(actor.removeprefix("person:")) for actor in actors}


def _taken_by(incident: Incident, delivery: Delivery) -> tuple[str, datetime] | None:
    """Who has what was asked for, and since when: the ladder of a page, or a part."""
    if delivery.purpose in ringing.ACCEPTED:
        what = str(delivery.payload.get("what", ""))
        by = ringing.holder(incident, what)
        is_senior = what == ringing.SENIOR
        since = incident.senior_at if is_senior else incident.managed_at
        is_free = delivery.purpose == Purpose.OFFER and still_wanted(delivery, incident)
        return (by, since) if by and since and not is_free else None
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
    is_theirs = taken is not None and person is not None and taken[0] == person.actor
    if not incident.is_open:
        return Stage.ENDED
    if is_theirs or (delivery.answered_at and delivery.purpose not in ringing.ACCEPTED):
        return Stage.YOURS
    if delivery.purpose == Purpose.PAGE:
        if taken and _was_for_all(incident, delivery):
            return Stage.TAKEN
        if _has_declined(incident, delivery):
            return Stage.PASSED if at < works_until(delivery) else Stage.EXPIRED
    elif not still_wanted(delivery, incident):
        return Stage.TAKEN if taken else Stage.SETTLED
    return Stage.EXPIRED if at >= works_until(delivery) else Stage.RINGS


def _has_declined(incident: Incident, delivery: Delivery) -> bool:
    lane = str(delivery.payload.get("lane", ""))
    person = f"person:{delivery.person_id}"
    asks = [ask for ask in incident.asks if ask.lane == lane and ask.awaits(person)]
    return bool(asks) and person in asks[-1].declined


def asked_after(delivery: Delivery) -> tuple[str, ...]:
    """The names of who is rung in this ladder now, where that is somebody else."""
    row = IncidentRow.objects.get(ref=delivery.stream)
    lane = str(delivery.payload.get("lane", ""))
    asks = [ask for ask in states.load_incident(row.state).asks if ask.lane == lane]
    rung = {actor for ask in asks[-1:] for actor in ask.people if ask.rings(actor)}
    return names(rung - {f"person:{delivery.person_id}"})


def _was_for_all(incident: Incident, delivery: Delivery) -> bool:
    """Whether each call of theirs in this ladder has its answer."""
    lane = str(delivery.payload.get("lane", ""))
    person = f"person:{delivery.person_id}"
    asks = [ask for ask in incident.asks if ask.lane == lane]
    return all(ask.answered_at for ask in asks if person in ask.people)


def _incident(view: Scene) -> Incident:
    assert isinstance(view.state, Incident)
    return view.state
