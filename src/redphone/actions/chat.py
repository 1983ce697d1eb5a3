"""Emergency chat: a conversation is a case, and its transcript is that case's timeline.

The first message is the report and takes the report's own way in. What follows is added to the
case by the customer, or answers them by one of the desk's people. Each message carries an id that
its sender made, so that sending it again writes nothing again.

Source: FAQ-2, FAQ-3, FAQ-8.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redphone.actions import intake
from redphone.actions.reports import Incoming, Taken
from redphone.channels.chat import receive
from redphone.channels.chat.receive import Typed
from redphone.core import attend, chat, command
from redphone.core import case as cases
from redphone.core.case import CaseError
from redphone.core.report import Attached
from redphone.core.stream import is_person
from redphone.records import attachments, ledger
from redphone.records.chain import storable
from redphone.records.ledger import Book, NoSuchStream
from redphone.records.models import CaseRow, EntryRow, HeldMessage
from redphone.records.streams import CaseStream, IncidentStream

log = logging.getLogger(__name__)

ENTRIES_A_MINUTE = 20
"""What a customer writes beyond this is stored as it comes, and joined into one entry after."""

MINUTE = timedelta(minutes=1)

REVIEW = "supervisor review"
"""What a Pro customer types to be heard by a supervisor (FAQ-8)."""


class ConversationOver(CaseError):
    """This case is over, and what was written belongs to a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody sends: the id that they made for it, the words as typed, and files.

    `is_remark` says, of a case that has ended, that nothing is wrong: a thank-you, a last word.
    """

    id: str
    text: str
    files: Sequence[Attached] = ()
    is_remark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a message. `case` is where it stands; None while its case is to be opened.

    `is_held` says that it is stored and will be joined with its neighbours.
    """

    case: str | None
    is_new: bool = True
    is_held: bool = False
    has_reopened: bool = False
    opened: Taken | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The customer's side of a conversation: who writes, as far as it is known.

    `scope` is whose message ids these are: nobody finds another's case by guessing an id. `notes`
    are what is known of how they came, for responders' eyes.
    """

    actor: str
    scope: str
    sender: int | None = None
    customer: int | None = None
    contact: str = ""
    notes: Mapping[str, str] | None = None


def start(message: Message, writer: Writer, *, at: datetime, follows: str = "") -> Sent:
    """Open a conversation: its first message is a report like any other, and clocks start.

    `follows` is the case that was over when this was written in it.

    Source: FAQ-2, FAQ-6, FAQ-8.
    """
    typed = receive.read(message.text)
    notes = dict(writer.notes or {})
    if not typed.words:
        notes["unreadable"] = receive.UNREADABLE
    if typed.asks_for_review:
        notes["asks for escalation"] = f"{REVIEW} (FAQ-8)"
    if follows:
        notes["goes on from"] = follows
    taken = intake.take_report(
        Incoming(
            channel=chat.CHANNEL,
            received_at=at,
            raw=message.text.encode("utf-8", "surrogatepass"),
            content_type="text/plain; charset=utf-8",
            description=typed.words,
            contact=typed.contact or writer.contact,
            sender=writer.sender,
            customer=writer.customer,
            idempotency=(f"chat:{writer.scope}", message.id),
            notes=notes,
            files=_files(message, typed),
        )
    )
    return Sent(case=taken.case, is_new=taken.is_new, opened=taken)


def say(message: Message, writer: Writer, *, case: str, at: datetime) -> Sent:
    """The customer writes on in a conversation.

    On a case that has ended, what was not marked as a remark brings it back within the time that
    the policy gives, if it is theirs alone; otherwise it opens a new one.

    Source: FAQ-2, POL-8.
    """
    try:
        return _say(message, writer, case, at)
    except ConversationOver:
        return start(message, writer, at=at, follows=case)


def _say(message: Message, writer: Writer, case: str, at: datetime) -> Sent:
    with ledger.writing(at=at) as book:
        incident, stream = locked(book, case)
        if is_known(case, message.id):
            return Sent(case=case, is_new=False)
        has_reopened = not stream.state.is_open and not message.is_remark
        if has_reopened:
            _reopen(book, incident, stream, writer, message, at)
        _wait(book, incident, stream, writer.actor, at)
        waiting = list(HeldMessage.objects.filter(case=case).order_by("id"))
        # Files are not held: a message that has some is written at once.
        if not message.files and _is_flooded(case, at):
            _hold(case, message, writer, at)
            return Sent(case=case, is_held=True)
        _write_held(book, stream, waiting)
        _add(book, stream, message, writer.actor, at)
    return Sent(case=case, has_reopened=has_reopened)


def locked(book: Book, case: str) -> tuple[IncidentStream, CaseStream]:
    """A case and its incident, the incident first.

    Raises:
        CaseMoved: it has just joined another incident.
    """
    ref = CaseRow.objects.filter(ref=case).values_list("incident__ref", flat=True).first()
    if ref is None:
        raise NoSuchStream
    incident, stream = book.incident(ref), book.case(case)
    if stream.state.incident != ref:
        raise CaseMoved
    return incident, stream


class CaseMoved(CaseError):
    """This case has just joined another incident. Send it once more."""


def is_known(case: str, message: str) -> bool:
    """Whether a message is in the conversation already, or held for it."""
    wanted = storable(message)
    told = EntryRow.objects.filter(stream=case, data__ids__contains=[wanted])
    first = CaseRow.objects.filter(ref=case, channel=chat.CHANNEL, report__idempotency_key=wanted)
    held = HeldMessage.objects.filter(case=case, message=wanted)
    return told.exists() or held.exists() or first.exists()


def _reopen(
    book: Book,
    incident: IncidentStream,
    stream: CaseStream,
    writer: Writer,
    message: Message,
    at: datetime,
) -> None:
    """Bring an ended case back by its customer's word.

    Raises:
        ConversationOver: its time has passed, it was declined, others share its incident, or
            nobody knows who writes.
    """
    state = incident.state
    within = incident.pinned.policy.reopen_within.length
    others = CaseRow.objects.filter(incident__ref=incident.ref).exclude(ref=stream.ref)
    is_late = state.resolved_at is None or at - state.resolved_at > within
    if is_late or not is_person(writer.actor) or stream.state.declined_at or others.exists():
        raise ConversationOver
    why = receive.clean(message.text) or receive.UNREADABLE
    back = command.reopen(state, by=writer.actor, why=why, at=at, within=within)
    book.append(incident, back)
    book.append(stream, cases.reopen(stream.state, by=writer.actor, at=at))


def _wait(book: Book, incident: IncidentStream, stream: CaseStream, by: str, at: datetime) -> None:
    """Have the clock look after whoever has written; a last word on an ended case waits not."""
    if stream.state.is_open and incident.state.is_open:
        book.append(incident, *attend.wait(incident.state, case=stream.ref, by=by, at=at))


def _is_flooded(case: str, at: datetime) -> bool:
    recent = EntryRow.objects.filter(
        stream=case, kind="added", data__through=chat.CHANNEL, recorded_at__gt=at - MINUTE
    )
    return recent.count() >= ENTRIES_A_MINUTE


def _hold(case: str, message: Message, writer: Writer, at: datetime) -> None:
    HeldMessage.objects.create(
        case=case,
        message=storable(message.id),
        actor=writer.actor,
        text=storable(message.text),
        received_at=at,
    )


def _add(book: Book, stream: CaseStream, message: Message, by: str, at: datetime) -> None:
    """One message as an entry of its case. A telephone number in it is how to reach them now."""
    typed = receive.read(message.text)
    rows = attachments.rows(_files(message, typed), stream=stream.ref, actor=by, at=at)
    attachments.keep(rows)
    entry = cases.add(
        stream.state,
        by=by,
        words=typed.words or f"({receive.UNREADABLE})",
        at=at,
        fields=("contact",) if typed.contact else (),
        files=[row.digest for row in rows],
        through=chat.CHANNEL,
        ids=[storable(each) for each in message.id.split()],
        asks_for=REVIEW if typed.asks_for_review else "",
    )
    book.append(stream, entry)


def _files(message: Message, typed: Typed) -> tuple[Attached, ...]:
    return (*message.files, *((typed.file,) if typed.file else ()))


def _write_held(book: Book, stream: CaseStream, held: list[HeldMessage]) -> None:
    """Join what was held of each writer into one entry, and take it off the list."""
    for actor in dict.fromkeys(row.actor for row in held):
        mine = [row for row in held if row.actor == actor]
        joined = Message(
            id=" ".join(row.message for row in mine), text="\n".join(row.text for row in mine)
        )
        _add(book, stream, joined, actor, mine[-1].received_at)
    HeldMessage.objects.filter(pk__in=[row.pk for row in held]).delete()


def write_held(*, at: datetime) -> int:
    """The sweep: join what was held into its conversations, once their flood is over."""
    waiting = HeldMessage.objects.values_list("case", flat=True).distinct()
    ready = [case for case in waiting if not _is_flooded(case, at)]
    return sum(_write_waiting(case, at) for case in ready)


def _write_waiting(case: str, at: datetime) -> bool:
    try:
        with ledger.writing(at=at) as book:
            incident, stream = locked(book, case)
            held = list(HeldMessage.objects.filter(case=case).order_by("id"))
            _write_held(book, stream, held)
            # Whoever answered in the meantime has not seen these words.
            for actor in {row.actor for row in held}:
                _wait(book, incident, stream, actor, at)
    except Exception:  # One bad conversation must not hold up the others.
        log.exception("what was held of the chat of %s could not be written", case)
        return False
    return True
