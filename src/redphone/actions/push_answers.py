"""What comes back from a push or an app without a sign-in: that it arrived, and "I take it"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redphone.actions import links, paging, receipts, standings, wording
from redphone.actions.paging import Answered
from redphone.actions.standings import NoSuchPage, Page, Stage
from redphone.core.stream import DeskError
from redphone.records.models import Delivery
from redphone.records.models.device import DeviceKind

CHANNELS = (DeviceKind.PUSH.value, DeviceKind.APP.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody reads on their locked screen after they pressed a button there."""

    is_taken: bool
    title: str
    body: str = ""


def arrived(token: str, *, at: datetime) -> None:
    """A push has come to its browser, as its service worker says.

    Raises:
        NoSuchPage: the token is none of a push or an app.
    """
    delivery, _ = _delivery(token)
    receipts.delivered(delivery.pk, at=at)


def take(token: str, *, at: datetime, is_all: bool = False) -> Told:
    """Acknowledge by a button of a push or an app, in the name of whom it was sent to.

    Raises:
        NoSuchPage: the token is none of a push or an app, or of no page.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    delivery, person = _delivery(token)
    try:
        found = paging.answer_delivery(
            delivery.pk, person, through=delivery.channel, at=at, is_all=is_all
        )
    except NoSuchPage:
        raise
    except DeskError as error:
        return _refused(standings.page(token, at=at), error)
    return _taken(found, standings.page(token, at=at))


def _delivery(token: str) -> tuple[Delivery, int]:
    named = links.read_answer(token)
    if named is None:
        raise NoSuchPage
    number, person = named
    mine = Delivery.objects.filter(pk=number, person=person, channel__in=CHANNELS)
    delivery = mine.first()
    if delivery is None:
        raise NoSuchPage
    return delivery, person


def _taken(found: Answered, page: Page) -> Told:
    if not page.is_page:
        title = standings.done(page.asks, found.incidents)
        left = f"Still waiting: {wording.listed(found.left)}." if found.left else ""
        return Told(is_taken=True, title=title, body=left)
    many = len(found.incidents)
    title = f"{found.incidents[0]} is yours" if many == 1 else f"{many} incidents are yours"
    others = wording.listed(found.others)
    lines = [f"Also asked, and let go: {others}."] if others else ["Nobody else was asked."]
    if found.left:
        lines.append(f"Still ringing: {wording.listed(found.left)}.")
    return Told(is_taken=True, title=title, body=" ".join(lines))


def _refused(page: Page, error: DeskError) -> Told:
    match page.stage:
        case Stage.YOURS:
            return Told(is_taken=True, title=f"{page.incident} is yours already")
        case Stage.TAKEN:
            body = "Nothing is asked of you now."
            return Told(is_taken=False, title=f"{page.by} has {page.incident}", body=body)
        case Stage.SETTLED:
            return Told(is_taken=False, title=f"{page.incident}: that is settled by now")
        case Stage.ENDED:
            return Told(is_taken=False, title=f"{page.incident} is over")
    return Told(is_taken=False, title=f"{page.incident} was not taken", body=str(error))
