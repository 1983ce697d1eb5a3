"""Calls to the hotline, for the desk's own people: who was dialled, who took it, what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redphone.core import hotline
from redphone.records import calls
from redphone.records.models import Call, Person, Recording
from redphone.records.models.call import RecordingState
from redphone.records.queries.asker import Asker, require_staff

MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LegShown:
    """One of the desk's people who was dialled, and how that ended."""

    name: str
    status: str
    was_taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingShown:
    """A recording: `file` is the attachment's number once it is kept, `why` what keeps it away."""

    state: str
    file: str
    seconds: int | None
    transcript: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallShown:
    """A call as a case's page shows it. `words` are what was said into the menu."""

    row: Call
    pressed: str
    words: tuple[str, ...]
    legs: tuple[LegShown, ...]
    recordings: tuple[RecordingShown, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether the caller waits to be called back."""
        return self.row.call_back_since is not None and self.row.called_back_at is None


def of_case(asker: Asker, ref: str) -> tuple[CallShown, ...]:
    """The calls of a case, newest first.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = Call.objects.filter(case_ref=ref).select_related("taken_by", "called_back_by")
    return tuple(_shown(row) for row in rows.order_by("-started_at")[:MOST])


def _shown(row: Call) -> CallShown:
    call = calls.replay(row.sid)
    people = Person.objects.in_bulk([leg.person for leg in call.legs])
    kept = {each.name: each for each in Recording.objects.filter(call=row)}
    return CallShown(
        row=row,
        pressed=hotline.MENU[call.chosen][1] if call.chosen else "",
        words=call.words,
        legs=tuple(
            LegShown(
                name=people[leg.person].name if leg.person in people else "somebody who has left",
                status=_status(leg, over=call.ended_at is not None),
                was_taken=leg.taken_at is not None,
            )
            for leg in call.legs
        ),
        recordings=tuple(_recording(each, kept.get(each.name)) for each in call.recordings),
    )


def _status(leg: hotline.Leg, *, over: bool) -> str:
    if leg.taken_at:
        return "took the call"
    known = {
        "busy": "was busy",
        "no-answer": "did not answer",
        "failed": "could not be rung",
        "canceled": "was still being rung",
        "completed": "picked up and did not take it",
    }
    return known.get(leg.status, "was rung" if over else "is being rung")


def _recording(found: hotline.Recording, row: Recording | None) -> RecordingShown:
    return RecordingShown(
        state=row.state if row else RecordingState.WAITING.value,
        file=str(row.attachment_id or "") if row else "",
        seconds=found.seconds,
        transcript=found.transcript,
        why=row.why if row else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """Somebody who waits to be called back: their number, "" when withheld, and since when."""

    caller: str
    case: str
    since: datetime
    how: str


def to_call_back(asker: Asker, *, limit: int = MOST) -> tuple[CallBack, ...]:
    """Who waits to be called back, the longest waiting first.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = Call.objects.filter(call_back_since__isnull=False, called_back_at=None)
    columns = ("caller", "case_ref", "call_back_since", "end")
    found = rows.exclude(case_ref="").order_by("call_back_since").values_list(*columns)[:limit]
    return tuple(
        CallBack(caller=caller, case=case, since=since, how=how)
        for caller, case, since, how in found
        if since
    )
