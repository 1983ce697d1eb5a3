"""Telling the affected customers and the status page."""

from __future__ import annotations

from datetime import datetime

from redphone.core import case as cases
from redphone.core import updates
from redphone.core.updates import Stage
from redphone.records import ledger


def post_update(
    *, incident: str, by: str, words: str, next_at: datetime, stage: Stage, at: datetime
) -> None:
    """Post an update. Whom nobody has answered yet is answered by it: a person's words.

    Raises:
        SameWords, SaysTooLittle, NextUpdateTooLate, …: see `redphone.core.updates.post_update`.

    Source: POL-2, POL-4, FAQ-3.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        entry = updates.post_update(
            stream.state,
            stream.pinned.policy,
            by=by,
            words=words,
            previous=ledger.words_of(incident, stream.state.last_update_entry),
            next_at=next_at,
            stage=stage,
            at=at,
        )
        book.append(stream, entry)
        if updates.affected_audience(stream.state, stream.pinned.policy) is (
            updates.Audience.AFFECTED
        ):
            for case in book.cases_of(incident, unanswered=True):
                answer = cases.respond(case.state, by=by, words=words, at=at, through=incident)
                book.append(case, answer)
