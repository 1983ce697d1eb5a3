"""Everything that is known of one incident, for the people who work on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from redphone.core import ladder, targets, updates
from redphone.core.incident import Incident
from redphone.core.policy import Policy, Runbook
from redphone.core.report import lacks
from redphone.core.updates import Audience
from redphone.records import callees, outbox, policies, states
from redphone.records.ledger import NoSuchStream
from redphone.records.models import (
    CaseRow,
    Component,
    Contact,
    Customer,
    EntryRow,
    IncidentRow,
)
from redphone.records.policies import Pinned
from redphone.records.queries import clocks, ladders, timelines
from redphone.records.queries.asker import Asker, require_staff
from redphone.records.queries.cases import as_report
from redphone.records.queries.clocks import ClockShown
from redphone.records.queries.ladders import LadderShown
from redphone.records.queries.people import Names, names
from redphone.records.queries.timelines import Timeline
from redphone.records.queries.twins import Twins, twins

CASES_PER_PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Audienced:
    """Whom an update reaches now: customers by plan, their addresses, and who has none."""

    customers: int
    by_plan: tuple[tuple[str, int], ...]
    addresses: int
    out_of_reach: tuple[str, ...]
    security_only: bool
    is_public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """A step of a runbook. `is_now` marks the first one that nobody has ticked."""

    number: int
    text: str
    is_now: bool
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookShown:
    slug: str
    name: str
    clause: str
    steps: tuple[StepShown, ...]
    done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCount:
    """The incident's cases that were not declined."""

    all: int
    open: int
    unanswered: int
    first_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the incident's page shows. `beside` are the other emergencies that its manager has,
    `own_beside` those of the one who asks."""

    row: IncidentRow
    state: Incident
    policy: Policy
    names: Names
    clocks: tuple[ClockShown, ...]
    ladders: tuple[LadderShown, ...]
    timeline: Timeline
    runbooks: tuple[RunbookShown, ...]
    other_runbooks: tuple[Runbook, ...]
    audience: Audienced
    cases: tuple[CaseRow, ...]
    cases_page: int
    cases_pages: int
    count: CaseCount
    first_case: CaseRow | None
    triage: Mapping[str, Any]
    lacks: tuple[str, ...]
    twins: Twins
    components: tuple[Component, ...]
    gathers: Component | None
    named: tuple[tuple[str, str], ...]
    cause: str
    owes_report: bool
    asks_again_at: datetime | None
    beside: tuple[str, ...]
    own_beside: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        return self.audience.is_public

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self.policy.issue_type(slug).name for slug in self.state.types)


def find(asker: Asker, ref: str) -> IncidentRow:
    """The incident of that name.

    Raises:
        NotYours: the asker is none of the desk's own people.
        NoSuchStream: there is none.
    """
    require_staff(asker)
    row = IncidentRow.objects.select_related("manager").filter(ref=ref).first()
    if row is None:
        raise NoSuchStream
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An incident as it stands: what the forms of its room choose among."""

    row: IncidentRow
    state: Incident
    policy: Policy
    components: tuple[Component, ...]

    @property
    def is_public(self) -> bool:
        return targets.is_public(self.state, self.policy)


def standing(asker: Asker, ref: str) -> Standing:
    """The incident as it stands, without all that its page shows besides."""
    row = find(asker, ref)
    return Standing(
        row=row,
        state=states.load_incident(row.state),
        policy=policies.pinned(row.policy_id).policy,
        components=tuple(Component.objects.all()),
    )


def latest_next(state: Incident, policy: Policy, at: datetime) -> datetime | None:
    """The latest moment that an update posted now may name for the next; None when it is over."""
    return updates.latest_next(state, policy, at) if state.is_open else None


