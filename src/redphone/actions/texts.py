"""SMS that come in: an answer to a page by whom it went to, STOP, or a stranger's emergency.

Each is a row before it is looked at, so that what was said yes to is never lost; a repeated one
gets the first answer again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from redphone.actions import canaries, phone_calls, reports, text_answers, text_devices
from redphone.actions.reports import Incoming
from redphone.channels.telephone.receive import Text
from redphone.core import text_says
from redphone.core.stream import DeskError
from redphone.core.text_says import Meant, Said
from redphone.records import policies
from redphone.records.models import Contact, Delivery, Person, ReceivedText
from redphone.records.models.telephone import TextMeaning as Meaning

log = logging.getLogger(__name__)

MANY = timedelta(days=1)
NOT_AGAIN_FOR = timedelta(minutes=10)
MOST_A_DAY = 3
"""How often a number is answered what it did not ask: two machines could talk for ever."""

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 20
"""How often a colleague's number is answered while nothing rings for it. What it asks for is done
all the same."""

LOOKED_AT_WITHIN = timedelta(seconds=30)
"""A request that takes longer has lost its process."""

KEPT_FOR = timedelta(days=90)
"""What became a case is kept with its report."""

LEAST_DIGITS = 8
"""A sender with fewer is a service, or a name: no person to be called back."""


def take(text: Text, *, raw: bytes, content_type: str, at: datetime) -> str:
    """Take an SMS in, and what to send back; "" for nothing. The same one again is the same.

    Source: FAQ-2, POL-1.
    """
    if canaries.arrived(text.body, at=at):
        # A test message of the desk to itself is no report, and nobody is to be answered.
        return ""
    row, is_new = ReceivedText.objects.get_or_create(
        provider_id=text.provider_id,
        defaults={
            "sender": text.sender,
            "receiver": text.receiver,
            "body": text.body,
            "at": at,
        },
    )
    if is_new or row.meaning == Meaning.NEW:
        _look(row, raw, content_type, at, is_again=not is_new)
    return row.answer


def look_again(*, at: datetime) -> int:
    """Look at what was kept and not looked at, since its process died; how many there were.

    Nobody gets an answer, for the provider waits no more: what was asked for is done all the same.
    """
    left = ReceivedText.objects.filter(meaning=Meaning.NEW, at__lte=at - LOOKED_AT_WITHIN)
    rows = list(left.order_by("id")[:100])
    for row in rows:
        try:
            _look(row, row.body.encode(), "text/plain; charset=utf-8", at, is_again=True)
        except Exception:  # One bad row must not hold up the others.
            log.exception("an SMS could not be looked at")
    return len(rows)


def _look(
    row: ReceivedText, raw: bytes, content_type: str, at: datetime, *, is_again: bool
) -> None:
    people = text_devices.people_of(row.sender)
    if people:
        _of_colleagues(row, people, at, is_again=is_again)
    else:
        _of_stranger(row, raw, content_type, at)
    row.save(update_fields=["person", "meaning", "answer", "case_ref"])


def _of_colleagues(
    row: ReceivedText, people: list[Person], at: datetime, *, is_again: bool
) -> None:
    """A number may be shared: whoever is rung on it has answered.

    Looked at again, it may have done its work, and only its answer is missing. Then it must not
    take the next incident that rings there, which nobody has answered.
    """
    said = text_says.read(row.body)
    ids = [person.pk for person in people]
    pages = text_devices.ringing(ids, said.incident, at=at)
    if is_again:
        done = text_devices.has_answered(ids, since=row.at)
        pages = [] if done else [page for page in pages if page.created_at <= row.at]
    row.person = pages[0].person if pages else people[0]
    row.meaning = Meaning(said.meant.value)
    answer = _DO[said.meant](row, said, pages, at)
    row.answer = answer if pages or not _was_told_enough(row, at) else ""


def _take(row: ReceivedText, said: Said, pages: list[Delivery], at: datetime) -> str:
    if not pages:
        return text_answers.nothing_rings(row.person_id or 0, said.incident, at=at)
    page = pages[0]
    try:
        took = phone_calls.take(page, through="sms", at=at, is_all=said.is_all)
    except DeskError as error:
        return text_answers.refused(page, error, at=at)
    beside = {each.stream for each in pages} | set(took.left)
    return text_answers.took(took, sorted(beside - set(took.incidents)))


def _pass(row: ReceivedText, said: Said, pages: list[Delivery], at: datetime) -> str:
    if not pages:
        return text_answers.nothing_rings(row.person_id or 0, said.incident, at=at)
    return text_answers.passed(phone_calls.pass_on(pages[0], through="sms", at=at))


def _stop(row: ReceivedText, said: Said, pages: list[Delivery], at: datetime) -> str:
    """Nothing is sent back: the provider has answered it already, and takes no SMS any more."""
    text_devices.switch_off(row.sender, at=at)
    return ""


def _start(row: ReceivedText, said: Said, pages: list[Delivery], at: datetime) -> str:
    text_devices.switch_on(row.sender)
    return text_answers.ON_AGAIN


def _unclear(row: ReceivedText, said: Said, pages: list[Delivery], at: datetime) -> str:
    if not _may_answer(row, at):
        return ""
    return text_answers.how_to(pages[0].stream if pages else "")


_DO: dict[Meant, Callable[[ReceivedText, Said, list[Delivery], datetime], str]] = {
    Meant.TAKE: _take,
    Meant.PASS: _pass,
    Meant.STOP: _stop,
    Meant.START: _start,
    Meant.UNCLEAR: _unclear,
}


def _of_stranger(row: ReceivedText, raw: bytes, content_type: str, at: datetime) -> None:
    """Whatever a person writes to an emergency number is a report; a service's is only kept."""
    said = text_says.read(row.body)
    if not _is_a_persons(row.sender) or said.meant in (Meant.STOP, Meant.START):
        row.meaning = Meaning.NOTHING
        return
    row.meaning = Meaning.REPORT
    taken = reports.take_report(_report(row, raw, content_type))
    row.case_ref = taken.case
    if _may_answer(row, at):
        row.answer = text_answers.taken(taken.case, _hotline())


