"""What people do to an incident: each verb looks at its state and gives back one entry."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from redphone.core.asks import lanes_heard
from redphone.core.incident import REOPEN_WITHIN, Incident
from redphone.core.policy import OTHER_EMERGENCY
from redphone.core.stream import DeskError, Entry, is_person, stamp

RULES = 2
"""The rules that a new incident is opened under; one that is open keeps its own."""


class IncidentError(DeskError):
    """The incident can't do that."""


class IncidentEnded(IncidentError):
    """This incident is over. Reopen it within 24 hours of its resolution, or open a new one."""


class AlreadyAcknowledged(IncidentError):
    """Nothing is ringing any more: someone else has this incident. Its page shows who."""


class NothingRings(IncidentError):
    """Nothing rings for you there: you have said no already, or were not asked."""


class NotAPerson(IncidentError):
    """Only a person can do this. Sign in, or use a token that names a person."""


class NotOffered(IncidentError):
    """Nobody has offered you this incident. Ask its incident manager to hand it over to you."""


class ManagedBySomeoneElse(IncidentError):
    """This incident has an incident manager. Ask them to hand it over, or wait for their offer."""


class NotTheManager(IncidentError):
    """Only its incident manager can hand the incident over. Take it first if it has none."""


class WordsMissing(IncidentError):
    """Something has to be written here: a sentence that says what happened, or why."""


class StepUnknown(IncidentError):
    """That runbook has no such step on this incident. Start the runbook first."""


class StepDoneAlready(IncidentError):
    """Someone has already ticked this step. Its note is on the timeline."""


class RunbookStarted(IncidentError):
    """This runbook is already running on this incident. Tick its steps."""


class NothingToContain(IncidentError):
    """This incident is already contained. Resolve it when the trouble is gone."""


class TooLateToReopen(IncidentError):
    """More than 24 hours have passed since its resolution. Report a new emergency instead."""


class NotResolved(IncidentError):
    """The incident is still open. Resolve it first."""


class NothingToReopen(NotResolved):
    """Only what was resolved comes back: this is open, or was no emergency. Report a new one."""


class ManagerAlready(IncidentError):
    """This person is its incident manager already. Offer it to somebody else to hand it over."""


class ManagesAnother(IncidentError):
    """This person is the incident manager of another open emergency. One each: hand that one
    over first, or say why they should have both."""


class NotSenior(IncidentError):
    """Only somebody marked as senior can be the senior owner. Ask one of them to accept it."""


class SeniorAlready(IncidentError):
    """A senior has accepted this incident. Its page shows who."""


class AlreadyNamed(IncidentError):
    """That customer is already on the list of the affected."""


class WhyMissing(IncidentError):
    """This changes what the incident is taken for. Say why."""


class TypeMissing(IncidentError):
    """An incident has at least one issue type. Choose the nearest, or Other Emergency."""


class GathersByKey(IncidentError):
    """Reports join this incident by a key of their sender. Leave that as it is."""


class ReportNotDue(IncidentError):
    """The post-incident report is written once the incident is resolved, and sent once."""


def require_open(incident: Incident) -> None:
    if not incident.is_open:
        raise IncidentEnded


def require_person(by: str) -> None:
    if not is_person(by):
        raise NotAPerson


def require_words(words: str) -> None:
    if not words.strip():
        raise WordsMissing


def open_incident(
    *,
    types: tuple[str, ...],
    plan: str,
    at: datetime,
    started_at: datetime,
    actor: str,
    hold: timedelta = timedelta(),
) -> Entry:
    """A new trouble. `started_at` is the earliest of detection and first report.

    `hold` is how long its first page waits for somebody to pick up the chat that it came by.
    """
    each_once = list(dict.fromkeys(types))
    data: dict[str, Any] = {
        "types": each_once,
        "started_at": stamp(started_at),
        "plans": [plan],
        "rules": RULES,
    }
    if hold:
        data["held_until"] = stamp(at + hold)
    return Entry(kind="opened", at=at, actor=actor, data=data)


def join_plan(incident: Incident, *, plan: str, at: datetime, actor: str) -> tuple[Entry, ...]:
    """A case of a plan that no affected customer had so far: its promises hold from here.

    Empty when the incident knows the plan, so that a storm of reports writes nothing here.
    """
    if plan in incident.plans:
        return ()
    return (Entry(kind="plan_joined", at=at, actor=actor, data={"plan": plan}),)


