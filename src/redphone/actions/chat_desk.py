"""Emergency chat, the desk's side: pick one up, answer, say that no answer is needed.

Source: FAQ-2, FAQ-3.
"""

from __future__ import annotations

from datetime import datetime

from redphone.actions.chat import Message, Sent, is_known, locked
from redphone.channels.chat import receive
from redphone.core import attend, chat
from redphone.core import case as cases
from redphone.records import ledger, live
from redphone.records.chain import storable
from redphone.records.models import CaseRow, ChatSight


def answer(message: Message, *, case: str, by: str, at: datetime) -> Sent:
    """Answer in a conversation: that takes it, and keeps the first response if it is the first.

    Raises:
        CaseEnded, NotAPerson, WordsMissing: see `redphone.core.case.respond`.

    Source: POL-2, FAQ-2, FAQ-3.
    """
    words = receive.clean(message.text)
    with ledger.writing(at=at) as book:
        incident, stream = locked(book, case)
        if is_known(case, message.id):
            return Sent(case=case, is_new=False)
        through, ids = chat.CHANNEL, [storable(message.id)]
        entry = cases.respond(stream.state, by=by, words=words, at=at, through=through, ids=ids)
        book.append(stream, entry)
        book.append(incident, *attend.answer(incident.state, case=case, by=by, at=at))
    return Sent(case=case)


def pick_up(*, case: str, by: str, at: datetime) -> None:
    """Pick a chat up: its page rings no more, and the customer sees who has come.

    Raises:
        NobodyWaits, IncidentEnded, NotAPerson: see `redphone.core.attend.pick_up`.

    Source: POL-2, FAQ-2.
    """
    with ledger.writing(at=at) as book:
        incident, _ = locked(book, case)
        book.append(incident, *attend.pick_up(incident.state, case=case, by=by, at=at))


def settle(*, case: str, by: str, at: datetime) -> None:
    """Say that the last words need no answer.

    Raises:
        NobodyWaits: nobody does.
    """
    with ledger.writing(at=at) as book:
        incident, _ = locked(book, case)
        book.append(incident, *attend.settle(incident.state, case=case, by=by, at=at))


def seen(*, case: str, by_desk: bool, seq: int, at: datetime) -> None:
    """An open page says how far it was looked at; the other side's page is told."""
    head = CaseRow.objects.filter(ref=case).values_list("head", flat=True).first() or 0
    seq = min(seq, head)
    if seq < 1:
        return
    row, is_new = ChatSight.objects.get_or_create(
        case=case, by_desk=by_desk, defaults={"seq": seq, "at": at}
    )
    further = ChatSight.objects.filter(pk=row.pk, seq__lt=seq)
    if further.update(seq=seq, at=at) or is_new:
        live.tell([case])
