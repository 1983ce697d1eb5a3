"""An incident: the shared cause that is worked on. Its state, and what each entry does to it.

The verbs that people have are in `command.py`; the ladder's own entries in `ladder.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from redphone.core import asks as calls
from redphone.core import chat, deeds
from redphone.core.asks import Ask
from redphone.core.case import marks
from redphone.core.chat import Chat, How
from redphone.core.runbook import Progress, StepDone
from redphone.core.stream import Entry, Mark, moment, without_answered

REOPEN_WITHIN = timedelta(hours=24)
"""How long after its resolution an incident can be reopened, the same clock going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A customer on the list of the affected who did not report: who says so, on what evidence."""

    customer: str
    evidence: str
    at: datetime
    plan: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What is known of an incident. Times that are None have not come yet.

    `started_at` is the earliest of detection and first report; `types` are issue types, the union
    of whose clocks and ladders holds; `plans` are those of the affected customers, each once;
    `public_by_hand` is what a person decided about the status page, and `shown_since` when they
    put it there; `said_next_at` is when customers were told to expect the next update; `entries`
    counts the stream's entries. `held_until` is when the first page goes out of an incident that a
    chat has opened; `taken` are the types whose ladders somebody took before they called anyone;
    `chats` are the conversations of its cases. `rules` says which rules it was opened under: from
    2 on a senior owner is wanted, and whoever has it and does nothing is asked again. `deed_at` is
    when a person last did something, `asked_again_at` when they were asked since. `wanted` are the
    parts that nobody had and people were called for. `manager_beside` are the other emergencies
    that its incident manager had when they took it.
    """

    ref: str
    opened_at: datetime
    started_at: datetime
    types: tuple[str, ...]
    plans: tuple[str, ...] = ()
    public_by_hand: bool | None = None
    shown_since: datetime | None = None
    confirmed_at: datetime | None = None
    engaged_at: datetime | None = None
    asks: tuple[Ask, ...] = ()
    exhausted: tuple[str, ...] = ()
    manager: str | None = None
    managed_at: datetime | None = None
    offered_to: str | None = None
    last_update_at: datetime | None = None
    last_update_entry: int | None = None
    last_status_at: datetime | None = None
    said_next_at: datetime | None = None
    updates: int = 0
    cause_is_outside: bool = False
    contained_at: datetime | None = None
    declined_at: datetime | None = None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    closed_at: datetime | None = None
    reported_at: datetime | None = None
    runbooks: tuple[Progress, ...] = ()
    named: tuple[Named, ...] = ()
    missed: tuple[Mark, ...] = ()
    warned: tuple[Mark, ...] = ()
    entries: int = 0
    held_until: datetime | None = None
    taken: tuple[str, ...] = ()
    chats: tuple[Chat, ...] = ()
    rules: int = 0
    deed_at: datetime | None = None
    asked_again_at: datetime | None = None
    senior: str | None = None
    senior_at: datetime | None = None
    wanted: tuple[str, ...] = ()
    manager_beside: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return not (self.declined_at or self.resolved_at or self.closed_at)

    @property
    def status(self) -> str:
        if self.declined_at:
            return "declined"
        if self.closed_at:
            return "closed"
        return "resolved" if self.resolved_at else "open"

    @property
    def ladder_from(self) -> datetime:
        """Since when the ladder stands: the opening, or the last reopening."""
        return self.reopened_at or self.opened_at


RULES_OF_DEEDS = 2
"""The rules from which on it is kept when a person last did something."""

Applied = Callable[[Incident, Entry, dict[str, Any]], Incident]


@dataclass(frozen=True, slots=True)
class _Rules:
    """The table of what each kind of entry does."""

    by_kind: dict[str, Applied] = field(default_factory=dict)

    def on(self, kind: str) -> Callable[[Applied], Applied]:
        def keep(rule: Applied) -> Applied:
            self.by_kind[kind] = rule
            return rule

        return keep


_rules = _Rules()


def apply(incident: Incident | None, entry: Entry, *, ref: str) -> Incident:
    """The incident after one more entry. An entry of an unknown kind is only counted."""
    data = dict(entry.data)
    if incident is None:
        return Incident(
            ref=ref,
            opened_at=entry.at,
            started_at=min(entry.at, moment(data["started_at"])),
            types=tuple(data["types"]),
            plans=tuple(data["plans"]),
            entries=1,
            held_until=moment(data["held_until"]) if "held_until" in data else None,
            rules=data.get("rules", 0),
        )
    rule = _rules.by_kind.get(entry.kind)
    # Whoever calls a step by hand shows that they are there, and the step rings all the same.
    before = _with_deed(incident, entry) if deeds.is_deed(entry) else incident
    after = before if rule is None else rule(before, entry, data)
    return replace(after, entries=incident.entries + 1)


