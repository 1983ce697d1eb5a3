"""Each kind of entry as a sentence: who did what, and what customers saw of it.

Every kind that the core knows has its sentence here; a kind from a later version is said by its
own name, so that an old page never hides what happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redphone.core.policy import Policy
from redphone.core.stream import moment
from redphone.records.models.device import DeviceKind
from redphone.records.queries.timelines import Happening
from redphone.records.queries.timelines import Timeline as Stretch
from redphone.records.queries.told import Told
from redphone.web import words
from redphone.web.responder import naming, ringing


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a timeline. `who` is set in bold, `says` follows, `aside` is quiet, after it.

    `tone` is "told" for what customers were sent, "missed" for a deadline that passed, or "".
    """

    seq: int
    at: datetime
    recorded_at: datetime
    who: str
    says: str
    aside: str = ""
    tag: str = ""
    words: str = ""
    erased: bool = False
    tone: str = ""
    told: Told | None = None

    @property
    def rung(self) -> tuple[ringing.RungPerson, ...]:
        """Whom it rang, and by what."""
        return ringing.in_words(self.told.pages, self.at) if self.told else ()

    @property
    def was_late(self) -> bool:
        """Whether it was written down more than a minute after it happened."""
        return (self.recorded_at - self.at).total_seconds() > 60


