"""What holds at the end of each night, whatever happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from redphone.actions import verify
from redphone.actions.ladder_audit import LadderAudit
from redphone.core import ladder
from redphone.records import states
from redphone.records.models import DeadlineRow, Delivery, EntryRow, IncidentRow
from redphone.records.models.delivery import DeliveryState as State
from redphone.records.verdicts import Finding

ENDED_WELL = (State.SENT, State.DELIVERED)
COMES_STILL = (State.PENDING, State.SENDING)

LATE = timedelta(seconds=30)


def hold(*, at: datetime) -> None:
    """The ledger holds water, nobody was forgotten, and the auditor agrees with the ladders."""
    found: list[Finding] = []
    verify.verify(at=at, found=found.append)
    assert not found, "\n".join(map(str, found))
    forgotten = list(_forgotten())
    assert not forgotten, "\n".join(forgotten)
    _the_auditor_agrees(at)


def _forgotten() -> Iterator[str]:
    """Everybody who was asked, and whom nothing was sent to, without a word on why."""
    for entry in EntryRow.objects.filter(kind="asked").order_by("id"):
        for person in entry.data["people"]:
            if not _was_served(entry, person):
                yield f"{entry.stream}/{entry.seq}: {person} was asked and never heard of it"


def _was_served(entry: EntryRow, person: str) -> bool:
    rows = Delivery.objects.filter(
        stream=entry.stream,
        seq=entry.seq,
        purpose="page",
        person=int(person.removeprefix("person:")),
    )
    if rows.filter(state__in=(*ENDED_WELL, *COMES_STILL)).exists():
        return True
    said = EntryRow.objects.filter(
        stream=entry.stream,
        seq__gt=entry.seq,
        kind="delivery_failed",
        data__to=person,
        data__lane=entry.data["lane"],
    )
    return said.exists() or (rows.exists() and not _still_rings(entry, person))


def _still_rings(entry: EntryRow, person: str) -> bool:
    row = IncidentRow.objects.get(ref=entry.stream)
    incident = states.load_incident(row.state)
    of = (entry.data["lane"], entry.at, entry.data["step"])
    calls = [ask for ask in incident.asks if (ask.lane, ask.at, ask.step) == of]
    stands = ladder.still_rings(incident, person, entry.data["lane"])
    return stands and any(ask.rings(person) for ask in calls)


def _the_auditor_agrees(at: datetime) -> None:
    late = DeadlineRow.objects.filter(
        outcome="running", kind="next_step", next_at__lt=at - LATE, stream__startswith="INC-"
    )
    behind = set(late.values_list("stream", flat=True))
    look = LadderAudit().look(at=at)
    assert (look.unread, look.unreadable) == (0, 0)
    assert look.behind == len(behind), f"the rows say {sorted(behind)}, the auditor {look}"