def replay(entries: Iterable[Entry], *, ref: str) -> Incident:
    """The state that a stream's entries add up to, oldest first."""
    first, *rest = entries
    start = apply(None, first, ref=ref)
    return reduce(lambda incident, entry: apply(incident, entry, ref=ref), rest, start)


@_rules.on("asked")
def _asked(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, asks=(*incident.asks, calls.of_entry(entry)))


@_rules.on("asked_again")
def _asked_again(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, asked_again_at=entry.at)


def _with_deed(incident: Incident, entry: Entry) -> Incident:
    """Somebody has done something: whoever was rung since they went quiet is rung no more."""
    if incident.rules < RULES_OF_DEEDS:
        return incident
    at = max(incident.deed_at or entry.at, entry.at)
    if incident.asked_again_at is None:
        return replace(incident, deed_at=at)
    since = incident.asked_again_at
    rung = {a.lane for a in incident.asks if a.reason == calls.WENT_QUIET and a.at >= since}
    asks = tuple(
        replace(ask, answered_by=entry.actor, answered_at=entry.at)
        if ask.lane in rung and ask.at >= since and ask.answered_at is None
        else ask
        for ask in incident.asks
    )
    left = tuple(lane for lane in incident.exhausted if lane not in rung)
    return replace(incident, deed_at=at, asked_again_at=None, asks=asks, exhausted=left)


@_rules.on("ladder_exhausted")
def _exhausted(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, exhausted=(*incident.exhausted, data["lane"]))


