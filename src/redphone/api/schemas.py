"""What the API gives back. Moments are ISO 8601 with their offset; a null has not come yet."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

STAFF = "Only for the desk's own people; null for customers."


class Problem(Schema):
    """An error, as RFC 9457 has it, sent as application/problem+json."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Wrong] = []


class Wrong(Schema):
    """One thing that is wrong with what was sent."""

    field: str
    says: str


class Segment(Schema):
    """A stretch of time that was counted or not, and why."""

    start: datetime
    end: datetime
    counted: bool
    why: str


class Claim(Schema):
    """What one clause says of a clock: its span as written, and how its deadline comes about."""

    clause: str
    strength: str = Field(description="promise (owed to a customer) or target (our own aim)")
    says: str
    due_at: datetime
    calendar: str
    segments: list[Segment]


class Clock(Schema):
    """A promise or target, with every clause that applies. The strictest is the one that counts.

    `due_at` of a running clock is the next deadline that has not passed, or the last one; of an
    ended clock the strictest that it had.
    """

    kind: str
    lane: str = Field(description="The ladder that it belongs to, or nothing.")
    state: str = Field(description="running, warning, late, kept, missed or dropped")
    strength: str
    clauses: list[str]
    says: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    claims: list[Claim]


class Missed(Schema):
    """A deadline that passed."""

    kind: str
    clauses: list[str]
    due_at: datetime


class CustomerRef(Schema):
    slug: str
    name: str


class PersonRef(Schema):
    email: str
    name: str
    role: str
    customer: CustomerRef | None = None


class Customer(CustomerRef):
    """A customer. `account_manager` is whom a ladder's step can call for them."""

    plan: str
    account_manager: PersonRef | None


class CaseLine(Schema):
    """A case in a list."""

    ref: str
    title: str
    status: str
    plan: str | None
    customer: CustomerRef | None
    incident: str | None
    channel: str
    off_channel: bool
    issue_type: str
    opened_at: datetime
    first_response_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    declined_at: datetime | None
    next_due_at: datetime | None
    next_due_kind: str | None
    next_due_clause: str | None


class Case(CaseLine):
    """A case, with what was told and what is owed. `lacks` names what was not told yet."""

    description: str
    contact: str
    told: dict[str, str]
    lacks: list[str]
    clocks: list[Clock]
    missed: list[Missed]
    triage: dict[str, Any] | None = Field(default=None, description=STAFF)


class Cases(Schema):
    """Newest first. `next` is the `before` to go on with, null at the end; a page may be short."""

    items: list[CaseLine]
    next: str | None


class IncidentLine(Schema):
    """An incident in a list. Customers see those that they have a case in."""

    ref: str
    title: str
    status: str
    types: list[str]
    is_public: bool
    started_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    declined_at: datetime | None
    priority: int | None = Field(default=None, description=STAFF)
    manager: PersonRef | None = Field(default=None, description=STAFF)
    join_key: str | None = Field(default=None, description=STAFF)
    next_due_at: datetime | None = Field(default=None, description=STAFF)
    next_due_kind: str | None = Field(default=None, description=STAFF)
    next_due_clause: str | None = Field(default=None, description=STAFF)


class Step(Schema):
    """A step of a ladder: waiting, asked, silent or taken."""

    number: int
    teams: str
    state: str
    says: str
    at: datetime | None
    due_at: datetime | None
    how: str = Field(description="Each has to answer, called so often, in business hours only.")


class Ladder(Schema):
    lane: str
    title: str
    clause: str
    steps: list[Step]
    is_exhausted: bool


class RunbookStep(Schema):
    number: int
    text: str
    is_now: bool
    done_by: str
    done_at: datetime | None
    note: str


class Runbook(Schema):
    slug: str
    name: str
    clause: str
    steps: list[RunbookStep]


class Affected(Schema):
    """A customer who was named, beside those who reported."""

    customer: str
    evidence: str


class Incident(IncidentLine):
    """An incident. The fields that customers don't get are null for them.

    `next_update_at` is when the customers were told to expect the next update;
    `latest_next_update_at` the latest that may be named for the one after an update posted now.
    """

    confirmed_at: datetime | None
    contained_at: datetime | None
    next_update_at: datetime | None
    cases: list[str] = Field(description="The first cases; GET /cases?incident=… lists them all.")
    clocks: list[Clock]
    engaged_at: datetime | None = Field(default=None, description=STAFF)
    senior_owner: str | None = Field(default=None, description=STAFF)
    asks_again_at: datetime | None = Field(default=None, description=STAFF)
    manager_has_too: list[str] | None = Field(default=None, description=STAFF)
    cause: str | None = Field(default=None, description=STAFF)
    case_count: int | None = Field(default=None, description=STAFF)
    unanswered: int | None = Field(default=None, description=STAFF)
    ladders: list[Ladder] | None = Field(default=None, description=STAFF)
    runbooks: list[Runbook] | None = Field(default=None, description=STAFF)
    named: list[Affected] | None = Field(default=None, description=STAFF)
    owes_report: bool | None = Field(default=None, description=STAFF)
    latest_next_update_at: datetime | None = Field(default=None, description=STAFF)
    also_asked: list[str] | None = Field(
        default=None,
        description="Who else was rung and is let go: in the answer of acknowledge only.",
    )


class Incidents(Schema):
    """Newest first; see `Cases`."""

    items: list[IncidentLine]
    next: str | None


class Happening(Schema):
    """One line of a timeline. `words` are null once they were erased."""

    at: datetime
    kind: str
    who: str
    words: str | None
    next_at: datetime | None
    seq: int | None = Field(default=None, description=STAFF)
    recorded_at: datetime | None = Field(default=None, description=STAFF)
    actor: str | None = Field(default=None, description=STAFF)
    data: dict[str, Any] | None = Field(default=None, description=STAFF)


class Timeline(Schema):
    """Newest first. `next` is the `before` to go on with, null at the end."""

    stream: str
    items: list[Happening]
    next: int | None


class ReportAnswer(Schema):
    """What became of a report. Without `case` it is safe, and its case opens in a moment."""

    report: uuid.UUID
    case: str | None
    incident: str | None
    clocks: list[Clock]
    warning: Problem | None = Field(
        default=None,
        description="What could not be read, as a problem. The report was taken all the same.",
    )


class ReportState(Schema):
    report: uuid.UUID
    received_at: datetime
    case: str | None
    incident: str | None


class Component(Schema):
    slug: str
    name: str
    description: str
    state: str


class Me(PersonRef):
    """Who this token speaks for."""


class Device(Schema):
    """One way to reach somebody. `kind` is voice, sms, push, mail or app; `state` is works,
    waits (for its code) or off (and `why`)."""

    id: int
    kind: str
    name: str
    address: str
    state: str
    why: str
    heard_at: datetime | None = Field(description="When it last confirmed that something arrived.")


Problem.model_rebuild()