def leave_plan(
    incident: Incident, *, still: Collection[str], at: datetime, actor: str
) -> tuple[Entry, ...]:
    """The plans that no affected customer has any more: what only they were promised is dropped.

    `still` are the plans of all the affected, as they are known now. An unknown caller stands for
    the strictest plan; once it is known whose case it is, only that plan's promises hold. Empty
    when `still` is, since nobody knows then who is affected.

    Source: POL-6, EMG-4, EMG-5, FAQ-7.
    """
    gone = [plan for plan in incident.plans if plan not in still] if still else []
    return tuple(Entry(kind="plan_left", at=at, actor=actor, data={"plan": plan}) for plan in gone)


def acknowledge(incident: Incident, *, by: str, at: datetime) -> Entry:
    """A responder takes it. Ends the ringing in each ladder where they were asked.

    Somebody who was not asked answers for all ladders that ring. It also says "yes, still on it"
    when that was asked.

    Raises:
        IncidentEnded: it is over.
        AlreadyAcknowledged: nothing rings for this person.
        NotAPerson: machines don't acknowledge.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    require_open(incident)
    require_person(by)
    lanes = lanes_heard(incident.asks, by)
    if not lanes and incident.engaged_at is not None and incident.asked_again_at is None:
        raise AlreadyAcknowledged
    return Entry(kind="acknowledged", at=at, actor=by, data={"lanes": lanes})


def decline_page(incident: Incident, *, by: str, at: datetime) -> Entry:
    """Whoever is rung can't come. The next step is called at once, unless others of theirs ring.

    It is said for each ladder that rings for them. They may take it all the same, later.

    Raises:
        IncidentEnded: it is over.
        NothingRings: nothing rings for this person.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    require_open(incident)
    require_person(by)
    since = incident.ladder_from
    lanes = sorted({ask.lane for ask in incident.asks if ask.at >= since and ask.rings(by)})
    if not lanes:
        raise NothingRings
    return Entry(kind="declined_page", at=at, actor=by, data={"lanes": lanes})


def confirm(
    incident: Incident, *, types: tuple[str, ...], by: str, why: str, at: datetime
) -> Entry:
    """A person confirms that it is an emergency, or changes its issue types. Clocks follow.

    Raises:
        IncidentEnded: it is over.
        TypeMissing: no issue type was given.
        WhyMissing: its types change, and nobody says why.
        NotAPerson: the desk only suggests.

    Source: POL-10, FAQ-1.
    """
    require_open(incident)
    require_person(by)
    if not types:
        raise TypeMissing
    each_once = list(dict.fromkeys(types))
    if set(each_once) != set(incident.types) and not why.strip():
        raise WhyMissing
    return Entry(kind="confirmed", at=at, actor=by, words=why, data={"types": each_once})


def sort(
    incident: Incident, *, issue_type: str, at: datetime, actor: str, is_rehearsal: bool = False
) -> tuple[Entry, ...]:
    """Say of what type it is, once more has been told than when it opened: a key, first words.

    Only what was taken for no type in particular is sorted, and only until a person has decided.
    A rehearsal never stands on the status page by itself.

    Source: FAQ-1, POL-10.
    """
    is_vague = incident.types == (OTHER_EMERGENCY,) and incident.is_open
    decided = incident.confirmed_at is not None or incident.public_by_hand is not None
    if not is_vague or decided or issue_type == OTHER_EMERGENCY:
        return ()
    data: dict[str, Any] = {"types": [issue_type]}
    if is_rehearsal:
        data["kept_off_page"] = True
    return (Entry(kind="sorted", at=at, actor=actor, data=data),)


def decline(
    incident: Incident, *, by: str, reason: str, at: datetime, into: str | None = None
) -> Entry:
    """It was no emergency, or no trouble of its own: every clock ends, with the reason.

    `into` names the incident that its last case has joined.

    Raises:
        IncidentEnded: it is already over.
        WordsMissing: the customers are owed a reason.

    Source: POL-10, FAQ-5.
    """
    require_open(incident)
    require_person(by)
    require_words(reason)
    return Entry(kind="declined", at=at, actor=by, words=reason, data={"into": into})


def publish(incident: Incident, *, by: str, is_public: bool, at: datetime, why: str) -> Entry:
    """Someone decides whether it stands on the public status page.

    Source: EMG-1, EMG-2, EMG-4.
    """
    require_open(incident)
    require_person(by)
    require_words(why)
    data = {"is_public": is_public}
    return Entry(kind="published", at=at, actor=by, words=why, data=data)


