"""The board: every open incident, most urgent first, with a fixed number of queries.

What is urgent comes from columns that the ledger keeps (`next_due_…`) and from one grouping of the
open cases; states are read only for the incidents of the page that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.cache import caches
from django.db import connection

from redphone.records import policies, states
from redphone.records.models import CaseRow, DeadlineRow, Heartbeat, IncidentRow, Report
from redphone.records.queries import ladders, mails
from redphone.records.queries.asker import Asker, require_staff
from redphone.records.queries.ladders import Holding
from redphone.records.queries.people import names

PER_PAGE = 25
"""The most urgent, on two screens; drawing the lines is what a board's time goes to."""

KEPT_OVER = 30
"""Days over which kept promises are counted."""

LADDER = ("next_step", "no_progress", "still_on_it")
"""Clocks that move a ladder: nothing is late when they come due."""

FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is owed next: until when, under which clause, and which deadline passed already."""

    kind: str
    at: datetime
    clause: str
    says: str
    state: str
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """An open incident. `plans` counts its customers by plan, unknown ones under "". `beside` are
    the other open emergencies that its incident manager has: one each is the rule."""

    ref: str
    title: str
    types: tuple[str, ...]
    priority: int
    due: Due | None
    holding: Holding
    cases: int
    only_case: str
    plans: tuple[tuple[str, int], ...]
    customers: int
    answered: int
    unanswered: int
    contained_at: datetime | None
    started_at: datetime
    is_public: bool
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Promises that ended in the last days: how many were kept, out of how many."""

    kept: int
    ended: int

    @property
    def share(self) -> str:
        """The share kept, rounded down: a missed promise never shows as 100 per cent."""
        if not self.ended:
            return ""
        tenths = self.kept * 1000 // self.ended
        return f"{tenths // 10}.{tenths % 10}%" if tenths < 1000 else "100%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything on the board's page. `waiting` are incidents that nobody has confirmed yet."""

    lines: tuple[BoardLine, ...]
    open: int
    page: int
    pages: int
    waiting: int
    reports_waiting: int
    exhausted: tuple[str, ...]
    kept: Kept
    next_due: tuple[BoardLine, Due] | None


@dataclass(frozen=True, slots=True)
class _Group:
    """The open cases of one incident and plan."""

    plan: str
    cases: int
    customers: int
    unanswered: int
    due_at: datetime | None
    due_ref: str


_OPEN = """
    select number, next_due_at,
           state->>'confirmed_at' is null,
           case when jsonb_array_length(state->'exhausted') > 0 then ref end
    from incident where status = 'open'
"""
_CASES = """
    select incident_id, coalesce(plan, ''), count(*), count(distinct customer_id)
             + count(*) filter (where customer_id is null),
           count(*) filter (where first_response_at is null),
           min(next_due_at),
           (array_agg(ref order by next_due_at) filter (where next_due_at is not null))[1],
           min(ref)
    from "case" where status = 'open' and incident_id = any(%s) group by 1, 2
"""
_CASES_DUE = """
    select incident_id, min(next_due_at) from "case"
    where status = 'open' and next_due_at is not null group by 1
"""


_RUNNING = """
    select id, stream, kind, due_at, warn_at, claims from deadline
    where outcome = 'running'
      and (stream, kind) in (select * from unnest(%s::text[], %s::text[]))
"""