@_rules.on("delivery_failed")
def _unreached(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    """A page that no device takes; any other message that failed changes nothing here."""
    if data["purpose"] != "page":
        return incident
    asks = calls.unreached(incident.asks, data["lane"], data["to"], data["why"])
    return replace(incident, asks=asks)


@_rules.on("declined_page")
def _cant_come(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    asks = calls.declined(incident.asks, set(data["lanes"]), entry.actor)
    return replace(incident, asks=asks)


@_rules.on("acknowledged")
def _acknowledged(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    lanes = set(data["lanes"])
    asks = calls.answered(incident.asks, lanes, by=entry.actor, at=entry.at)
    engaged = min(incident.engaged_at or entry.at, entry.at)
    missed = without_answered(incident.missed, "engaged", engaged)
    left = tuple(lane for lane in incident.exhausted if lane not in lanes)
    first = incident.engaged_at is None
    return replace(
        incident,
        asks=asks,
        engaged_at=engaged,
        missed=missed,
        exhausted=left,
        taken=(*incident.taken, *_taken(incident)),
        chats=chat.acknowledged(incident.chats, lanes, entry.actor, entry.at, first=first),
    )


def _taken(incident: Incident) -> list[str]:
    """The types whose ladders are held back and are called no more, since somebody has come."""
    if incident.held_until is None:
        return []
    called = {ask.lane for ask in incident.asks}
    return [t for t in incident.types if t not in called and t not in incident.taken]


@_rules.on("chat_waits")
def _chat_waits(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    chats = chat.waits(incident.chats, data["case"], entry.at)
    return replace(incident, chats=chats, exhausted=_still_silent(incident, data["case"]))


@_rules.on("chat_attended")
def _chat_attended(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    how, case = How(data["how"]), data["case"]
    chats = chat.attended(incident.chats, case, how, entry.actor, entry.at)
    return replace(incident, chats=chats, exhausted=_still_silent(incident, case))


def _still_silent(incident: Incident, case: str) -> tuple[str, ...]:
    return tuple(lane for lane in incident.exhausted if lane != chat.lane(case))


@_rules.on("confirmed")
def _confirmed(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    at = min(incident.confirmed_at or entry.at, entry.at)
    missed = without_answered(incident.missed, "confirm_triage", at)
    types = tuple(data["types"])
    after = replace(incident, types=types, confirmed_at=at, missed=missed)
    if incident.public_by_hand and set(types) != set(incident.types):
        # To show it was decided for other types; one of the new ones may have to be kept private.
        return replace(after, public_by_hand=None, shown_since=None)
    return after


@_rules.on("sorted")
def _sorted(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    types = tuple(data["types"])
    if data.get("kept_off_page"):
        return replace(incident, types=types, public_by_hand=False)
    return replace(incident, types=types)


@_rules.on("published")
def _published(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    shown = (incident.shown_since or entry.at) if data["is_public"] else None
    return replace(incident, public_by_hand=data["is_public"], shown_since=shown)


@_rules.on("plan_joined")
def _plan_joined(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    # Whoever joins was promised more than the wait for a chat: the ladder stands from now on.
    return replace(incident, plans=_with(incident.plans, data["plan"]), held_until=None)


@_rules.on("plan_left")
def _plan_left(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, plans=tuple(p for p in incident.plans if p != data["plan"]))


def _with(plans: tuple[str, ...], plan: str) -> tuple[str, ...]:
    return plans if plan in plans else (*plans, plan)


@_rules.on("update_posted")
def _update_posted(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    after = replace(incident, updates=incident.updates + 1)
    if incident.last_update_at is None or entry.at >= incident.last_update_at:
        after = replace(
            after,
            last_update_at=entry.at,
            last_update_entry=incident.entries + 1,
            said_next_at=moment(data["next_at"]),
            missed=without_answered(incident.missed, "next_update", entry.at),
        )
    # What was written down after a later update takes the word of that one back in nothing.
    if not data["is_public"]:
        return after
    at = max(incident.last_status_at or entry.at, entry.at)
    missed = without_answered(after.missed, "status_update", at)
    return replace(after, last_status_at=at, missed=missed)


@_rules.on("manager_offered")
def _offered(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, offered_to=data["to"])


@_rules.on("manager_accepted")
def _accepted(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    at = min(incident.managed_at or entry.at, entry.at)
    missed = without_answered(incident.missed, "incident_manager", at)
    return replace(
        incident,
        manager=entry.actor,
        managed_at=at,
        offered_to=None,
        missed=missed,
        manager_beside=tuple(data.get("beside", ())),
    )


@_rules.on("senior_accepted")
def _senior(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    at = min(incident.senior_at or entry.at, entry.at)
    missed = without_answered(incident.missed, "senior_owner", at)
    return replace(incident, senior=entry.actor, senior_at=at, missed=missed)


@_rules.on("wanted")
def _wanted(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, wanted=(*incident.wanted, data["what"]))


@_rules.on("manager_declined")
def _refused(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, offered_to=None)


@_rules.on("cause_named")
def _cause(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, cause_is_outside=data["is_outside"])


@_rules.on("runbook_started")
def _runbook(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    begun = Progress(slug=data["runbook"], steps=data["steps"], started_at=entry.at)
    return replace(incident, runbooks=(*incident.runbooks, begun))


@_rules.on("step_ticked")
def _ticked(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    done = StepDone(number=data["step"], by=entry.actor, at=entry.at)
    runbooks = tuple(
        replace(book, done=(*book.done, done)) if book.slug == data["runbook"] else book
        for book in incident.runbooks
    )
    return replace(incident, runbooks=runbooks)


@_rules.on("customer_named")
def _named(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    plan = data["plan"]
    named = Named(customer=data["customer"], evidence=data["evidence"], at=entry.at, plan=plan)
    plans = _with(incident.plans, plan)
    return replace(incident, named=(*incident.named, named), plans=plans, held_until=None)


@_rules.on("contained")
def _contained(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    missed = without_answered(incident.missed, "containment", entry.at)
    return replace(incident, contained_at=entry.at, missed=missed)


@_rules.on("resolved")
def _resolved(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    chats, missed = chat.ended(incident.chats), _standing(incident, entry.at)
    return replace(incident, resolved_at=entry.at, missed=missed, chats=chats)


def _standing(incident: Incident, ended_at: datetime) -> tuple[Mark, ...]:
    """The misses that stand when it is known that the incident was over at `ended_at`."""
    return without_answered(incident.missed, "", ended_at)


@_rules.on("reopened")
def _reopened(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(
        incident,
        resolved_at=None,
        closed_at=None,
        reopened_at=entry.at,
        reported_at=None,
        said_next_at=None,
        exhausted=(),
        held_until=None,
        taken=(),
        asked_again_at=None,
        manager_beside=tuple(data.get("beside", incident.manager_beside)),
    )


@_rules.on("declined")
def _declined(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    chats, missed = chat.ended(incident.chats), _standing(incident, entry.at)
    return replace(incident, declined_at=entry.at, missed=missed, chats=chats)


@_rules.on("closed")
def _closed(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, closed_at=entry.at)


@_rules.on("reported")
def _reported(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    missed = without_answered(incident.missed, "post_incident_report", entry.at)
    return replace(incident, reported_at=entry.at, missed=missed)


@_rules.on("warned")
def _warned(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, warned=(*incident.warned, *marks(entry)))


@_rules.on("missed")
def _missed(incident: Incident, entry: Entry, data: dict[str, Any]) -> Incident:
    return replace(incident, missed=(*incident.missed, *marks(entry)))