def take(
    incident: Incident, *, by: str, at: datetime, beside: Collection[str] = (), why: str = ""
) -> Entry:
    """A person accepts to be the incident manager: it has none, or it was offered to them.

    `beside` are the other open emergencies that they manage: one each, unless they say why.

    Raises:
        IncidentEnded: it is over.
        ManagedBySomeoneElse: it has a manager who has not offered it to this person.
        ManagerAlready: this person has accepted it before.
        ManagesAnother: they have one already, and nobody says why they should have two.

    Source: POL-3, FAQ-4; clauses.md, row 17.
    """
    require_open(incident)
    require_person(by)
    if incident.manager == by:
        raise ManagerAlready
    if incident.manager is not None and incident.offered_to != by:
        raise ManagedBySomeoneElse
    data = {"from": incident.manager} | _one_each(beside, why)
    return Entry(kind="manager_accepted", at=at, actor=by, words=why, data=data)


def _one_each(beside: Collection[str], why: str) -> dict[str, Any]:
    """What an entry says of the other emergencies of an incident manager."""
    if beside and not why.strip():
        raise ManagesAnother(f"It is {', '.join(sorted(beside))}.")
    return {"beside": sorted(beside)} if beside else {}


def offer(
    incident: Incident,
    *,
    to: str,
    by: str,
    note: str,
    at: datetime,
    beside: Collection[str] = (),
) -> Entry:
    """The manager asks somebody to take over, and stays the manager until they accept.

    `beside` are the other open emergencies that they manage: the note then has to say why.

    Raises:
        IncidentEnded: it is over.
        NotTheManager: somebody else manages it.
        ManagerAlready: it is offered to who manages it.
        ManagesAnother: it is offered to who manages another, and nobody says why.

    Source: POL-3, FAQ-4; clauses.md, row 17.
    """
    require_open(incident)
    require_person(by)
    require_person(to)
    if incident.manager not in {None, by}:
        raise NotTheManager
    if incident.manager == to:
        raise ManagerAlready
    data = {"to": to} | _one_each(beside, note)
    return Entry(kind="manager_offered", at=at, actor=by, words=note, data=data)


def own(incident: Incident, *, by: str, is_senior: bool, at: datetime) -> Entry:
    """Somebody marked as senior accepts to own it, whoever has taken the call.

    Raises:
        IncidentEnded: it is over.
        NotSenior: they are not marked as senior.
        SeniorAlready: one has accepted it before.

    Source: POL-1, FAQ-4; clauses.md, row 15.
    """
    require_open(incident)
    require_person(by)
    if not is_senior:
        raise NotSenior
    if incident.senior is not None:
        raise SeniorAlready
    return Entry(kind="senior_accepted", at=at, actor=by, data={"how": "accepted"})


def refuse(incident: Incident, *, by: str, note: str, at: datetime) -> Entry:
    """Whom it was offered to says no.

    Raises:
        NotOffered: it was not offered to this person.
    """
    require_open(incident)
    if incident.offered_to != by:
        raise NotOffered
    return Entry(kind="manager_declined", at=at, actor=by, words=note)


def note(
    incident: Incident, *, by: str, words: str, at: datetime, through: str = "", marked: str = ""
) -> Entry:
    """A line for the timeline that only the desk sees.

    `through` is the channel that it came by, "" for the incident's page; `marked` is `auto_reply`
    for what their answering machine said.

    Raises:
        WordsMissing: nothing was written.
    """
    require_person(by)
    require_words(words)
    data = {name: said for name, said in (("through", through), ("marked", marked)) if said}
    return Entry(kind="noted", at=at, actor=by, words=words, data=data)


def name_cause(
    incident: Incident, *, by: str, words: str, is_outside: bool, at: datetime
) -> Entry:
    """The cause is known. Outside means a provider's: who was paged beside is let go.

    Source: EMG-3, RUN-4.
    """
    require_open(incident)
    require_person(by)
    require_words(words)
    data = {"is_outside": is_outside}
    return Entry(kind="cause_named", at=at, actor=by, words=words, data=data)


