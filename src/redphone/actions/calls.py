"""Calling back who had called, and had gone before anybody spoke to them."""

from __future__ import annotations

from datetime import datetime

from redphone.core import case as cases
from redphone.core.stream import DeskError
from redphone.records import ledger
from redphone.records.models import Call


class NothingToCallBack(DeskError):
    """Nobody waits to be called back here. Somebody else may just have done it."""


def called_back(*, case: str, by: str, reached: bool, words: str, at: datetime) -> None:
    """Put on record that somebody has called back; those whom they reached wait no longer.

    Who was reached was answered: that keeps the first response, as any answer does.

    Raises:
        NothingToCallBack: nobody waits for it on this case.
        NotAPerson, WordsMissing: see `redphone.core.case.call_back`.

    Source: POL-2, FAQ-3.
    """
    with ledger.writing(at=at) as book:
        waiting = Call.objects.select_for_update().filter(
            case_ref=case, call_back_since__isnull=False, called_back_at=None
        )
        found = list(waiting.order_by("sid"))
        if not found:
            raise NothingToCallBack
        stream = book.case(case)
        entry = cases.call_back(stream.state, by=by, reached=reached, words=words, at=at)
        book.append(stream, entry)
        if not reached:
            return
        if stream.state.is_open and stream.state.first_response_at is None:
            answer = cases.respond(stream.state, by=by, words=words, at=at, through="phone")
            book.append(stream, answer)
        for row in found:
            row.called_back_at, row.called_back_by_id = at, int(by.removeprefix("person:"))
            row.save(update_fields=["called_back_at", "called_back_by"])
