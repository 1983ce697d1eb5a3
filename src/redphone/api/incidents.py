"""Incidents: read them, and do what people do to them."""

from __future__ import annotations

import re

from django.http import HttpRequest
from ninja import Body, Query, Router

from redphone.actions import answering, incidents, runbooks, updates
from redphone.actions.components import NoSuchComponent
from redphone.api import bodies, schemas, shapes
from redphone.api.auth import Caller, caller
from redphone.api.cases import customer_id
from redphone.api.problems import Unusable
from redphone.records.ledger import NoSuchStream
from redphone.records.queries import api as doors
from redphone.records.queries import clocks, rights, timelines
from redphone.records.queries import incidents as pages

router = Router(tags=["Incidents"])

_REF = re.compile(r"INC-[0-9]{1,18}")
NOTHING = bodies.Nothing()
NO_NOTE = bodies.Note()
NO_LANE = bodies.Lane()
NO_WHY = bodies.Take()


@router.get("", response=schemas.Incidents, summary="List incidents")
def listing(request: HttpRequest, which: Query[bodies.IncidentFilter]) -> schemas.Incidents:
    """Newest first. Customers get those that they have a case in."""
    who = caller(request)
    part = doors.incidents(who.asker, status=which.status, below=which.before, limit=which.limit)
    if who.asker.is_staff:
        items = [shapes.incident_line(row) for row in part.rows]
    else:
        items = [
            shapes.incident_line_for_customer(row, doors.title_for(who.asker, row))
            for row in part.rows
        ]
    return schemas.Incidents(items=items, next=part.older)


@router.get("/{ref}", response=schemas.Incident, url_name="incident", summary="Read an incident")
def show(request: HttpRequest, ref: str) -> schemas.Incident:
    """Who has it, what is owed, what was done. Customers see their part of it."""
    return _shown(caller(request), _known(ref))


@router.get("/{ref}/timeline", response=schemas.Timeline, summary="Read an incident's timeline")
def timeline(request: HttpRequest, ref: str, which: Query[bodies.Before]) -> schemas.Timeline:
    """What happened, newest first. Customers see what was said to all of the affected."""
    who = caller(request)
    if not who.asker.is_staff:
        return shapes.said_to_all(ref, doors.said_to_all(who.asker, _known(ref)))
    row = pages.find(who.asker, _known(ref))
    found = timelines.timeline(who.asker, ref, total=row.head, before=which.before)
    return shapes.timeline_for_staff(found)


@router.get("/{ref}/clocks", response=list[schemas.Clock], summary="Read an incident's clocks")
def incident_clocks(request: HttpRequest, ref: str) -> list[schemas.Clock]:
    """Each clock with every clause that applies, and how its deadline comes about."""
    who = caller(request)
    if not who.asker.is_staff:
        shared = doors.shared_incident(who.asker, _known(ref))
        return [shapes.running_clock(each, who.at) for each in shared.clocks]
    pages.find(who.asker, _known(ref))
    return [shapes.shown_clock(each) for each in clocks.clocks(who.asker, ref, at=who.at)]


@router.post("/{ref}/acknowledge", response=schemas.Incident, summary="Acknowledge the page")
def acknowledge(
    request: HttpRequest, ref: str, said: Body[bodies.Nothing] = NOTHING
) -> schemas.Incident:
    """You take it: the ringing ends. `also_asked` are the others who were rung, and are let go."""
    who = _allowed(request, ref, "acknowledge")
    done = answering.acknowledge(incident=ref, by=who.actor, through="api", at=who.at)
    shown = _shown(who, ref)
    shown.also_asked = list(done.others)
    return shown


