"""Starting runbooks and ticking their steps."""

from __future__ import annotations

from datetime import datetime

from redphone.core import command
from redphone.records import ledger


def start(*, incident: str, slug: str, by: str, at: datetime) -> None:
    """Attach a runbook. Source: RUN-1 to RUN-7.

    Raises:
        UnknownRunbook: the policy has none of that name.
        RunbookStarted: it is already running here.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        steps = len(stream.pinned.policy.runbook(slug).steps)
        entry = command.start_runbook(stream.state, slug=slug, steps=steps, by=by, at=at)
        book.append(stream, entry)


def tick(*, incident: str, slug: str, step: int, by: str, words: str, at: datetime) -> None:
    """Tick a step, with a note.

    Raises:
        StepUnknown, StepDoneAlready: see `redphone.core.command.tick`.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        entry = command.tick(stream.state, slug=slug, step=step, by=by, words=words, at=at)
        book.append(stream, entry)
