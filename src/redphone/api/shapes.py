"""From what the read doors give to what the API says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from redphone.api import schemas
from redphone.core import clocks as core
from redphone.core.stream import Mark, moment
from redphone.records.chain import DIGEST
from redphone.records.models import CaseRow, Customer, IncidentRow, Person
from redphone.records.queries.api import SaidToAll, SharedIncident
from redphone.records.queries.cases import CasePage
from redphone.records.queries.clocks import ClockShown
from redphone.records.queries.customer import CustomersCase, Said
from redphone.records.queries.incidents import Room, latest_next
from redphone.records.queries.timelines import Timeline

NOT_TOLD = frozenset({"closest_to"})
"""What a report's fields hold beside the things of FAQ-6."""


def customer_ref(row: Customer | None) -> schemas.CustomerRef | None:
    return schemas.CustomerRef(slug=row.slug, name=row.name) if row else None


def person_ref(person: Person | None) -> schemas.PersonRef | None:
    if person is None:
        return None
    return schemas.PersonRef(email=person.email, name=person.name, role=person.role)


def claim(each: core.Claim) -> schemas.Claim:
    return schemas.Claim(
        clause=each.clause,
        strength=each.strength.value,
        says=each.says,
        due_at=each.due_at,
        calendar=each.calendar,
        segments=[
            schemas.Segment(start=part.start, end=part.end, counted=part.counted, why=part.why)
            for part in each.segments
        ],
    )


def shown_clock(each: ClockShown) -> schemas.Clock:
    """A clock from its deadline row, as the desk's own people see it."""
    return schemas.Clock(
        kind=each.kind,
        lane=each.lane,
        state=each.state,
        strength=each.strength,
        clauses=list(each.clauses),
        says=each.says,
        started_at=each.started_at,
        due_at=each.due_at,
        ended_at=each.ended_at,
        claims=[claim(one) for one in each.claims],
    )


def running_clock(each: core.Clock, at: datetime) -> schemas.Clock:
    """A clock from the core, as a customer sees it: only what is promised to them."""
    due_at = each.due_at or each.claims[-1].due_at
    deciding = [one for one in each.claims if one.due_at == due_at]
    if each.due_at is None or each.due_at <= at:
        state = "late"
    else:
        is_near = each.warn_at is None or each.warn_at <= at
        state = "warning" if is_near else "running"
    is_promise = any(one.strength.value == "promise" for one in deciding)
    return schemas.Clock(
        kind=each.kind.value,
        lane=each.lane,
        state=state,
        strength="promise" if is_promise else "target",
        clauses=list(dict.fromkeys(one.clause for one in deciding)),
        says=deciding[0].says,
        started_at=each.started_at,
        due_at=due_at,
        ended_at=None,
        claims=[claim(one) for one in each.claims],
    )


def missed(marks: Iterable[Mark]) -> list[schemas.Missed]:
    """Deadlines that passed, each once with all of its clauses."""
    found: dict[tuple[str, datetime], list[str]] = {}
    for mark in marks:
        found.setdefault((mark.clock.partition("|")[0], mark.due_at), []).append(mark.clause)
    return [
        schemas.Missed(kind=kind, clauses=clauses, due_at=due_at)
        for (kind, due_at), clauses in found.items()
    ]


def case_line(row: CaseRow) -> schemas.CaseLine:
    return schemas.CaseLine(**_case(row))


def _case(row: CaseRow) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "title": row.title,
        "status": row.status,
        "plan": row.plan,
        "customer": customer_ref(row.customer),
        "incident": row.incident.ref if row.incident else None,
        "channel": row.channel,
        "off_channel": row.off_channel,
        "issue_type": row.issue_type,
        "opened_at": row.opened_at,
        "first_response_at": row.first_response_at,
        "resolved_at": row.resolved_at,
        "closed_at": row.closed_at,
        "declined_at": row.declined_at,
        "next_due_at": row.next_due_at,
        "next_due_kind": row.next_due_kind,
        "next_due_clause": row.next_due_clause,
    }


def case_for_staff(page: CasePage) -> schemas.Case:
    row = page.row
    fields = row.report.fields
    told = {k: str(v) for k, v in fields.items() if v and k not in NOT_TOLD}
    return schemas.Case(
        **_case(row),
        description=row.report.description,
        contact=row.report.contact,
        told=told,
        lacks=list(page.lacks),
        clocks=[shown_clock(each) for each in page.clocks],
        missed=missed(page.state.missed),
        triage=dict(page.triage),
    )


def case_for_customer(row: CaseRow, own: CustomersCase, at: datetime) -> schemas.Case:
    return schemas.Case(
        **_case(row),
        description=own.report.description,
        contact=own.report.contact,
        told={k: v for k, v in own.told.items() if v and k not in NOT_TOLD},
        lacks=list(own.lacks),
        clocks=[running_clock(each, at) for each in own.clocks],
        missed=[
            schemas.Missed(kind=each.kind, clauses=list(each.clauses), due_at=each.due_at)
            for each in own.missed
        ],
        triage=None,
    )