def start_runbook(incident: Incident, *, slug: str, steps: int, by: str, at: datetime) -> Entry:
    """Attach a runbook. Any one goes with any incident, several at once.

    Raises:
        RunbookStarted: it is already running here.

    Source: RUN-1, RUN-2, RUN-3, RUN-4, RUN-5, RUN-6, RUN-7.
    """
    require_open(incident)
    if any(book.slug == slug for book in incident.runbooks):
        raise RunbookStarted
    data = {"runbook": slug, "steps": steps}
    return Entry(kind="runbook_started", at=at, actor=by, data=data)


def tick(incident: Incident, *, slug: str, step: int, by: str, words: str, at: datetime) -> Entry:
    """A step is done: by whom, when, and what they noted.

    Raises:
        StepUnknown: the runbook is not running here, or has no such step.
        StepDoneAlready: it was ticked before.
    """
    require_person(by)
    book = next((book for book in incident.runbooks if book.slug == slug), None)
    if book is None or not 1 <= step <= book.steps:
        raise StepUnknown
    if book.is_done(step):
        raise StepDoneAlready
    data = {"runbook": slug, "step": step}
    return Entry(kind="step_ticked", at=at, actor=by, words=words, data=data)


def name_customer(
    incident: Incident,
    *,
    customer: str,
    evidence: str,
    plan: str,
    by: str,
    words: str,
    at: datetime,
) -> Entry:
    """Put a customer on the list of the affected, with the evidence: `seen` or `declared`.

    Raises:
        AlreadyNamed: the customer is on the list.

    Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    require_person(by)
    if incident.declined_at:
        raise IncidentEnded
    if any(named.customer == customer for named in incident.named):
        raise AlreadyNamed
    data = {"customer": customer, "evidence": evidence, "plan": plan}
    return Entry(kind="customer_named", at=at, actor=by, words=words, data=data)


def contain(incident: Incident, *, by: str, evidence: str, at: datetime) -> Entry:
    """A named person states, with evidence, that the damage spreads no further.

    Raises:
        NothingToContain: it was contained before.
        WordsMissing: there is no evidence.

    Source: EMG-2.
    """
    require_open(incident)
    require_person(by)
    require_words(evidence)
    if incident.contained_at is not None:
        raise NothingToContain
    return Entry(kind="contained", at=at, actor=by, words=evidence)


def resolve(incident: Incident, *, by: str, words: str, at: datetime) -> Entry:
    """Service is restored, and a person says how that was verified.

    Raises:
        IncidentEnded: it is already over.
        WordsMissing: the customers are owed a sentence.

    Source: POL-8, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    require_open(incident)
    require_person(by)
    require_words(words)
    return Entry(kind="resolved", at=at, actor=by, words=words)


def reopen(
    incident: Incident,
    *,
    by: str,
    why: str,
    at: datetime,
    within: timedelta = REOPEN_WITHIN,
    beside: Collection[str] = (),
) -> Entry:
    """The trouble is back within the day: the same clocks go on.

    `beside` are the open emergencies that its incident manager has by now.

    Raises:
        NothingToReopen: it is open, or was declined.
        TooLateToReopen: the day has passed.
        WordsMissing: nobody said why.

    Source: EMG-1, POL-8.
    """
    require_person(by)
    require_words(why)
    if incident.resolved_at is None:
        raise NothingToReopen
    if at - incident.resolved_at > within:
        raise TooLateToReopen
    data = {"beside": sorted(beside)} if beside else {}
    return Entry(kind="reopened", at=at, actor=by, words=why, data=data)


def close(incident: Incident, *, by: str, at: datetime) -> Entry:
    """Nothing more is to be done but the report, if one is owed.

    Raises:
        NotResolved: it is still open.
        IncidentEnded: it was closed or declined before.
    """
    if incident.is_open:
        raise NotResolved
    if incident.status != "resolved":
        raise IncidentEnded
    return Entry(kind="closed", at=at, actor=by)


def gather(incident: Incident, *, component: str | None, by: str, at: datetime) -> Entry:
    """Later reports that name this component join here; None: each opens its own again.

    Raises:
        IncidentEnded: it is over, and gathers nothing any more.

    Source: clauses.md, "incident": an urgent case joins one.
    """
    require_open(incident)
    require_person(by)
    return Entry(kind="gathering", at=at, actor=by, data={"component": component})


def set_component(
    incident: Incident, *, component: str, state: str, by: str, at: datetime
) -> Entry:
    """A component of the status page is set to a state because of this incident.

    Source: EMG-1, EMG-3, EMG-4.
    """
    require_person(by)
    data = {"component": component, "state": state}
    return Entry(kind="component_set", at=at, actor=by, data=data)
