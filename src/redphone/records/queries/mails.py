"""Mail that came in, for the desk's own people: what is parked, and the mails of a case."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from redphone.records.ledger import NoSuchStream
from redphone.records.models import CaseRow, ReceivedMail
from redphone.records.models.received_mail import Became
from redphone.records.queries.asker import Asker, require_staff

PER_PAGE = 50
OF_A_CASE = 100

SHOWN = {
    "parked": (Became.PARKED,),
    "back": (Became.BOUNCE, Became.AUTO_REPLY, Became.OURS),
    "beside": (Became.COALESCED, Became.SET_ASIDE, Became.WAITING),
    "all": (),
}
"""What a list may be narrowed to, by its name in the address; an empty one is everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailList:
    """Some mails, newest first. `has_more` says that older ones are left."""

    mails: tuple[ReceivedMail, ...]
    shown: str
    has_more: bool


def mail_list(asker: Asker, shown: str = "parked", *, number: int = 1) -> MailList:
    """A page of the mails that became one of a kind.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = _light().order_by("-received_at")
    wanted = SHOWN.get(shown, SHOWN["parked"])
    if wanted:
        rows = rows.filter(became__in=wanted)
    start = (number - 1) * PER_PAGE
    found = list(rows[start : start + PER_PAGE + 1])
    kept = shown if shown in SHOWN else "parked"
    return MailList(mails=tuple(found[:PER_PAGE]), shown=kept, has_more=len(found) > PER_PAGE)


def _light() -> QuerySet[ReceivedMail]:
    """Without the bytes, which may be many megabytes each."""
    return ReceivedMail.objects.select_related("report").defer("raw", "report__raw")


def parked(asker: Asker) -> int:
    """How many mails wait for a person to put them somewhere."""
    require_staff(asker)
    return ReceivedMail.objects.filter(became=Became.PARKED).count()


def of_case(row: CaseRow) -> tuple[ReceivedMail, ...]:
    """The mails that a case was opened by, that were added to it, or that are kept beside it."""
    mine = Q(report=row.report_id) | Q(stream=row.ref)
    return tuple(_light().filter(mine).order_by("received_at", "id")[:OF_A_CASE])


def received(asker: Asker, number: uuid.UUID) -> ReceivedMail:
    """One mail, with its bytes.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NoSuchStream: there is none.
    """
    require_staff(asker)
    found = ReceivedMail.objects.select_related("report", "delivery").filter(pk=number).first()
    if found is None:
        raise NoSuchStream
    return found


def raw(mail: ReceivedMail) -> bytes:
    """A mail byte for byte: its report keeps it, if it has opened a case."""
    return bytes(mail.report.raw) if mail.report else bytes(mail.raw)