def room(
    asker: Asker, ref: str, *, at: datetime, before: int | None = None, cases_page: int = 1
) -> Room:
    """One incident's page: `before` turns the timeline back, `cases_page` the list of cases."""
    row = find(asker, ref)
    state = states.load_incident(row.state)
    pinned = policies.pinned(row.policy_id)
    policy = pinned.policy
    named = names(ladders.actors(state, pinned.policy))
    count = _count(row)
    pages = max(1, -(-count.all // CASES_PER_PAGE))
    page = min(max(cases_page, 1), pages)
    first = CaseRow.objects.filter(incident=row).select_related("report", "customer", "reporter")
    first_case = first.order_by("number").first()
    said = _said(ref)
    components = tuple(Component.objects.all())
    return Room(
        row=row,
        state=state,
        policy=policy,
        names=named,
        clocks=clocks.clocks(asker, ref, at=at),
        ladders=ladders.shown(state, policy, pinned.hours, named),
        timeline=timelines.timeline(asker, ref, total=row.head, before=before),
        runbooks=_runbooks(state, policy, named, said),
        other_runbooks=_other_runbooks(state, policy),
        audience=audience(row, state, policy),
        cases=_cases(row, page),
        cases_page=page,
        cases_pages=pages,
        count=count,
        first_case=first_case,
        triage=_triage(first_case),
        lacks=_lacks(first_case, policy),
        twins=_twins(row, first_case) if state.is_open else Twins(),
        components=components,
        gathers=_gathers(row, components),
        named=_named(state),
        cause=next((words for kind, _, words in reversed(said) if kind == "cause_named"), ""),
        owes_report=targets.owes_report(state, policy) and state.reported_at is None,
        asks_again_at=_asks_again_at(state, pinned),
        beside=callees.managed_beside(state.manager, ref) if state.manager else (),
        own_beside=callees.managed_beside(asker.actor, ref) if asker.person_id else (),
    )


def _asks_again_at(state: Incident, pinned: Pinned) -> datetime | None:
    """When whoever has it is asked whether they are still on it; None when nobody will be."""
    turns = ladder.turns(state, pinned.policy, pinned.hours)
    asked = (turn.due_at for turn in turns if turn.reason is ladder.Reason.STILL_ON_IT)
    return next(asked, None)


def _count(row: IncidentRow) -> CaseCount:
    found = (
        CaseRow.objects.filter(incident=row)
        .exclude(status="declined")
        .aggregate(
            all=Count("number"),
            open=Count("number", filter=Q(status="open")),
            unanswered=Count("number", filter=Q(status="open", first_response_at=None)),
            first_due_at=Min("next_due_at", filter=Q(status="open")),
        )
    )
    return CaseCount(**found)


def _cases(row: IncidentRow, page: int) -> tuple[CaseRow, ...]:
    found = CaseRow.objects.filter(incident=row).exclude(status="declined")
    found = found.select_related("customer").order_by("number")
    return tuple(found[(page - 1) * CASES_PER_PAGE : page * CASES_PER_PAGE])


def audience(row: IncidentRow, state: Incident, policy: Policy) -> Audienced:
    """Whom an update would reach if it were sent now. Source: EMG-1 to EMG-5."""
    ids = outbox.affected(row.ref, state)
    customers = list(Customer.objects.filter(pk__in=ids).values_list("pk", "name", "plan"))
    only = updates.affected_audience(state, policy) is Audience.SECURITY_CONTACTS
    contacts = Contact.objects.filter(
        customer__in=ids, verified_at__isnull=False, unreachable_at=None
    ).exclude(email="")
    if only:
        contacts = contacts.filter(security=True)
    reached = list(contacts.values_list("customer_id", "email"))
    have = {customer for customer, _ in reached}
    plans = Counter(plan for _, _, plan in customers)
    return Audienced(
        customers=len(customers),
        by_plan=tuple(sorted(plans.items())),
        addresses=len({email.lower() for _, email in reached}),
        out_of_reach=tuple(name for pk, name, _ in customers if pk not in have),
        security_only=only,
        is_public=targets.is_public(state, policy),
    )


def _said(ref: str) -> list[tuple[str, Mapping[str, Any], str]]:
    """What was noted with ticked steps, and the causes that were named, oldest first."""
    rows = EntryRow.objects.filter(stream=ref, kind__in=["step_ticked", "cause_named"])
    found = rows.order_by("seq").values_list("kind", "data", "words__text")
    return [(kind, data, words or "") for kind, data, words in found]


def _runbooks(
    state: Incident,
    policy: Policy,
    named: Names,
    said: list[tuple[str, Mapping[str, Any], str]],
) -> tuple[RunbookShown, ...]:
    notes = {
        (data["runbook"], data["step"]): words
        for kind, data, words in said
        if kind == "step_ticked"
    }
    shown = []
    for progress in state.runbooks:
        book = policy.runbook(progress.slug)
        done = {step.number: step for step in progress.done}
        steps = []
        for number, text in enumerate(book.steps, 1):
            ticked = done.get(number)
            steps.append(
                StepShown(
                    number=number,
                    text=text,
                    is_now=number == progress.now,
                    done_by=named[ticked.by] if ticked else "",
                    done_at=ticked.at if ticked else None,
                    note=notes.get((progress.slug, number), ""),
                )
            )
        shown.append(
            RunbookShown(
                slug=book.slug,
                name=book.name,
                clause=book.clause,
                steps=tuple(steps),
                done=len(done),
            )
        )
    return tuple(shown)


def _other_runbooks(state: Incident, policy: Policy) -> tuple[Runbook, ...]:
    """Those not started: the ones that the issue types suggest first."""
    started = {book.slug for book in state.runbooks}
    suggested = [policy.issue_type(slug).runbook for slug in state.types]
    slugs = [*(slug for slug in suggested if slug), *policy.runbooks]
    return tuple(policy.runbooks[s] for s in dict.fromkeys(slugs) if s not in started)


def _triage(case: CaseRow | None) -> Mapping[str, Any]:
    if case is None:
        return {}
    opened = EntryRow.objects.filter(stream=case.ref, seq=1).values_list("data", flat=True)
    found: Mapping[str, Any] = (opened.first() or {}).get("triage", {})
    return found


def _lacks(case: CaseRow | None, policy: Policy) -> tuple[str, ...]:
    """What the first reporter was asked for and has not told yet."""
    report = as_report(case.report, case.plan) if case else None
    return lacks(report, policy.triage.ask_for) if report else ()


def _twins(row: IncidentRow, first: CaseRow | None) -> Twins:
    """Incidents that tell of much the same: only a suggestion."""
    return twins(first.report.description if first else row.title, besides=row.number)


def _gathers(row: IncidentRow, components: tuple[Component, ...]) -> Component | None:
    slug = (row.join_key or "").removeprefix("component:")
    return next((each for each in components if row.join_key and each.slug == slug), None)


def _named(state: Incident) -> tuple[tuple[str, str], ...]:
    ids = [int(each.customer) for each in state.named]
    found = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return tuple((found.get(int(each.customer), "?"), each.evidence) for each in state.named)