@router.post("/{ref}/confirm", response=schemas.Incident, summary="Confirm, or change its types")
def confirm(request: HttpRequest, ref: str, said: bodies.Confirm) -> schemas.Incident:
    """It is an emergency, of these issue types. Clocks and ladders follow; nothing restarts."""
    who = _allowed(request, ref, "confirm")
    types = tuple(said.types)
    incidents.confirm(incident=ref, types=types, by=who.actor, why=said.why, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/decline", response=schemas.Incident, summary="It was no emergency")
def decline(request: HttpRequest, ref: str, said: bodies.Reason) -> schemas.Incident:
    """Ends the incident and all of its cases, with a reason that the customers are told."""
    who = _allowed(request, ref, "decline")
    incidents.decline(incident=ref, by=who.actor, reason=said.reason, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/take", response=schemas.Incident, summary="Become the incident manager")
def take(request: HttpRequest, ref: str, said: Body[bodies.Take] = NO_WHY) -> schemas.Incident:
    """When it has none, or when it was offered to you. One emergency each: for a second one say
    why, and the managers are told."""
    who = _allowed(request, ref, "take")
    incidents.take(incident=ref, by=who.actor, at=who.at, why=said.why)
    return _shown(who, ref)


@router.post("/{ref}/own", response=schemas.Incident, summary="Accept as senior owner")
def own(request: HttpRequest, ref: str, said: Body[bodies.Nothing] = NOTHING) -> schemas.Incident:
    """Somebody marked as senior accepts it, whoever has taken the call."""
    who = _allowed(request, ref, "own")
    incidents.own(incident=ref, by=who.actor, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/offer", response=schemas.Incident, summary="Offer the management")
def offer(request: HttpRequest, ref: str, said: bodies.Offer) -> schemas.Incident:
    """To one of the desk's people, who has to accept it; until then it stays yours."""
    who = _allowed(request, ref, "offer")
    to = doors.person_of_the_desk(said.to.replace("\x00", ""))
    if to is None:
        raise Unusable("to", "None of the desk's people has that e-mail address.")
    incidents.offer(incident=ref, to=to.actor, by=who.actor, note=said.note, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/refuse", response=schemas.Incident, summary="Refuse the management")
def refuse(request: HttpRequest, ref: str, said: Body[bodies.Note] = NO_NOTE) -> schemas.Incident:
    """It was offered to you, and you can't take it."""
    who = _allowed(request, ref, "refuse")
    incidents.refuse(incident=ref, by=who.actor, note=said.note, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/update", response=schemas.Incident, summary="Post an update")
def update(request: HttpRequest, ref: str, said: bodies.Update) -> schemas.Incident:
    """Tells the affected customers, and the status page if the incident stands there."""
    who = _allowed(request, ref, "post_update")
    updates.post_update(
        incident=ref,
        by=who.actor,
        words=said.words,
        next_at=said.next_at,
        stage=said.stage,
        at=who.at,
    )
    return _shown(who, ref)


@router.post("/{ref}/note", response=schemas.Incident, summary="Write an internal note")
def note(request: HttpRequest, ref: str, said: bodies.Said) -> schemas.Incident:
    """A line on the timeline that customers never see."""
    who = _allowed(request, ref, "note")
    incidents.note(incident=ref, by=who.actor, words=said.words, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/cause", response=schemas.Incident, summary="Name the cause")
def cause(request: HttpRequest, ref: str, said: bodies.Cause) -> schemas.Incident:
    """And whether it is outside, a provider's."""
    who = _allowed(request, ref, "name_cause")
    incidents.name_cause(
        incident=ref, by=who.actor, words=said.words, is_outside=said.is_outside, at=who.at
    )
    return _shown(who, ref)


@router.post("/{ref}/contain", response=schemas.Incident, summary="State that it is contained")
def contain(request: HttpRequest, ref: str, said: bodies.Evidence) -> schemas.Incident:
    """It spreads no further, and you say how you know."""
    who = _allowed(request, ref, "contain")
    incidents.contain(incident=ref, by=who.actor, evidence=said.evidence, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/resolve", response=schemas.Incident, summary="Resolve")
def resolve(request: HttpRequest, ref: str, said: bodies.Said) -> schemas.Incident:
    """Service is restored: all cases are resolved, and all of the affected are told."""
    who = _allowed(request, ref, "resolve")
    incidents.resolve(incident=ref, by=who.actor, words=said.words, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/reopen", response=schemas.Incident, summary="Reopen within a day")
def reopen(request: HttpRequest, ref: str, said: bodies.Why) -> schemas.Incident:
    """The trouble is back: the same clocks go on."""
    who = _allowed(request, ref, "reopen")
    incidents.reopen(incident=ref, by=who.actor, why=said.why, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/close", response=schemas.Incident, summary="Close")
def close(
    request: HttpRequest, ref: str, said: Body[bodies.Nothing] = NOTHING
) -> schemas.Incident:
    """Nothing more is to be done, but the report if one is owed."""
    who = _allowed(request, ref, "close")
    incidents.close(incident=ref, by=who.actor, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/report", response=schemas.Incident, summary="Publish the report")
def publish_report(
    request: HttpRequest, ref: str, said: bodies.PostIncidentReport
) -> schemas.Incident:
    """The post-incident report, in its four sections, to everyone who was promised one."""
    who = _allowed(request, ref, "publish_report")
    sections = said.model_dump()
    incidents.publish_report(incident=ref, by=who.actor, sections=sections, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/call-next-step", response=schemas.Incident, summary="Call the next step")
def call_next_step(
    request: HttpRequest, ref: str, said: Body[bodies.Lane] = NO_LANE
) -> schemas.Incident:
    """Of a ladder, now, without waiting for it to climb."""
    who = _allowed(request, ref, "call_next_step")
    lane = said.lane or _first_lane(who, ref)
    incidents.call_next_step(incident=ref, lane=lane, by=who.actor, at=who.at)
    return _shown(who, ref)


@router.post("/{ref}/skip-to-step", response=schemas.Incident, summary="Skip to a step")
def skip_to_step(request: HttpRequest, ref: str, said: bodies.SkipTo) -> schemas.Incident:
    """Call a chosen step of a ladder now; the ladder goes on from it."""
    who = _allowed(request, ref, "skip_to_step")
    incidents.skip_to_step(
        incident=ref,
        lane=said.lane or _first_lane(who, ref),
        step=said.step - 1,
        by=who.actor,
        why=said.why,
        at=who.at,
    )
    return _shown(who, ref)


@router.post("/{ref}/name-customer", response=schemas.Incident, summary="Name an affected one")
def name_customer(request: HttpRequest, ref: str, said: bodies.NameCustomer) -> schemas.Incident:
    """A customer who did not report: they get a catch-up of all that was said."""
    who = _allowed(request, ref, "name_customer")
    incidents.name_customer(
        incident=ref,
        customer=customer_id(said.customer),
        evidence=said.evidence,
        words=said.words,
        by=who.actor,
        at=who.at,
    )
    return _shown(who, ref)


@router.post("/{ref}/publish", response=schemas.Incident, summary="Show it in public, or not")
def publish(request: HttpRequest, ref: str, said: bodies.Publish) -> schemas.Incident:
    """Decide whether it stands on the public status page, and say why."""
    who = _allowed(request, ref, "publish")
    incidents.publish(
        incident=ref, is_public=said.is_public, by=who.actor, why=said.why, at=who.at
    )
    return _shown(who, ref)


@router.post("/{ref}/gather", response=schemas.Incident, summary="Let reports join")
def gather(request: HttpRequest, ref: str, said: bodies.Gather) -> schemas.Incident:
    """Later reports about a component join this incident."""
    who = _allowed(request, ref, "gather")
    try:
        incidents.gather(incident=ref, component=said.component, by=who.actor, at=who.at)
    except NoSuchComponent as error:
        raise Unusable("component", str(error)) from error
    return _shown(who, ref)


@router.post("/{ref}/runbooks/{slug}/start", response=schemas.Incident, summary="Start a runbook")
def start_runbook(
    request: HttpRequest, ref: str, slug: str, said: Body[bodies.Nothing] = NOTHING
) -> schemas.Incident:
    """Any runbook goes with any incident, several at once."""
    who = _allowed(request, ref, "start_runbook")
    runbooks.start(incident=ref, slug=_runbook(ref, slug), by=who.actor, at=who.at)
    return _shown(who, ref)


@router.post(
    "/{ref}/runbooks/{slug}/steps/{int:number}/tick",
    response=schemas.Incident,
    summary="Tick a step",
)
def tick(
    request: HttpRequest,
    ref: str,
    slug: str,
    number: int,
    said: Body[bodies.Note] = NO_NOTE,
) -> schemas.Incident:
    """The step is done; the note says what came of it."""
    who = _allowed(request, ref, "tick")
    runbooks.tick(
        incident=ref,
        slug=_runbook(ref, slug),
        step=min(number, 10_000),
        by=who.actor,
        words=said.note,
        at=who.at,
    )
    return _shown(who, ref)


def _known(ref: str) -> str:
    """A ref that can be an incident's.

    Raises:
        NoSuchStream: it can't.
    """
    if not _REF.fullmatch(ref):
        raise NoSuchStream
    return ref


def _runbook(ref: str, slug: str) -> str:
    """A runbook that the incident's policy has.

    Raises:
        UnknownRunbook: it has none of that name.
    """
    doors.policy_of(ref).runbook(slug)
    return slug


def _first_lane(who: Caller, ref: str) -> str:
    lanes = pages.room(who.asker, ref, at=who.at).ladders
    return lanes[0].lane if lanes else ""


def _allowed(request: HttpRequest, ref: str, verb: str) -> Caller:
    """Who speaks, once it is clear that the incident is there and they may do this to it."""
    who = caller(request)
    row = pages.find(who.asker, _known(ref))
    manages = row.manager_id == who.person.pk
    rights.require(who.asker, f"incident.{verb}", manages=manages)
    return who


def _shown(who: Caller, ref: str) -> schemas.Incident:
    if who.asker.is_staff:
        return shapes.incident_for_staff(pages.room(who.asker, ref, at=who.at), who.at)
    return shapes.incident_for_customer(doors.shared_incident(who.asker, ref), who.at)