def _report(row: ReceivedText, raw: bytes, content_type: str) -> Incoming:
    """The number is a claim, for it can be forged: it names the customer, and shows nothing.

    Reports of one number join one incident, so that many SMS ring once.
    """
    sender = Person.objects.filter(phone_e164=row.sender, is_active=True, role="customer")
    person = sender.first()
    contact = Contact.objects.filter(phone_e164=row.sender).first()
    customer = person.customer_id if person else contact.customer_id if contact else None
    is_empty = not row.body.strip()
    return Incoming(
        channel="sms",
        received_at=row.at,
        raw=raw,
        content_type=content_type,
        description=row.body,
        contact=row.sender,
        sender=person.pk if person else None,
        customer=customer,
        join_key=f"sms:{row.sender}",
        idempotency=("sms", row.provider_id),
        notes={"unreadable": "The SMS has no words. Call back."} if is_empty else {},
    )


def _is_a_persons(sender: str) -> bool:
    digits = sender.removeprefix("+")
    return digits.isascii() and digits.isdigit() and len(digits) >= LEAST_DIGITS


def _may_answer(row: ReceivedText, at: datetime) -> bool:
    """Whether this number is told something more, or has been told enough."""
    before = ReceivedText.objects.filter(
        sender=row.sender,
        at__gt=at - MANY,
        meaning__in=[Meaning.UNCLEAR, Meaning.REPORT],
    )
    answered = before.exclude(answer="").exclude(pk=row.pk)
    is_fresh = answered.filter(at__gt=at - NOT_AGAIN_FOR).exists()
    return not is_fresh and answered.count() < MOST_A_DAY


def _was_told_enough(row: ReceivedText, at: datetime) -> bool:
    """Whether a machine seems to talk there: its "OK" to our answer would get another one."""
    before = ReceivedText.objects.filter(sender=row.sender, at__gt=at - HOUR).exclude(answer="")
    return before.exclude(pk=row.pk).count() >= MOST_AN_HOUR


def _hotline() -> str:
    try:
        return policies.current().policy.hotline
    except policies.NoPolicy:
        return ""


def forget_old(*, at: datetime) -> None:
    """Remove the SMS that are no longer looked at, and the numbers and words in them."""
    ReceivedText.objects.filter(at__lt=at - KEPT_FOR).exclude(meaning=Meaning.NEW).delete()
