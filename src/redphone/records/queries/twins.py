"""Troubles that sound like one: open incidents it may belong to, and past ones with their end.

Only the first report of each incident is compared, of the latest so many. What was read of a
report is kept, as words, in the memory of the process: a report never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from redphone.core import likeness
from redphone.core.likeness import Alike, Words, telling
from redphone.records.models import CaseRow, EntryRow, IncidentRow
from redphone.records.models import Report as ReportRow

OPEN_COMPARED = 500
"""How many of the latest open incidents are looked at for the same trouble."""

PAST_COMPARED = 250
SUGGESTED = 5
SUGGESTED_PAST = 3
BEGINNING = 1500
"""How many characters of a report are compared: what is wrong is said there."""

READ_AT_ONCE = 150
"""How many reports one page reads anew; the rest is read by the pages after it."""

KEPT = 20_000
"""How many reports' words a process remembers, about 1 KiB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """An incident that sounds alike: its first case, how like in percent, and by which words.

    `cause` and `remedy` are what people wrote of a past one; "" while nobody has.
    """

    incident: IncidentRow
    case: CaseRow
    share: int
    words: tuple[str, ...]
    cause: str = ""
    remedy: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Open incidents that may be of the same trouble, and past ones that were like it."""

    open: tuple[Twin, ...] = ()
    past: tuple[Twin, ...] = ()


FIRST_CASES = """
    select c.report_id, c.number from (
        select number from incident where status = any(%s) and number <> %s
        order by number desc limit %s
    ) i join lateral (
        select number, report_id from "case" where incident_id = i.number order by number limit 1
    ) c on true
"""

_told: dict[UUID, Words] = {}


def twins(text: str, *, besides: int) -> Twins:
    """Incidents that sound like this text, without the one of that number."""
    mine = telling(text[:BEGINNING])
    if not mine:
        return Twins()
    open_ones = _first_cases(("open",), besides, OPEN_COMPARED)
    past_ones = _first_cases(("resolved", "closed"), besides, PAST_COMPARED)
    words = _words(open_ones | past_ones)
    found = likeness.alike(mine, words, limit=len(words))
    return Twins(
        open=_shown(found, open_ones, SUGGESTED, ended=False),
        past=_shown(found, past_ones, SUGGESTED_PAST, ended=True),
    )


def _first_cases(statuses: tuple[str, ...], besides: int, limit: int) -> dict[UUID, int]:
    """The first case of each of the latest incidents, by its report."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_CASES, [list(statuses), besides, limit])
        return dict(cursor.fetchall())


def _words(reports: Iterable[UUID]) -> dict[UUID, Words]:
    """What these reports say, as words; those not read yet are read now."""
    wanted = list(reports)
    if len(_told) + len(wanted) > KEPT:
        _told.clear()
    fresh = [report for report in wanted if report not in _told][:READ_AT_ONCE]
    found = ReportRow.objects.filter(pk__in=fresh).values_list("pk", "description")
    for report, text in found if fresh else ():
        _told[report] = telling(text[:BEGINNING])
    return {report: _told[report] for report in wanted if report in _told}


def _shown(
    found: tuple[Alike[UUID], ...], among: Mapping[UUID, int], limit: int, *, ended: bool
) -> tuple[Twin, ...]:
    best = [each for each in found if each.key in among][:limit]
    rows = CaseRow.objects.select_related("customer", "incident").defer("state")
    cases = rows.in_bulk([among[each.key] for each in best])
    shown = [(each, cases[among[each.key]]) for each in best]
    said = _said([_incident(case).ref for _, case in shown]) if ended else {}
    return tuple(_twin(each, case, said) for each, case in shown)


def _incident(case: CaseRow) -> IncidentRow:
    assert case.incident is not None  # A case without one is never among the compared.
    return case.incident


def _twin(found: Alike[UUID], case: CaseRow, said: Mapping[tuple[str, str], EntryRow]) -> Twin:
    incident = _incident(case)
    cause, end = said.get((incident.ref, "cause_named")), said.get((incident.ref, "resolved"))
    return Twin(
        incident=incident,
        case=case,
        share=int(found.share * 100),
        words=found.words,
        cause=cause.words.text if cause and cause.words else "",
        remedy=end.words.text if end and end.words else "",
        ended_at=end.at if end else None,
    )


def _said(refs: list[str]) -> dict[tuple[str, str], EntryRow]:
    """The last words on the cause and on the resolution of each of these incidents."""
    kinds = ("cause_named", "resolved")
    rows = EntryRow.objects.filter(stream__in=refs, kind__in=kinds).select_related("words")
    return {(row.stream, row.kind): row for row in rows.order_by("stream", "seq")}
