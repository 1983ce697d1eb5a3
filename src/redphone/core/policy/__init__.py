"""The policy as values: what is promised, to whom, by which clause.

Every clock, page, message and public sentence is written from these values. They are read from
the policy file by `policy.file`; nothing here is a number of our own.

Source: POL-1 to POL-10, EMG-1 to EMG-5, RUN-1 to RUN-7, FAQ-1 to FAQ-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from redphone.core.spans import Span, SpanUnit

NOT_AN_EMERGENCY = "not-an-emergency"
AN_EMERGENCY = "an-emergency"
"""What speaks for an emergency without saying of which type."""
"""What a `TriageRule` speaks for when its words speak against urgency (FAQ-1, POL-10)."""

OTHER_EMERGENCY = "other-emergency"
"""The issue type of what is urgent and fits none of the five (clauses.md, row 11)."""


class PolicyError(Exception):
    """Something asked of the policy that it does not say."""


class UnknownIssueType(PolicyError):
    """The policy has no such issue type. Choose one that its file names."""


class UnknownRunbook(PolicyError):
    """The policy has no such runbook. Choose one that its file names."""


class Strength(StrEnum):
    """Whether a miss is told to the customer. Source: clauses.md, row 3."""

    PROMISE = "promise"
    TARGET = "target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One promise or target with the clause that makes it.

    `outside_business_hours` is the span for what arrives while the desk is closed; the deadline is
    then the earlier of that span and `within` counted from the next opening (FAQ-3). `source_says`
    keeps the source's words where the number is our reading of them.
    """

    within: Span
    clause: str
    strength: Strength
    outside_business_hours: Span | None = None
    source_says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """Updates that are owed again and again until resolution.

    `by` is "direct" (any verified way to the contact), "email" or "status page"; `to` says who is
    told, in words. Source: POL-4, FAQ-3, EMG-1 to EMG-5.
    """

    every: Span
    by: str
    to: str
    clause: str
    strength: Strength
    source_says: str = ""


class Named(StrEnum):
    """In which way somebody is named. SENIOR: the seniors on call, or one by their actor; no step
    names them, the rule of POL-1 does."""

    TEAM = "team"
    PERSON = "person"
    ROLE = "role"
    ACCOUNT_MANAGER = "account_manager"
    SENIOR = "senior"