def incident_line(row: IncidentRow) -> schemas.IncidentLine:
    return schemas.IncidentLine(**_incident(row))


def incident_line_for_customer(row: IncidentRow, title: str) -> schemas.IncidentLine:
    return schemas.IncidentLine(**_incident_for_all(row) | {"title": title})


def _incident_for_all(row: IncidentRow) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "status": row.status,
        "types": list(row.types),
        "is_public": row.is_public,
        "started_at": row.started_at,
        "opened_at": row.opened_at,
        "resolved_at": row.resolved_at,
        "closed_at": row.closed_at,
        "declined_at": row.declined_at,
    }


def _incident(row: IncidentRow) -> dict[str, Any]:
    return _incident_for_all(row) | {
        "title": row.title,
        "priority": row.priority,
        "manager": person_ref(row.manager),
        "join_key": row.join_key,
        "next_due_at": row.next_due_at,
        "next_due_kind": row.next_due_kind,
        "next_due_clause": row.next_due_clause,
    }


def incident_for_staff(room: Room, at: datetime) -> schemas.Incident:
    state = room.state
    return schemas.Incident(
        **_incident(room.row),
        confirmed_at=state.confirmed_at,
        contained_at=state.contained_at,
        next_update_at=state.said_next_at,
        cases=[row.ref for row in room.cases],
        clocks=[shown_clock(each) for each in room.clocks],
        engaged_at=state.engaged_at,
        senior_owner=room.names[state.senior] if state.senior else None,
        asks_again_at=room.asks_again_at,
        manager_has_too=list(room.beside),
        cause=room.cause,
        case_count=room.count.all,
        unanswered=room.count.unanswered,
        ladders=[_ladder(each) for each in room.ladders],
        runbooks=[_runbook(each) for each in room.runbooks],
        named=[schemas.Affected(customer=name, evidence=how) for name, how in room.named],
        owes_report=room.owes_report,
        latest_next_update_at=latest_next(state, room.policy, at),
    )


def incident_for_customer(shared: SharedIncident, at: datetime) -> schemas.Incident:
    state = shared.state
    return schemas.Incident(
        **_incident_for_all(shared.row) | {"title": shared.title},
        confirmed_at=state.confirmed_at,
        contained_at=state.contained_at,
        next_update_at=state.said_next_at,
        cases=list(shared.cases),
        clocks=[running_clock(each, at) for each in shared.clocks],
    )


def _ladder(each: Any) -> schemas.Ladder:
    steps = [
        schemas.Step(
            number=step.number,
            teams=step.teams,
            state=step.state,
            says=step.says,
            at=step.at,
            due_at=step.due_at,
            how=step.how,
        )
        for step in each.steps
    ]
    return schemas.Ladder(
        lane=each.lane,
        title=each.title,
        clause=each.clause,
        steps=steps,
        is_exhausted=each.is_exhausted,
    )


def _runbook(each: Any) -> schemas.Runbook:
    steps = [
        schemas.RunbookStep(
            number=step.number,
            text=step.text,
            is_now=step.is_now,
            done_by=step.done_by,
            done_at=step.done_at,
            note=step.note,
        )
        for step in each.steps
    ]
    return schemas.Runbook(slug=each.slug, name=each.name, clause=each.clause, steps=steps)


def timeline_for_staff(found: Timeline) -> schemas.Timeline:
    items = [
        schemas.Happening(
            at=each.at,
            kind=each.kind,
            who=found.names[each.actor],
            words=each.words,
            next_at=moment(each.data["next_at"]) if each.data.get("next_at") else None,
            seq=each.seq,
            recorded_at=each.recorded_at,
            actor=each.actor,
            data={name: value for name, value in each.data.items() if name != DIGEST},
        )
        for each in found.entries
    ]
    return schemas.Timeline(stream=found.stream, items=items, next=found.older)


def said_in_case(stream: str, said: Iterable[Said]) -> schemas.Timeline:
    """What passed between the desk and a customer: all of it, so nothing is left to go on to."""
    items = [
        schemas.Happening(
            at=each.at, kind=each.kind, who=each.who, words=each.words, next_at=each.next_at
        )
        for each in said
    ]
    return schemas.Timeline(stream=stream, items=items, next=None)


def said_to_all(stream: str, said: Iterable[SaidToAll]) -> schemas.Timeline:
    items = [
        schemas.Happening(
            at=each.at,
            kind=each.kind,
            who=each.who,
            words=each.words,
            next_at=moment(each.next_at) if each.next_at else None,
        )
        for each in said
    ]
    return schemas.Timeline(stream=stream, items=items, next=None)
