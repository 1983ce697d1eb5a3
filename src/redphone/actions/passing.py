"""Whoever was asked can't come: the next step is called at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from redphone.actions.incidents import call_turn
from redphone.core import command, ladder
from redphone.records import ledger


def pass_on(
    *, incident: str, lane: str, by: str, words: str, at: datetime, is_first: Callable[[], bool]
) -> None:
    """Note that they can't come, and call the next step, in one commit.

    Nothing where the ladder has gone on from them, or it is said again. `is_first` is asked with
    the incident locked. After the last step it is only noted.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        calls = [ask for ask in stream.state.asks if ask.lane == lane]
        if not calls or by not in calls[-1].people or not is_first():
            return
        book.append(stream, command.note(stream.state, by=by, words=words, at=at))
        with suppress(ladder.NoStepLeft):
            turn = ladder.call_next(stream.state, stream.pinned.policy, lane=lane, by=by, at=at)
            call_turn(book, stream, turn, by=by, at=at)