ROLES = {
    "responder": "responders",
    "incident_manager": "incident managers",
    "support_manager": "support managers",
    "executive": "executives",
    "admin": "admins",
}
"""The roles that a step may name, and what everyone who has one is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """Somebody whom a step names: a team, a person by e-mail address, a role, or whoever looks
    after the customer."""

    kind: Named
    name: str

    def __str__(self) -> str:
        if self.kind is Named.ACCOUNT_MANAGER:
            return "the account manager"
        return ROLES.get(self.name, self.name) if self.kind is Named.ROLE else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Who is called together when a ladder reaches this step. Source: EMG-1 to EMG-5.

    `people` are e-mail addresses, `roles` the desk's roles; `account_manager` stands for those of
    the affected customers. With `all_must_acknowledge` it is answered when each of them has. It
    is called `repeat` times more before the ladder goes on. One that is called only in business
    hours waits for the next opening: only where the policy says so.
    """

    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    account_manager: bool = False
    all_must_acknowledge: bool = False
    repeat: int = 0
    only_in_business_hours: bool = False

    @property
    def callees(self) -> tuple[Callee, ...]:
        """Each whom the step names, teams first."""
        customer = (Callee(kind=Named.ACCOUNT_MANAGER, name=""),) if self.account_manager else ()
        return (
            *(Callee(kind=Named.TEAM, name=team) for team in self.teams),
            *(Callee(kind=Named.PERSON, name=email) for email in self.people),
            *(Callee(kind=Named.ROLE, name=role) for role in self.roles),
            *customer,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the step names, in words."""
        return tuple(str(callee) for callee in self.callees)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageRule:
    """Words that speak for an issue type, or against urgency, and how loudly.

    `phrase` is matched as whole words, whatever the case; a word that ends in `*` is a beginning.
    `speaks_for` is the slug of an issue type, `AN_EMERGENCY` or `NOT_AN_EMERGENCY`. `weight` is 1
    for a hint and 5 for words that nearly settle it. With `together_with` the phrase counts only
    beside a word of each of these groups, in the same clause. A `topic` says which type it would
    be, and nothing of urgency. `runbook` names the runbook these words suggest, where it isn't
    the type's own.
    Source: FAQ-1, POL-10, EMG-1 to EMG-5.
    """

    phrase: str
    speaks_for: str
    weight: int
    clause: str
    runbook: str | None = None
    together_with: tuple[str, ...] = ()
    topic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WordGroup:
    """Words that mean much the same, under a name that rules can ask for beside their own."""

    name: str
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Words that take back what is said beside them in the same clause.

    `says` is what they make of it, for the page: "is said to be over". With `before`, they take
    back only what follows at once ("no outage"). They don't when a word of `unless` stands by.
    `weight` is how loudly they speak against an emergency themselves, 0 for not at all.
    Source: POL-10.
    """

    says: str
    clause: str
    weight: int
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()
    before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A fact of a report beside its words that speaks: a monitor's severity, the door it took.

    `field` is `channel`, `plan`, `asks` ("a question", where there is a question mark) or the name
    of one of the report's fields, such as a monitor's `severity`.
    """

    field: str
    values: tuple[str, ...]
    speaks_for: str
    weight: int
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyKind:
    """A kind of emergency that the source names, and the issue type that handles it.

    `issue_type` is None where no type of the table is meant for it. Source: FAQ-1.
    """

    name: str
    clause: str
    issue_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageRules:
    """What decides whether a report is an emergency. Source: POL-10, FAQ-1, FAQ-6.

    `ask_for` is in the order of FAQ-6; `rules` are all rules of all types and of
    `NOT_AN_EMERGENCY`, in the file's order.
    """

    confirm_within: Target
    emergencies: tuple[EmergencyKind, ...]
    not_emergencies: tuple[str, ...]
    not_emergencies_clause: str
    ask_for: tuple[str, ...]
    ask_for_clause: str
    rules: tuple[TriageRule, ...]
    groups: tuple[WordGroup, ...] = ()
    turns: tuple[Turn, ...] = ()
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueType:
    """A row of the emergency table. Source: EMG-1 to EMG-5; POL-2 for other emergencies.

    `beside` are paged together with the first step, until the cause is known to be outside.
    `updates` go to the affected customers; `status_page` is None when the type is never public
    unless someone decides so. `plans`, when not empty, are the only plans that `resolve_within`
    and `contain_within` are for: the type is an emergency for every plan all the same
    (clauses.md, row 10). `runbook` is the one to begin with; any other may be attached.
    `still_on_it_after` is the type's own, where it is not the ladder's.
    """

    slug: str
    clause: str
    name: str
    definition: str
    respond_within: Target
    steps: tuple[EscalationStep, ...]
    beside: tuple[str, ...] = ()
    updates: tuple[Cadence, ...] = ()
    status_page: Cadence | None = None
    resolve_within: Target | None = None
    contain_within: Target | None = None
    runbook: str | None = None
    post_incident_report: bool = False
    notification_regulations: bool = False
    plans: tuple[str, ...] = ()
    words: tuple[TriageRule, ...] = ()
    still_on_it_after: Span | None = None

    def is_for(self, plan: str) -> bool:
        """Whether the table's resolution and containment targets speak of this plan."""
        return not self.plans or plan in self.plans


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationReview:
    """How a customer who isn't satisfied is heard. Source: FAQ-8, POL-7.

    `review_within` is the promise; `while_open` the desk's own aim while the emergency is open.
    """

    by: tuple[str, ...]
    review_within: Target
    while_open: Target | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What customers of one plan are owed. Source: FAQ-2, FAQ-3, FAQ-7, FAQ-8."""

    slug: str
    name: str
    channels: tuple[str, ...]
    channels_clause: str
    first_response: tuple[Target, ...]
    updates: tuple[Cadence, ...] = ()
    post_incident_report: Target | None = None
    escalation: EscalationReview | None = None


HALF_AN_HOUR = Span(unit=SpanUnit.WALL, length=timedelta(minutes=30))


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRules:
    """When a ladder climbs. The source draws arrows and no times (clauses.md, row 16).

    A page without an answer for `unanswered_after` goes to the next step. The last step is called
    at `no_progress_at`, a share of the resolution target between 0 and 1. The ladder is walked
    `rounds` times before it is declared exhausted. `second_step` says what calls the second step.
    Whoever has acknowledged and does nothing for `still_on_it_after` is asked whether they are
    still on it. `teams` are all that a step may name, or none when the file does not list them.
    `clause` is None while no clause of the source gives these numbers.
    """

    unanswered_after: Span
    no_progress_at: float
    still_on_it_after: Span = HALF_AN_HOUR
    teams: tuple[str, ...] = ()
    rounds: int = 3
    second_step: str = "on confirmation"
    clause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursSource:
    """Business hours as the file writes them; `records.calendars` turns them into a calendar.

    `week` is seven tuples, Monday first, of (opens, closes); a `closes` of 00:00 is the end of
    the day. `holidays` is a country, or a country and part of it ("US", "US-NY"), or "" for none;
    `closed_on` and `open_on` are days added to and taken from its holidays. `clause` is None
    while the source names business hours and defines none (clauses.md, row 6).
    """

    name: str
    time_zone: str
    week: tuple[tuple[tuple[time, time], ...], ...]
    holidays: str = ""
    closed_on: tuple[date, ...] = ()
    open_on: tuple[date, ...] = ()
    clause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coaching:
    """When a talk about priority levels may be offered: an input to no clock. Source: FAQ-5."""

    after: int
    within: Span
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRules:
    """What a post-incident report holds and what calls for one. Source: POL-5, FAQ-7."""

    sections: tuple[str, ...]
    after_missed_resolution: bool
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """Numbered steps. Source: RUN-1 to RUN-7."""

    slug: str
    clause: str
    name: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that is promised, as one value, pinned to each case and incident by `digest`.

    `warn_share`: a clock warns when this share of its span is left, but never with less than
    `warn_at_least` or more than `warn_at_most` to go. `plain_statements` are sentences of the
    source without a number, as (clause, sentence), for the customers' page. `chat_pages_after`: a
    chat nobody picked up for so long pages like any report. `default_plan` is what an unknown
    caller gets until known. `status_page_default` is the cadence of an incident that someone
    decides to make public although its type is not. `handled_by` says in words who answers for
    urgent issues (POL-1, FAQ-4). `digest` is the SHA-256 of the file's text.
    """

    name: str
    version: str
    company: str
    hotline: str
    email: str
    escalations: str
    hours: HoursSource
    triage: TriageRules
    coaching: Coaching
    plans: Mapping[str, Plan]
    default_plan: str
    urgent_updates: tuple[Cadence, ...]
    incident_manager: Target
    executive_review: Target | None
    ladder: LadderRules
    issue_types: Mapping[str, IssueType]
    runbooks: Mapping[str, Runbook]
    report: ReportRules
    reopen_within: Span
    warn_share: float
    warn_at_least: Span
    warn_at_most: Span
    chat_pages_after: Span | None = None
    status_page_default: Cadence | None = None
    hotline_clause: str = ""
    handled_by: str = ""
    handled_by_clause: str = ""
    plain_statements: tuple[tuple[str, str], ...] = ()
    digest: str = ""

    def issue_type(self, slug: str) -> IssueType:
        """The issue type of that slug.

        Raises:
            UnknownIssueType: the policy has none.
        """
        try:
            return self.issue_types[slug]
        except KeyError:
            known = ", ".join(self.issue_types)
            raise UnknownIssueType(
                f'This policy has no issue type "{slug}". It has {known}.'
            ) from None

    def plan(self, slug: str | None) -> Plan:
        """The plan of that slug; an unknown one or None is on the default plan's clocks.

        Source: clauses.md, row 8: an unknown caller gets the Enterprise clock until known.
        """
        return self.plans.get(slug or "", self.plans[self.default_plan])

    def still_on_it_after(self, types: Iterable[str]) -> timedelta:
        """How long whoever has an incident of these types may do nothing before they are asked."""
        own = [self.issue_type(slug).still_on_it_after for slug in types]
        return min((span or self.ladder.still_on_it_after).length for span in own)

    def runbook(self, slug: str) -> Runbook:
        """The runbook of that slug.

        Raises:
            UnknownRunbook: the policy has none.
        """
        try:
            return self.runbooks[slug]
        except KeyError:
            known = ", ".join(self.runbooks)
            raise UnknownRunbook(f'This policy has no runbook "{slug}". It has {known}.') from None
