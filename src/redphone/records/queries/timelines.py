"""What happened in a stream, newest first, with what was sent for each entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redphone.records.models import Customer, EntryRow
from redphone.records.queries import told
from redphone.records.queries.asker import Asker, require_staff
from redphone.records.queries.people import Names, names
from redphone.records.queries.told import Told

PER_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry as it is shown. `words` are None when they were erased."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    actor: str
    data: Mapping[str, Any]
    words: str | None
    told: Told | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A stretch of a stream. `older` is the number to ask for what came before, or None."""

    stream: str
    entries: tuple[Happening, ...]
    names: Names
    customers: Mapping[str, str]
    total: int
    older: int | None


def timeline(asker: Asker, stream: str, *, total: int, before: int | None = None) -> Timeline:
    """The last entries of a stream, or those before number `before`. `total` is its head.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    rows = EntryRow.objects.filter(stream=stream).select_related("words").order_by("-seq")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[:PER_PAGE])
    sent = told.told(stream, [row.seq for row in found])
    # What was written down late stands where it happened.
    in_time = sorted(found, key=lambda row: (row.at, row.seq), reverse=True)
    entries = tuple(_happening(row, sent.get(row.seq)) for row in in_time)
    least = found[-1].seq if found else 1
    return Timeline(
        stream=stream,
        entries=entries,
        names=names(actor for entry in entries for actor in _actors(entry)),
        customers=_customers(entries),
        total=total,
        older=least if least > 1 else None,
    )


def _happening(row: EntryRow, sent: Told | None) -> Happening:
    words: str | None = ""
    if row.words is not None:
        words = None if row.words.erased_at else row.words.text
    return Happening(
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        recorded_at=row.recorded_at,
        actor=row.actor,
        data=row.data,
        words=words,
        told=sent,
    )


def _actors(entry: Happening) -> Iterator[str]:
    yield entry.actor
    for value in (entry.data.get("to"), entry.data.get("from")):
        if isinstance(value, str):
            yield value
    yield from entry.data.get("people") or ()
    yield from entry.data.get("names") or ()
    for left_out in ("passed", "without"):
        yield from (name for name, _ in entry.data.get(left_out) or ())


def _customers(entries: Iterable[Happening]) -> dict[str, str]:
    ids = {str(entry.data["customer"]) for entry in entries if entry.data.get("customer")}
    numbers = [int(each) for each in ids if each.isdigit()]
    found = Customer.objects.filter(pk__in=numbers).values_list("pk", "name") if numbers else ()
    return {str(pk): name for pk, name in found}