@dataclass(frozen=True, slots=True)
class _Said:
    says: str
    aside: str = ""
    tag: str = ""
    tone: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a sentence is made from: an entry, and the names that stand in it."""

    entry: Happening
    stretch: Stretch
    policy: Policy

    @property
    def data(self) -> Any:
        return self.entry.data

    @property
    def is_case(self) -> bool:
        return self.stretch.stream.startswith("RP-")

    def name(self, actor: str | None) -> str:
        return self.stretch.names[actor or ""] if actor else "nobody"

    def names(self, actors: list[str]) -> str:
        return words.people_list([self.name(each) for each in actors])

    def types(self, slugs: list[str]) -> str:
        known = self.policy.issue_types
        return words.people_list([known[s].name if s in known else s for s in slugs])

    def customer(self, pk: str | None) -> str:
        return self.stretch.customers.get(str(pk), "a customer")

    def time(self, text: str) -> str:
        return words.clock_time(moment(text), self.entry.at)


Sentence = Callable[[_Told], _Said]
SENTENCES: dict[str, Sentence] = {}
"""A sentence for each kind of entry."""


def _on(kind: str) -> Callable[[Sentence], Sentence]:
    def keep(sentence: Sentence) -> Sentence:
        SENTENCES[kind] = sentence
        return sentence

    return keep


def lines(stretch: Stretch, policy: Policy) -> list[Line]:
    """A stretch of a timeline in words, newest first."""
    return [line(entry, stretch, policy) for entry in stretch.entries]


def line(entry: Happening, stretch: Stretch, policy: Policy) -> Line:
    """One entry in words."""
    told = _Told(entry, stretch, policy)
    sentence = SENTENCES.get(entry.kind, _unknown)
    said = sentence(told)
    return Line(
        seq=entry.seq,
        at=entry.at,
        recorded_at=entry.recorded_at,
        who=said.who or told.name(entry.actor),
        says=said.says,
        aside=said.aside,
        tag=said.tag,
        words=entry.words or "",
        erased=entry.words is None,
        tone=said.tone,
        told=entry.told,
    )


def _unknown(told: _Told) -> _Said:
    return _Said(told.entry.kind.replace("_", " "))


# ── Both streams ────────────────────────────────────────────────────────────────────────────────


@_on("opened")
def _opened(told: _Told) -> _Said:
    if not told.is_case:
        return _Said(f"opened the incident as {told.types(told.data['types'])}")
    off = ", off-channel" if told.data["off_channel"] else ""
    joined = ", by an exact key" if told.data.get("joined_by") else ""
    plan = naming.plan(told.data["plan"] or "", told.policy)
    return _Said(
        f"reported by {told.data['channel']}{off}",
        aside=f"{plan} plan · part of {told.data['incident']}{joined}",
    )


@_on("warned")
def _warned(told: _Told) -> _Said:
    kind = naming.clock(told.data["kind"]).lower()
    clauses = ", ".join(told.data["clauses"])
    due = told.time(told.data["due_at"])
    return _Said(f"{kind} is due at {due}", aside=clauses, who="Time is running out:")


@_on("missed")
def _missed(told: _Told) -> _Said:
    kind = naming.clock(told.data["kind"]).lower()
    clauses = ", ".join(told.data["clauses"])
    says = naming.owed(told.data["kind"], told.data["says"])
    promised = told.data["strength"] == "promise"
    aside = "a promise: the customers are told" if promised else "our own aim"
    return _Said(f"{kind} ({says}, {clauses})", aside=aside, tone="missed", who="Missed:")


@_on("sorted")
def _sorted(told: _Told) -> _Said:
    because = _TOLD_BY.get(str(told.data.get("because", "")), "")
    return _Said(f"took it for {told.types(told.data['types'])}", aside=because)


_TOLD_BY = {"key": "they pressed its key on the phone", "words": "by what they said"}


@_on("declined")
def _declined(told: _Told) -> _Said:
    if into := told.data.get("into"):
        return _Said(f"closed it: its last case joined {into}")
    return _Said("decided that it is no emergency", tone="told")


@_on("resolved")
def _resolved(told: _Told) -> _Said:
    if told.is_case:
        return _Said("resolved the case, with its incident")
    return _Said("resolved it and told the customers", tone="told")


@_on("reopened")
def _reopened(told: _Told) -> _Said:
    if told.is_case or told.data.get("beside"):
        return _Said("reopened it", aside="the same clocks go on", **_second(told))
    return _Said("reopened it", aside="the same clocks go on", tone="told")


@_on("closed")
def _closed(told: _Told) -> _Said:
    return _Said("closed it")


@_on("delivery_failed")
def _delivery_failed(told: _Told) -> _Said:
    to = str(told.data["to"])
    whom = told.name(to) if to.startswith("person:") else "a contact"
    why = _FAILURES.get(told.data["why"], told.data["why"])
    what = naming.PURPOSES.get(told.data["purpose"], told.data["purpose"])
    return _Said(f"{what} to {whom}", aside=why, tone="missed", who="Not delivered:")


_FAILURES = {
    "refused": "the address takes no mail",
    "given_up": "all tries are used up",
    "no_line": "the desk has nothing that reaches them",
    "no_receipt": "nobody confirmed that it arrived",
}


@_on("device_off")
def _device_off(told: _Told) -> _Said:
    whom = told.name(str(told.data["to"]))
    what = DeviceKind(told.data["channel"]).label
    return _Said(f"{what} of {whom}", aside="it takes nothing any more", who="Switched off:")


# ── Cases ───────────────────────────────────────────────────────────────────────────────────────


@_on("responded")
def _responded(told: _Told) -> _Said:
    through = told.data["through"]
    how = naming.THROUGH.get(through, f"by an update on {through}")
    return _Said(f"answered the customer {how}", tone="told")


@_on("added")
def _added(told: _Told) -> _Said:
    fields = [naming.ASKED_FOR.get(name, name).lower() for name in told.data.get("fields", [])]
    by = naming.BY_CHANNEL.get(told.data.get("through", ""), "")
    match told.data.get("marked"):
        case "escalation":
            return _Said(f"escalated it{by}", tag="escalation", tone="missed")
        case "auto_reply":
            return _Said(f"has an answering machine, which wrote{by}", tag="automatic")
    asks = told.data.get("asks_for")
    tag = f"asks for escalation: {asks} (FAQ-8)" if asks else ""
    says = (
        "wrote in the chat" if told.data.get("through") == "chat" else f"added to the report{by}"
    )
    return _Said(says, aside=words.people_list(fields), tag=tag)


@_on("call_missed")
def _call_missed(told: _Told) -> _Said:
    how = _GONE.get(str(told.data["how"]), "went")
    return _Said(f"{how} before anybody spoke to them", tone="missed", who="Call them back:")


_GONE = {
    "hung_up": "the caller hung up",
    "message": "the caller left a message",
    "lost": "the caller’s line went silent",
}


@_on("called_back")
def _called_back(told: _Told) -> _Said:
    if told.data["reached"]:
        return _Said("called them back", tone="told")
    return _Said("called back, and nobody came to the phone")


@_on("moved")
def _moved(told: _Told) -> _Said:
    return _Said(f"moved it from {told.data['from']} to {told.data['to']}")


@_on("identified")
def _identified(told: _Told) -> _Said:
    plan = naming.plan(told.data["plan"], told.policy)
    return _Said(f"said whose it is: {told.customer(told.data['customer'])}", aside=f"{plan} plan")


# ── Incidents ───────────────────────────────────────────────────────────────────────────────────


@_on("plan_joined")
def _plan_joined(told: _Told) -> _Said:
    plan = naming.plan(told.data["plan"], told.policy)
    return _Said(f"{plan} customers are affected: their promises hold from here", who="Joined:")


@_on("plan_left")
def _plan_left(told: _Told) -> _Said:
    plan = naming.plan(str(told.data.get("plan", "")), told.policy)
    return _Said(f"no {plan} customer is affected any more", who="Left:")


@_on("asked")
def _asked(told: _Told) -> _Said:
    named = told.data.get("names", told.data["teams"])
    teams = told.names(list(named)) or "whoever has the chat"
    why = naming.REASONS.get(told.data["reason"], told.data["reason"])
    why = "; ".join([why, *_left_out(told), *_rung_once(told)])
    turn = told.data.get("turn", 1)
    again = f"round {turn}" if turn > 1 else ""
    if told.data.get("all_must"):
        again = " · ".join(each for each in (again, "each has to answer") if each)
    if not told.data["people"]:
        return _Said(
            f"nobody is on call for {teams}", aside=why, tag=again, tone="missed", who="No one:"
        )
    return _Said(f"called {teams}: {told.names(told.data['people'])}", aside=why, tag=again)


def _rung_once(told: _Told) -> list[str]:
    """Whom another call of the incident asks as well."""
    already = told.data.get("already", ())
    return [f"{told.names(already)}: asked already, one ring for both"] if already else []


def _left_out(told: _Told) -> list[str]:
    """Who of this step, and of the one that was passed, could not be rung, and why."""
    here = [f"without {told.name(name)}: {why}" for name, why in told.data.get("without", ())]
    passed = [f"passed {told.name(name)}: {why}" for name, why in told.data.get("passed", ())]
    return [*here, *passed]


@_on("declined_page")
def _cant_come(told: _Told) -> _Said:
    return _Said("can't come", aside="the next one is asked, unless somebody else is rung too")


@_on("asked_again")
def _asked_again(told: _Told) -> _Said:
    who = told.names(told.data["people"]) or "whoever has it"
    return _Said(f"asked {who}: still on it?", aside="nothing was written for a while")


@_on("worked")
def _worked(told: _Told) -> _Said:
    return _Said(f"was at work on {told.data['through']}")


@_on("senior_accepted")
def _senior(told: _Told) -> _Said:
    by_taking = told.data["how"] == "acknowledged"
    aside = "by taking it" if by_taking else ""
    return _Said("is the senior owner now", aside=aside)


@_on("wanted")
def _wanted(told: _Told) -> _Said:
    part = "a senior owner" if told.data["what"] == "senior_owner" else "an incident manager"
    if not told.data["people"]:
        return _Said(
            f"{part}, and nobody can be called; the managers are told",
            tone="missed",
            who="Wanted:",
        )
    return _Said(f"{part}; called {told.names(told.data['people'])}", who="Wanted:")


@_on("ladder_exhausted")
def _exhausted(told: _Told) -> _Said:
    kind, _, case = told.data["lane"].partition("/")
    lane = f"the chat of {case}" if kind == "chat" else told.types([kind])
    return _Said(f"the ladder of {lane} is at its end", tone="missed", who="Nobody answered:")


@_on("chat_waits")
def _chat_waits(told: _Told) -> _Said:
    return _Said(f"waits for an answer in the chat of {told.data['case']}")


@_on("chat_attended")
def _chat_attended(told: _Told) -> _Said:
    case = told.data["case"]
    says = _ATTENDED.get(told.data["how"], "attended to the chat of {}")
    return _Said(says.format(case))


_ATTENDED = {
    "picked_up": "picked up the chat of {}",
    "answered": "answered in the chat of {}",
    "settled": "said that the last words in the chat of {} need no answer",
    "left": "ended the waiting in the chat of {}",
}


@_on("acknowledged")
def _acknowledged(told: _Told) -> _Said:
    return _Said(f"acknowledged{_BY.get(str(told.data.get('through', '')), '')}")


_BY = {
    "voice": " by a key on the telephone",
    "sms": " by SMS",
    "mail": " by the mail",
    "push": " by the push",
    "app": " by the message in their app",
    "api": " by the API",
    "command": " from the command line",
}


@_on("confirmed")
def _confirmed(told: _Told) -> _Said:
    return _Said(f"confirmed the emergency: {told.types(told.data['types'])}")


@_on("published")
def _published(told: _Told) -> _Said:
    where = "on" if told.data["is_public"] else "off"
    return _Said(f"took it {where} the status page")


@_on("manager_accepted")
def _accepted(told: _Told) -> _Said:
    before = told.data.get("from")
    aside = f"handed over by {told.name(before)}" if before else ""
    return _Said("is the incident manager now", aside=aside, **_second(told))


def _second(told: _Told) -> dict[str, str]:
    """One emergency each: a second one stands out."""
    beside = told.data.get("beside", ())
    return {"tag": f"manages {', '.join(beside)} too", "tone": "missed"} if beside else {}


@_on("manager_offered")
def _offered(told: _Told) -> _Said:
    says = f"offered the incident management to {told.name(told.data['to'])}"
    beside = told.data.get("beside", ())
    return _Said(says, tag=f"they manage {', '.join(beside)} too" if beside else "")


@_on("manager_declined")
def _refused(told: _Told) -> _Said:
    return _Said("said no to the incident management")


@_on("update_posted")
def _updated(told: _Told) -> _Said:
    page = " and the status page" if told.data["is_public"] else ""
    return _Said(
        f"told the customers{page}",
        aside=f"next update by {told.time(told.data['next_at'])}",
        tag=naming.STAGES.get(told.data["stage"], told.data["stage"]),
        tone="told",
    )


@_on("noted")
def _noted(told: _Told) -> _Said:
    by = naming.BY_CHANNEL.get(told.data.get("through", ""), "")
    if told.data.get("marked") == "auto_reply":
        return _Said(f"has an answering machine, which wrote{by}", tag="automatic")
    return _Said(f"noted{by}")


@_on("cause_named")
def _cause(told: _Told) -> _Said:
    return _Said("named the cause", aside="outside" if told.data["is_outside"] else "with us")


@_on("runbook_started")
def _runbook(told: _Told) -> _Said:
    return _Said("started a runbook", tag=_runbook_name(told))


@_on("step_ticked")
def _ticked(told: _Told) -> _Said:
    book = told.policy.runbooks.get(told.data["runbook"])
    number = told.data["step"]
    text = book.steps[number - 1] if book and number <= len(book.steps) else "a step"
    many = f" of {len(book.steps)}" if book else ""
    return _Said(f"did: {text}", tag=f"{_runbook_name(told)} {number}{many}")


def _runbook_name(told: _Told) -> str:
    book = told.policy.runbooks.get(told.data["runbook"])
    return book.name if book else str(told.data["runbook"])


@_on("customer_named")
def _customer(told: _Told) -> _Said:
    evidence = naming.EVIDENCE.get(told.data["evidence"], told.data["evidence"])
    return _Said(
        f"put {told.customer(told.data['customer'])} on the list of the affected", aside=evidence
    )


@_on("contained")
def _contained(told: _Told) -> _Said:
    return _Said("stated that it is contained")


@_on("reported")
def _reported(told: _Told) -> _Said:
    return _Said("sent the post-incident report", tone="told")


@_on("gathering")
def _gathering(told: _Told) -> _Said:
    component = told.data["component"]
    if component is None:
        return _Said("decided that no reports join here by component")
    return _Said(f"decided that reports about {component.replace('-', ' ')} join here")


@_on("component_set")
def _component(told: _Told) -> _Said:
    state = told.data["state"].replace("_", " ")
    name = told.data["component"].replace("-", " ")
    return _Said(f"set {name} to {state} on the status page", tone="told")


# ── Alerts ──────────────────────────────────────────────────────────────────────────────────────


@_on("alert_resolved")
def _alert_resolved(told: _Told) -> _Said:
    return _Said("says that this is over", aside="it resolves nothing here", who=_door(told))


@_on("alert_returned")
def _alert_returned(told: _Told) -> _Said:
    return _Said("says that this fires again", aside="nobody was paged again", who=_door(told))


@_on("alert_acknowledged")
def _alert_acknowledged(told: _Told) -> _Said:
    aside = "that answers no page of ours"
    return _Said("says that somebody took this there", aside=aside, who=_door(told))


@_on("alert_flaps")
def _alert_flaps(told: _Told) -> _Said:
    aside = "its further changes are counted, and not noted"
    return _Said("goes to and fro about this", aside=aside, who=_door(told))


@_on("alerts_over")
def _alerts_over(told: _Told) -> _Said:
    return _Said(f"says that all {told.data['count']:,} are over", who=_door(told))


def _door(told: _Told) -> str:
    return f"{told.data['door']}"