def board(asker: Asker, *, at: datetime, page: int = 1) -> Board:
    """The open incidents, the one with the soonest or longest passed deadline first.

    Raises:
        NotYours: the asker is none of the desk's own people.
    """
    require_staff(asker)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        open_now = cursor.fetchall()
        cursor.execute(_CASES_DUE)
        by_cases = dict(cursor.fetchall())
    order = sorted(open_now, key=lambda row: (_soonest(row[1], by_cases.get(row[0])), row[0]))
    pages = max(1, -(-len(order) // PER_PAGE))
    page = min(max(page, 1), pages)
    numbers = [row[0] for row in order[(page - 1) * PER_PAGE : page * PER_PAGE]]
    groups, some_case = _groups(numbers)
    lines = _lines(numbers, groups, some_case, at)
    first = next((line for line in lines if line.due), None) if page == 1 else None
    return Board(
        lines=tuple(lines),
        open=len(order),
        page=page,
        pages=pages,
        waiting=sum(row[2] for row in open_now),
        reports_waiting=Report.objects.filter(opened_at=None).count(),
        exhausted=tuple(row[3] for row in open_now if row[3]),
        kept=kept(at),
        next_due=(first, first.due) if first and first.due else None,
    )


def _soonest(own: datetime | None, cases: datetime | None) -> datetime:
    return min((each for each in (own, cases) if each), default=FAR)


def _groups(numbers: list[int]) -> tuple[dict[int, list[_Group]], dict[int, str]]:
    """The open cases of these incidents, counted by plan; and some case of each."""
    groups: dict[int, list[_Group]] = {}
    some_case: dict[int, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [numbers])
        for incident, plan, count, customers, unanswered, due_at, ref, least in cursor.fetchall():
            group = _Group(plan, count, customers, unanswered, due_at, ref or "")
            groups.setdefault(incident, []).append(group)
            some_case[incident] = least
    return groups, some_case


def _lines(
    numbers: list[int], groups: dict[int, list[_Group]], some_case: dict[int, str], at: datetime
) -> list[BoardLine]:
    rows = {
        row.number: row
        for row in IncidentRow.objects.filter(number__in=numbers).defer("head_hash", "join_key")
    }
    found = [rows[number] for number in numbers if number in rows]
    loaded = {row.number: states.load_incident(row.state) for row in found}
    pinned = {row.number: policies.pinned(row.policy_id).policy for row in found}
    named = names(
        actor
        for number, state in loaded.items()
        for actor in ladders.actors(state, pinned[number])
    )
    owed = _owed(found, groups)
    others = _managed(found)
    lines = []
    for row in found:
        state, policy = loaded[row.number], pinned[row.number]
        mine = groups.get(row.number, [])
        cases = sum(group.cases for group in mine)
        unanswered = sum(group.unanswered for group in mine)
        deadline = owed.get(row.number)
        lines.append(
            BoardLine(
                ref=row.ref,
                title=row.title,
                types=tuple(policy.issue_type(slug).name for slug in state.types),
                priority=row.priority,
                due=_due(deadline, at) if deadline else None,
                holding=ladders.holding(state, policy, named),
                cases=cases,
                only_case=some_case.get(row.number, "") if cases == 1 else "",
                plans=tuple((group.plan, group.customers) for group in mine),
                customers=sum(group.customers for group in mine) + len(state.named),
                answered=cases - unanswered,
                unanswered=unanswered,
                contained_at=state.contained_at,
                started_at=row.started_at,
                is_public=row.is_public,
                beside=tuple(r for r in others.get(row.manager_id or 0, ()) if r != row.ref),
            )
        )
    return lines


def _managed(rows: list[IncidentRow]) -> dict[int, list[str]]:
    """The open emergencies of each incident manager on the page."""
    managers = {row.manager_id for row in rows if row.manager_id}
    open_now = IncidentRow.objects.filter(status="open", priority=1, manager__in=managers)
    found: dict[int, list[str]] = {}
    for manager, ref in open_now.order_by("number").values_list("manager", "ref"):
        found.setdefault(manager or 0, []).append(ref)
    return found


def _owed(rows: list[IncidentRow], groups: dict[int, list[_Group]]) -> dict[int, DeadlineRow]:
    """For each incident the running clock that is due first: its own, or one of its cases'."""
    wanted: dict[tuple[str, str], int] = {}
    for row in rows:
        first = min(
            (group for group in groups.get(row.number, []) if group.due_at),
            key=lambda group: group.due_at or FAR,
            default=None,
        )
        if first and first.due_at and (not row.next_due_at or first.due_at < row.next_due_at):
            wanted[first.due_ref, "first_response"] = row.number
        elif row.next_due_kind:
            wanted[row.ref, row.next_due_kind] = row.number
    streams, kinds = zip(*wanted, strict=True) if wanted else ((), ())
    running = DeadlineRow.objects.raw(_RUNNING, [list(streams), list(kinds)])
    return {wanted[each.stream, each.kind]: each for each in running}


def _due(row: DeadlineRow, at: datetime) -> Due:
    claims = states.load_claims(row.claims)
    passed = [claim for claim in claims if claim.due_at <= at]
    due_at = row.due_at or claims[-1].due_at
    deciding = next((claim for claim in claims if claim.due_at == due_at), claims[-1])
    also = [claim.clause for claim in claims if claim.due_at == due_at]
    return Due(
        kind=row.kind,
        at=due_at,
        clause=", ".join(dict.fromkeys(also)),
        says=deciding.says,
        state=state_of(row, at),
        missed_at=passed[0].due_at if passed else None,
    )


def state_of(row: DeadlineRow, at: datetime) -> str:
    """How a running clock looks: late, warning, or running."""
    if row.kind in LADDER:
        return "running"
    if row.due_at is None or row.due_at <= at:
        return "late"
    # A clock loses its warning's moment once it was warned, and has none when it is too short.
    is_near = row.warn_at is None or row.warn_at <= at
    return "warning" if is_near else "running"


def kept(at: datetime) -> Kept:
    """Promises to customers that ended in the last 30 days: kept, out of all.

    Days that are over don't change, so each process counts them once; today is counted again
    after a few seconds.
    """
    cache = caches["process"]
    today = at.astimezone(UTC).date()
    days = [today - timedelta(days=back) for back in range(KEPT_OVER)]
    known: dict[str, tuple[int, int]] = cache.get_many([_key(day) for day in days])
    missing = [day for day in days if _key(day) not in known]
    if missing:
        since = datetime(*min(missing).timetuple()[:3], tzinfo=UTC)
        counted = _count_by_day(since)
        fresh = {_key(day): counted.get(day.isoformat(), (0, 0)) for day in missing}
        known |= fresh
        for key, value in fresh.items():
            cache.set(key, value, timeout=5 if key == _key(today) else 6 * 3600)
    return Kept(
        kept=sum(good for good, _ in known.values()), ended=sum(of for _, of in known.values())
    )


def _key(day: object) -> str:
    return f"kept:{day}"


_BY_DAY = """
    select (ended_at at time zone 'UTC')::date::text,
           count(*) filter (where outcome = 'kept'), count(*)
    from deadline
    where ended_at >= %s and strength = 'promise' and outcome in ('kept', 'missed')
      and kind not in ('next_step', 'no_progress', 'still_on_it')
    group by 1
"""


def _count_by_day(since: datetime) -> dict[str, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, [since])
        return {day: (good, of) for day, good, of in cursor.fetchall()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How the clock loop is. None for a loop that has never run."""

    at: datetime | None
    is_healthy: bool


SILENT_AFTER = timedelta(seconds=15)


def pulse(asker: Asker, *, at: datetime) -> Pulse:
    """The last sign of life of any clock loop."""
    require_staff(asker)
    last = Heartbeat.objects.filter(kind="clock").order_by("-at").values_list("at", flat=True)
    seen = last.first()
    return Pulse(at=seen, is_healthy=seen is not None and at - seen < SILENT_AFTER)


def figures(asker: Asker) -> dict[str, int]:
    """What the navigation counts: open incidents, open cases, and parked mails."""
    require_staff(asker)
    return {
        "board": IncidentRow.objects.filter(status="open").count(),
        "cases": CaseRow.objects.filter(status="open").count(),
        "mail": mails.parked(asker),
    }
