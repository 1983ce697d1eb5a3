"""Answering what rings by the link in it: no sign-in, once, and in one person's name.

The link only shows; the button on it answers. So nothing that opens links on its way through a
mail server can take an incident.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from redphone.actions import bundles, incidents, standings
from redphone.actions.standings import (
    NoSuchPage,
    names,
    names_of,
    of_person,
    of_token,
    works_until,
)
from redphone.core import command, ringing
from redphone.core.incident import Incident
from redphone.core.ringing import ACKNOWLEDGED
from redphone.core.stream import DeskError, Entry
from redphone.core.updates import Purpose
from redphone.records import ledger
from redphone.records.ledger import Book
from redphone.records.models import Delivery, Person
from redphone.records.streams import IncidentStream

BY_MAIL = ACKNOWLEDGED - {Purpose.EXHAUSTED}
"""What a reply by mail answers, whatever it says. A part is accepted by a button only: a reply
may say no."""


class PageUsed(DeskError):
    """This link was used already. The incident's page shows who has it."""


class PageExpired(DeskError):
    """This link is too old to answer with. Sign in, and acknowledge on the incident's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What somebody has taken by answering, in names to be spoken or shown.

    `incidents` are those that are theirs now; `others` the names of who else was asked and is let
    go; `left` are the incidents of the same message that still ring.
    """

    incidents: tuple[str, ...]
    others: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def let_go(incident: Incident, by: str) -> tuple[str, ...]:
    """The names of who else was asked when this person answered, and rings no more for it."""
    answered = [ask for ask in incident.asks if ask.answered_by == by]
    return names({actor for ask in answered for actor in ask.people} - {by})


def answer(token: str, *, at: datetime, only: str = "", is_all: bool = False) -> Answered:
    """Acknowledge, or accept, in the name of the person whom the link was sent to.

    A message may speak for several incidents: `only` names the one that is taken, "" the first.

    Raises:
        NoSuchPage: nobody was given this link.
        PageUsed: it has been used.
        PageExpired: its day has passed.
        IncidentEnded, AlreadyAcknowledged: see `redphone.core.command.acknowledge`.
        ManagesAnother, ManagedBySomeoneElse, NotSenior, SeniorAlready: a part was to be accepted;
            see `take` and `own` there.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    delivery = of_token(token)
    return _take(delivery, through=delivery.channel, at=at, only=only, is_all=is_all)


def answer_delivery(
    delivery: int, person: int, *, through: str, at: datetime, is_all: bool = False
) -> Answered:
    """Answer what one message asked for, in the name of the person whom it was sent to.

    The caller knows that it was they who answered. `through` says by what: "voice", "sms", "push",
    "app", "mail", "command", "api". A message may speak for several incidents: the first of them
    that still rings is taken, or all with `is_all`.

    Raises:
        NoSuchPage: it is no page of this person, or they may not sign in any more.
        PageUsed, PageExpired, IncidentEnded, AlreadyAcknowledged: see `answer`.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    return _take(of_person(delivery, person), through=through, at=at, is_all=is_all)


def pass_by_link(token: str, *, at: datetime) -> tuple[str, ...]:
    """Say by the link of a message that they can't; see `pass_on`.

    Raises:
        NoSuchPage: nobody was given this link.
    """
    return pass_on(of_token(token), through="link", at=at)


def pass_on(page: Delivery, *, through: str, at: datetime) -> tuple[str, ...]:
    """Whoever was asked can't: the next step is called now, and not when their time is over.

    The names of who is asked in their place. They can take it all the same, until somebody else
    has. Said twice it is said once. An offer goes back to whoever made it.

    Raises:
        PageExpired: its day has passed.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    person = page.person
    assert person is not None
    if at >= works_until(page):
        raise PageExpired
    with ledger.writing(at=at) as book:
        for each in _in_order(bundles.still_said(page)):
            _say_no(book, each, person, through, at)
    if page.purpose not in ringing.CAN_PASS - {Purpose.OFFER}:
        return ()
    return standings.asked_after(page)


def _in_order(pages: list[Delivery]) -> list[Delivery]:
    """In the order in which everybody locks their incidents."""
    return sorted(pages, key=lambda page: int(page.stream.removeprefix("INC-")))


def _say_no(book: Book, delivery: Delivery, person: Person, through: str, at: datetime) -> None:
    stream = book.incident(delivery.stream)
    try:
        if delivery.purpose == Purpose.OFFER:
            entry = command.refuse(stream.state, by=person.actor, note="", at=at)
        elif delivery.purpose == Purpose.PAGE:
            entry = command.decline_page(stream.state, by=person.actor, at=at)
        else:
            return
    except DeskError:
        # Somebody has it by now, or it was said before.
        return
    book.append(stream, replace(entry, data={**entry.data, "through": through}))


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
    with incidents.one_each(), ledger.writing(at=at) as book:
        for each in _in_order(pages):
            stream = book.incident(each.stream)
            asked = _others(stream.state, each, person)
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
        incidents=tuple(taken), others=names_of(others), left=_left(page, set(taken), person)
    )


def _left(page: Delivery, taken: set[str], person: Person) -> tuple[str, ...]:
    """What the same message asked for and still rings."""
    return tuple(each.stream for each in bundles.still_said(page) if each.stream not in taken)


def _others(incident: Incident, delivery: Delivery, person: Person) -> set[int]:
    """Who else is asked in the ladders where this person is, while nobody has answered. Whoever
    accepts a part lets nobody go."""
    if delivery.purpose not in ACKNOWLEDGED:
        return set()
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
    if delivery.purpose not in BY_MAIL or person is None or not person.is_active:
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
    if at >= works_until(delivery):
        raise PageExpired
    entry = _entry(stream, delivery, person, at)
    unused = Delivery.objects.filter(pk=delivery.pk, answered_at=None)
    if not unused.update(answered_at=at):
        raise PageUsed
    book.append(stream, replace(entry, data={**entry.data, "through": through}))


def _entry(stream: IncidentStream, delivery: Delivery, person: Person, at: datetime) -> Entry:
    """What their one touch says, by what they were asked."""
    state, by = stream.state, person.actor
    if delivery.purpose not in ringing.ACCEPTED:
        return command.acknowledge(state, by=by, at=at)
    if delivery.payload.get("what") == ringing.SENIOR:
        return command.own(state, by=by, is_senior=person.is_senior, at=at)
    beside = incidents.managed_beside(by, stream.ref)
    return command.take(state, by=by, at=at, beside=beside)
