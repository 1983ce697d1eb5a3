"""Calls that the desk makes: what whoever picks up hears, their keys, and what became of it."""

from __future__ import annotations

from datetime import datetime

from redphone.actions import (
    compose,
    deliveries,
    incidents,
    links,
    paging,
    receipts,
    standings,
)
from redphone.actions.scene import scene
from redphone.actions.standings import NoSuchPage, Page, Stage
from redphone.channels.telephone.receive import Status, Went
from redphone.core.incident import Incident
from redphone.core.ladder import NoStepLeft
from redphone.core.phone_says import Ask, Over, Passed, Says, Tell, Took
from redphone.core.ringing import ANSWERED, CAN_PASS
from redphone.core.stream import DeskError
from redphone.core.updates import Purpose
from redphone.records import states
from redphone.records.models import Delivery, IncidentRow, Person

TAKE, PASS, ALL = "1", "3", "4"
"""Keys of a page. Any other says it once more."""

ACTS = {
    Purpose.PAGE: "take it",
    Purpose.EXHAUSTED: "take it",
    Purpose.STILL_ON_IT: "say that you are still on it",
    Purpose.WANTED: "accept it",
    Purpose.OFFER: "accept it",
}
"""What key 1 does, by what a call is for."""

CANT_COME = "Can't come."
PASSED = "passed"


def pick_up(token: str, *, at: datetime) -> Says:
    """What somebody hears who picks up, as things stand at this moment.

    Raises:
        NoSuchPage: we make no call of this address.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    row = _row(token)
    page = standings.page(token, at=at) if row.purpose in ANSWERED else None
    if page is not None and page.stage is not Stage.RINGS and page.ringing == 0:
        return _over(page)
    view = scene(row, at=at)
    message = compose.compose(view)
    if page is not None:
        return Ask(
            words=message.spoken,
            count=message.count,
            act=ACTS[page.asks],
            can_pass=page.asks in CAN_PASS,
        )
    if not deliveries.still_true(view):
        return Tell(words=(f"What {row.stream} asked of you is settled.", "Good night."))
    return Tell(words=message.spoken)


def press(token: str, key: str, *, at: datetime) -> Says:
    """A key was pressed. The same key once more gives the same answer.

    Raises:
        NoSuchPage: we make no call of this address.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    row = _row(token)
    if row.purpose not in ANSWERED:
        return pick_up(token, at=at)
    if key == PASS and row.purpose in CAN_PASS:
        return pass_on(row, at=at)
    if key not in (TAKE, ALL):
        return pick_up(token, at=at)
    try:
        return take(row, through="voice", at=at, is_all=key == ALL)
    except NoSuchPage:
        raise
    except DeskError as error:
        return _refused(standings.page(token, at=at), error)


def take(row: Delivery, *, through: str, at: datetime, is_all: bool = False) -> Took:
    """Take what a page asks for. Raises: see `paging.answer_delivery`."""
    taken = paging.answer_delivery(
        row.pk, row.person_id or 0, through=through, at=at, is_all=is_all
    )
    is_page = row.purpose == Purpose.PAGE
    done = "" if is_page else standings.done(Purpose(row.purpose), taken.incidents)
    return Took(
        incidents=taken.incidents, others=taken.others, left=taken.left, done=done and f"{done}."
    )


def pass_on(row: Delivery, *, at: datetime) -> Passed | Over | Took:
    """Whoever was asked can't come: the next step is called now, and not when their time is over.

    They are still asked, as everybody is until somebody has it. Said twice, or after the next step
    was called anyway, it calls nobody once more.
    """
    page = standings.page(links.answer_token(row.pk, row.person_id or 0), at=at)
    if page.asks is Purpose.OFFER:
        return _say_no(row, page, at)
    lane = str(row.payload.get("lane", ""))
    if page.stage is not Stage.RINGS:
        return _over(page)
    if _is_first_to_pass(row) and _is_last_asked(row, lane):
        by = f"person:{row.person_id}"
        incidents.note(incident=row.stream, by=by, words=CANT_COME, at=at)
        try:
            incidents.call_next_step(incident=row.stream, lane=lane, by=by, at=at)
        except NoStepLeft:
            return Passed()
    return Passed(names=_called_after(row, lane))


def _say_no(row: Delivery, page: Page, at: datetime) -> Passed | Over | Took:
    """Whom the incident was offered to says no; whoever offered it has it as before."""
    if page.stage is Stage.RINGS:
        incidents.refuse(incident=row.stream, by=f"person:{row.person_id}", note="", at=at)
    return _over(standings.page(links.answer_token(row.pk, row.person_id or 0), at=at))


def _is_first_to_pass(row: Delivery) -> bool:
    """Whether nobody has passed by this message yet: of two that say so at once, one is first."""
    fresh = Delivery.objects.filter(pk=row.pk).exclude(payload__has_key=PASSED)
    return bool(fresh.update(payload=row.payload | {PASSED: True}))


def hear(token: str, status: Status, *, at: datetime) -> None:
    """What the provider says became of a call or an SMS: late, twice and in any order.

    A failing counts only of the call that we know as this message's: where two providers were
    asked, the other one's may fail long after this one rang.

    Raises:
        NoSuchPage: we have sent nothing of this address.
    """
    row = _row(token)
    if status.went is Went.ARRIVED:
        receipts.delivered(row.pk, at=at, provider_id=status.provider_id)
    elif status.went is Went.FAILED and row.message_id in ("", status.provider_id):
        said = status.said or "the provider says that it failed"
        receipts.failed(row.pk, said=said, for_good=status.for_good, at=at)


def _refused(page: Page, error: DeskError) -> Says:
    """What stands in the way, where it is nobody else who has it."""
    if page.stage is Stage.RINGS:
        return Tell(words=(str(error), f"{page.incident} goes on asking."))
    return _over(page)


def _over(page: Page) -> Over | Took:
    if page.stage is Stage.YOURS:
        return Took(incidents=(page.incident,), is_new=False)
    by = page.by if page.stage is Stage.TAKEN else None
    return Over(incident=page.incident, by=by)


def _row(token: str) -> Delivery:
    named = links.read_answer(token)
    rows = Delivery.objects.select_related("person", "contact", "device")
    row = rows.filter(pk=named[0], person=named[1]).first() if named else None
    if row is None:
        raise NoSuchPage
    return row


def _incident(row: Delivery) -> Incident:
    return states.load_incident(IncidentRow.objects.get(ref=row.stream).state)


def _is_last_asked(row: Delivery, lane: str) -> bool:
    """Whether the ladder stands where this person is."""
    people = [ask.people for ask in _incident(row).asks if ask.lane == lane]
    return bool(people) and f"person:{row.person_id}" in people[-1]


def _called_after(row: Delivery, lane: str) -> tuple[str, ...]:
    """The names of who is asked now, where that is somebody else."""
    people = [ask.people for ask in _incident(row).asks if ask.lane == lane][-1]
    ids = [int(actor.removeprefix("person:")) for actor in people]
    others = Person.objects.filter(pk__in=ids).exclude(pk=row.person_id or 0).order_by("name")
    return tuple(others.values_list("name", flat=True))
