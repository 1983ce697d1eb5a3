"""A locked stream in the hand of whoever writes it: its row, its state, its policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from redphone.core.case import Case
from redphone.core.incident import Incident
from redphone.core.stream import Entry
from redphone.records.models import CaseRow, IncidentRow
from redphone.records.policies import Pinned

Row = TypeVar("Row", CaseRow, IncidentRow)
State = TypeVar("State", Case, Incident)


@dataclass(eq=False)
class Stream(Generic[Row, State]):
    """A stream while its book is open: its row, its state, and what is to be written."""

    row: Row
    state: State
    pinned: Pinned
    is_new: bool = False
    fresh: list[tuple[Entry, State]] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return self.state.ref


CaseStream = Stream[CaseRow, Case]
IncidentStream = Stream[IncidentRow, Incident]
AnyStream = CaseStream | IncidentStream
