"""Calls that the desk makes: what whoever picks up hears, their keys, and what became of it."""

from __future__ import annotations

from datetime import datetime

from redphone.actions import (
    compose,
    deliveries,
    links,
    paging,
    receipts,
    standings,
)
from redphone.actions.scene import scene
from redphone.actions.standings import NoSuchPage, Page, Stage
from redphone.channels.telephone.receive import Status, Went
from redphone.core.phone_says import Ask, Over, Passed, Says, Tell, Took
from redphone.core.ringing import ANSWERED, CAN_PASS
from redphone.core.stream import DeskError
from redphone.core.updates import Purpose
from redphone.records.models import Delivery

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
        return pass_on(row, through="voice", at=at)
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


def pass_on(row: Delivery, *, through: str, at: datetime) -> Passed | Over | Took:
    """Whoever was asked can't come: see `paging.pass_on`. Said twice it gives the same answer."""
    token = links.answer_token(row.pk, row.person_id or 0)
    page = standings.page(token, at=at)
    if page.stage not in (Stage.RINGS, Stage.PASSED):
        return _over(page)
    called = paging.pass_on(row, through=through, at=at)
    return _over(standings.page(token, at=at)) if not page.is_page else Passed(names=called)


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
