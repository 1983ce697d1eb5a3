"""Taking an incident by its name: from the API and the command line; and who was let go by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from redphone.actions.paging import Answered, let_go
from redphone.actions.standings import names
from redphone.core import command
from redphone.core.stream import DeskError
from redphone.records import ledger, states
from redphone.records.models import IncidentRow, Person
from redphone.records.queries.asker import STAFF


class NobodyLikeThat(DeskError):
    """None of the desk's own people signs in with that address."""


class SayWho(DeskError):
    """It rings for several people, or for nobody. Say who takes it."""


def acknowledge(*, incident: str, by: str, through: str, at: datetime) -> Answered:
    """Take it: the ringing ends. `through` says by what: "api", "command".

    Raises:
        NoSuchStream: there is no such incident.
        IncidentEnded, AlreadyAcknowledged, NotAPerson: see `redphone.core.command.acknowledge`.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    with ledger.writing(at=at) as book:
        stream = book.incident(incident)
        entry = command.acknowledge(stream.state, by=by, at=at)
        book.append(stream, replace(entry, data={**entry.data, "through": through}))
        return Answered(incidents=(incident,), others=let_go(stream.state, by))


def who_is_meant(incident: str, email: str) -> Person:
    """Who takes an incident at the command line: by their address, or the one for whom it rings.

    Raises:
        NoSuchStream: there is no such incident.
        NobodyLikeThat, SayWho: see each.
    """
    staff = Person.objects.filter(role__in=STAFF, is_active=True)
    if email:
        person = staff.filter(email=Person.objects.normalize_email(email.strip())).first()
        if person is None:
            raise NobodyLikeThat
        return person
    row = IncidentRow.objects.filter(ref=incident).first()
    if row is None:
        raise ledger.NoSuchStream
    asks = states.load_incident(row.state).asks
    rung = {actor for ask in asks if ask.answered_at is None for actor in ask.people}
    if len(rung) != 1:
        raise SayWho(f"{incident} rings for {', '.join(names(rung)) or 'nobody'}. Say who.")
    return staff.get(pk=int(rung.pop().removeprefix("person:")))
