"""The intake of one process: reports that arrive together are committed together.

Whoever comes while a commit is under way waits for the next one, and that one takes all who wait.
Alone, a report waits for nobody; in a storm a hundred share the price of one commit. There is no
thread of its own and no timer: one of those who wait writes for all of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from redphone.actions import reports
from redphone.actions.reports import Incoming, Taken

MOST = 64
"""Reports in one commit: more would make the first of them wait for the last."""

Write = Callable[[list[Incoming]], list[Taken]]


@dataclass(slots=True, eq=False)
class _Ticket:
    """One report on its way through; in the end it has either been taken or gone wrong."""

    incoming: Incoming
    taken: Taken | None = None
    wrong: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.taken is not None or self.wrong is not None


@dataclass(slots=True)
class Intake:
    """Takes reports in from many threads, one commit at a time. `write` takes a batch."""

    write: Write = reports.take_reports
    _waiting: deque[_Ticket] = field(default_factory=deque)
    _writer: threading.Lock = field(default_factory=threading.Lock)

    def take(self, incoming: Incoming) -> Taken:
        """Take one report in. It returns when the report is committed.

        Raises:
            Exception: whatever kept this very report from being stored.
        """
        ticket = _Ticket(incoming)
        self._waiting.append(ticket)
        with self._writer:
            # Whoever had the lock before may have written this one along.
            while not ticket.is_done:
                self._write(self._next())
        if ticket.wrong is not None:
            raise ticket.wrong
        assert ticket.taken is not None
        return ticket.taken

    def _next(self) -> list[_Ticket]:
        batch: list[_Ticket] = []
        while self._waiting and len(batch) < MOST:
            batch.append(self._waiting.popleft())
        return batch

    def _write(self, batch: list[_Ticket]) -> None:
        try:
            taken = self.write([ticket.incoming for ticket in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].wrong = error
                return
            # One report that can't be stored must not take the others with it.
            for ticket in batch:
                self._write([ticket])
            return
        except BaseException:
            # Whoever writes is being ended: those who wait must not wait for ever.
            for ticket in batch:
                ticket.wrong = RuntimeError("The writer of this report was ended. Send it again.")
            raise
        for ticket, each in zip(batch, taken, strict=True):
            ticket.taken = each


_intake = Intake()


def take_report(incoming: Incoming) -> Taken:
    """Take a report in by this process's intake. See `redphone.actions.reports.take_report`.

    Source: POL-6, FAQ-2, FAQ-6.
    """
    return _intake.take(incoming)
