"""What a stream owes, read a second time from its entries and the policy's numbers alone.

This is the check on `clocks` and `ladder`, so it shares nothing with them, nor with the states of
`case` and `incident`: it keeps notes of its own, one entry after the other, and asks the policy
again. A mistake in one of the two readings shows as a difference.

Source: POL-2 to POL-5, EMG-1 to EMG-5, FAQ-3, FAQ-7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from redphone.core.policy import EscalationStep, IssueType, Policy, Strength, Target
from redphone.core.recompute_calls import QUIET, WORK, Call, answer, climb, opens, theirs
from redphone.core.recompute_minutes import Calendar, due

OUR_WORD = "POL-4 (as told)"


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with its place and the moment at which it was written."""

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owed:
    """A clock by the second reading: the deadline that each clause gives, soonest first.

    `due_at` is the soonest that no entry has marked as missed. `step` is what a ladder calls
    then; None on promises and targets, and on a ladder that has none left.
    """

    kind: str
    lane: str
    since: datetime
    claims: tuple[tuple[datetime, str, Strength], ...]
    due_at: datetime | None
    step: int | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}|{self.lane}|{self.since.isoformat()}"

    @property
    def is_ladder(self) -> bool:
        return self.kind in {"next_step", "no_progress", "still_on_it"}

    def clauses_due(self, at: datetime) -> set[str]:
        """The clauses whose deadline is this moment."""
        return {clause for moment, clause, _ in self.claims if moment == at}

    def is_promised(self, at: datetime) -> bool:
        return any(m == at and strength is Strength.PROMISE for m, _, strength in self.claims)


@dataclass(slots=True)
class Talk:
    """A chat of an incident: since when its customer waits, and when a person last showed up."""

    since: datetime | None
    seen: datetime | None = None


ENDS = {
    "responded": "first_response",
    "acknowledged": "engaged",
    "confirmed": "confirm_triage",
    "senior_accepted": "senior_owner",
    "manager_accepted": "incident_manager",
    "contained": "containment",
    "reported": "post_incident_report",
}
"""The kind of entry that answers a clock, and the clock. An end answers all of them."""

ALL = ""


@dataclass(slots=True)
class Notes:
    """What is noted while reading a stream: moments by name, and the few things beside them."""

    is_case: bool
    policy: Policy
    calendar: Calendar
    when: dict[str, datetime] = field(default_factory=dict)
    plans: list[str] = field(default_factory=list)
    plan: str | None = None
    types: list[str] = field(default_factory=list)
    public: bool | None = None
    outside: bool = False
    calls: dict[str, list[Call]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    missed: list[tuple[str, str, datetime]] = field(default_factory=list)
    held: datetime | None = None
    taken: set[str] = field(default_factory=set)
    talks: dict[str, Talk] = field(default_factory=dict)
    rules: int = 1

    @property
    def is_open(self) -> bool:
        return not self.when.keys() & {"declined", "resolved", "closed"}

    # ── Reading ──────────────────────────────────────────────────────────────────────────────

    def read(self, line: Line) -> None:
        """Note what an entry says."""
        data = line.data
        self._deed(line)
        match line.kind:
            case "opened":
                self._opened(line)
            case "missed":
                moment = datetime.fromisoformat(data["due_at"])
                self.missed += [(data["clock"], clause, moment) for clause in data["clauses"]]
            case (
                "responded" | "acknowledged" | "confirmed" | "manager_accepted" | "senior_accepted"
            ):
                self._first(line)
            case "declined" | "contained" | "resolved" | "reported" | "closed":
                self.when[line.kind] = line.at
                if line.kind in {"declined", "resolved"}:
                    self.talks = {case: Talk(None, talk.seen) for case, talk in self.talks.items()}
            case "reopened":
                self._reopened(line)
            case "identified":
                self.plan = data["plan"]
            case "sorted":
                self.types = list(data["types"])
                self.public = False if data.get("kept_off_page") else self.public
            case "plan_joined" | "customer_named":
                self._with_plan(data["plan"])
            case "plan_left":
                self.plans.remove(data["plan"])
            case "published":
                self._published(line)
            case "cause_named":
                self.outside = data["is_outside"]
            case "update_posted":
                self._update(line)
            case "asked":
                self._call_made(line)
            case "asked_again":
                self.when["asked_again"] = line.at
            case "ladder_exhausted":
                self.silent.add(data["lane"])
            case "chat_waits" | "chat_attended":
                self._chat(line)
            case "declined_page":
                for lane in data["lanes"]:
                    self._without(lane, line.actor)
            case "delivery_failed" if data["purpose"] == "page":
                self._without(data["lane"], data["to"])
        if line.kind in ENDS:
            self._forgive(f"{ENDS[line.kind]}|", self.when[line.kind])
        elif line.kind in {"declined", "resolved"}:
            self._forgive(ALL, line.at)

    def _without(self, lane: str, person: str) -> None:
        """No page reaches them, or they can't come."""
        for call in self.calls.get(lane, []):
            if not call.answered:
                call.people.discard(person)

    def _opened(self, line: Line) -> None:
        self.when["opened"] = line.at
        if self.is_case:
            self.plan = line.data["plan"]
            return
        self.when["started"] = min(line.at, datetime.fromisoformat(line.data["started_at"]))
        self.types = list(line.data["types"])
        self.rules = line.data.get("rules", 1)
        self.plans = list(line.data["plans"])
        if "held_until" in line.data:
            self.held = datetime.fromisoformat(line.data["held_until"])

    def _deed(self, line: Line) -> None:
        """A person is at work: the question whether they are is answered, whoever did it."""
        is_theirs = line.actor.startswith("person:") and not line.data.get("marked")
        if self.is_case or not is_theirs or line.kind not in WORK:
            return
        self.when["deed"] = max(self.when.get("deed", line.at), line.at)
        since = self.when.pop("asked_again", None)
        for lane, calls in self.calls.items():
            rung = [call for call in calls if since is not None and call.at >= since]
            if any(call.reason == QUIET for call in rung):
                self.silent.discard(lane)
                for call in rung:
                    call.end(line.actor, line.at)

    def _call_made(self, line: Line) -> None:
        data, people = line.data, set(line.data["people"])
        call = Call(
            data["step"],
            data["turn"],
            line.at,
            set(people),
            reason=data["reason"],
            needs_all=bool(data.get("all_must")),
            called=people,
        )
        self.calls.setdefault(data["lane"], []).append(call)

    def _chat(self, line: Line) -> None:
        """A customer waits in a chat, or a person has attended to it."""
        case, how = line.data["case"], line.data.get("how")
        self.silent.discard(f"chat/{case}")
        if how is None:
            self.talks.setdefault(case, Talk(None)).since = line.at
        elif how == "left":
            self.talks.pop(case, None)
        elif case in self.talks:
            talk = self.talks[case]
            talk.seen = max(talk.seen or line.at, line.at)
            if how != "picked_up" and talk.since and talk.since <= line.at:
                talk.since = None

    def _first(self, line: Line) -> None:
        """The earliest answer is the one that counts."""
        is_first = line.kind not in self.when
        self.when[line.kind] = min(self.when.get(line.kind, line.at), line.at)
        if line.kind == "confirmed":
            if self.public and set(self.types) != set(line.data["types"]):
                self.public = None
                self.when.pop("shown", None)
            self.types = list(line.data["types"])
        if line.kind == "acknowledged":
            for lane in line.data["lanes"]:
                self.silent.discard(lane)
                answer(self.calls.get(lane, []), line.actor, line.at)
            if self.held is not None:
                self.taken |= {slug for slug in self.types if slug not in self.calls}
            for case, talk in self.talks.items():
                if talk.since and (is_first or f"chat/{case}" in line.data["lanes"]):
                    talk.seen = max(talk.seen or line.at, line.at)

    def _reopened(self, line: Line) -> None:
        for ended in ("resolved", "closed"):
            self.when.pop(ended, None)
        if not self.is_case:
            self.when.pop("said_next", None)
            self.when.pop("reported", None)
            self.when.pop("asked_again", None)
            self.when["reopened"] = line.at
            self.silent.clear()
            self.taken.clear()
            self.held = None

    def _update(self, line: Line) -> None:
        if line.at >= self.when.get("told", line.at):
            self.when["told"] = line.at
            self.when["said_next"] = datetime.fromisoformat(line.data["next_at"])
            self._forgive("next_update|", line.at)
        if line.data["is_public"]:
            at = max(self.when.get("told_publicly", line.at), line.at)
            self.when["told_publicly"] = at
            self._forgive("status_update|", at)

    def _published(self, line: Line) -> None:
        self.public = line.data["is_public"]
        if self.public:
            self.when.setdefault("shown", line.at)
        else:
            self.when.pop("shown", None)

    def _with_plan(self, plan: str) -> None:
        self.held = None
        if plan not in self.plans:
            self.plans.append(plan)

    def _forgive(self, clocks: str, answered_at: datetime) -> None:
        """An answer that is written down late takes back a miss that was due after it."""
        self.missed = [
            mark
            for mark in self.missed
            if not (mark[0].startswith(clocks) and mark[2] >= answered_at)
        ]

    # ── What is owed now ─────────────────────────────────────────────────────────────────────

    def owed(self) -> dict[str, Owed]:
        """The clocks that run after what was read, by their key."""
        found = self._of_case() if self.is_case else self._of_incident()
        return {each.key: each for each in found if each is not None}

    def _of_case(self) -> Iterator[Owed | None]:
        if self.is_open and "responded" not in self.when:
            targets = self.policy.plan(self.plan).first_response
            yield self._clock("first_response", self.when["opened"], targets)

    def _of_incident(self) -> Iterator[Owed | None]:
        when, policy, kinds = self.when, self.policy, self._kinds
        if not self.is_open:
            yield self._report()
            return
        opened, started = when["opened"], when["started"]
        if "acknowledged" not in when:
            yield self._clock("engaged", opened, [kind.respond_within for kind in kinds])
        if "confirmed" not in when:
            yield self._clock("confirm_triage", opened, [policy.triage.confirm_within])
        if "senior_accepted" not in when:
            yield self._clock("senior_owner", opened, self._for_a_senior())
        if "manager_accepted" not in when:
            yield self._clock("incident_manager", opened, [policy.incident_manager])
        yield self._clock("next_update", self._latest("told"), self._direct())
        if self.public or (self.public is None and self._is_its_place()):
            shown = () if self._is_its_place() else ("shown",)
            since = self._latest("told_publicly", *shown)
            yield self._clock("status_update", since, self._on_page())
        meant = [kind for kind in kinds if any(kind.is_for(plan) for plan in self.plans)]
        if "contained" not in when:
            yield self._clock("containment", started, [kind.contain_within for kind in meant])
        yield self._clock("resolution", started, [kind.resolve_within for kind in meant])
        yield from self._ladders()

    def _for_a_senior(self) -> Iterator[Target]:
        """Senior staff are promised: one has it before the first response is due."""
        if self.rules < 2 or not self.policy.handled_by:
            return
        for plan in self.plans:
            for target in self.policy.plan(plan).first_response:
                clause = self.policy.handled_by_clause
                yield replace(target, clause=clause, strength=Strength.TARGET)

    @property
    def _kinds(self) -> list[IssueType]:
        return [self.policy.issue_type(slug) for slug in self.types]

    def _latest(self, *told: str) -> datetime:
        """From when the next update is counted."""
        names = ("opened", "reopened", *told)
        return max(self.when[name] for name in names if name in self.when)

    def _direct(self) -> list[Target]:
        cadences = list(self.policy.urgent_updates)
        cadences += [each for plan in self.plans for each in self.policy.plan(plan).updates]
        cadences += [each for kind in self._kinds for each in kind.updates]
        return [Target(within=c.every, clause=c.clause, strength=c.strength) for c in cadences]

    def _on_page(self) -> list[Target]:
        found = [kind.status_page for kind in self._kinds if kind.status_page]
        if not found and self.policy.status_page_default:
            found = [self.policy.status_page_default]
        return [Target(within=c.every, clause=c.clause, strength=c.strength) for c in found]

    def _is_its_place(self) -> bool:
        """Whether the status page is where its types belong, whatever a person decided."""
        if any(kind.notification_regulations for kind in self._kinds):
            return False
        return any(kind.status_page for kind in self._kinds)

    def _report(self) -> Owed | None:
        if "resolved" not in self.when or "reported" in self.when:
            return None
        late = any(key.startswith("resolution|") for key, _, _ in self.missed)
        after_late = late and self.policy.report.after_missed_resolution
        if not after_late and not any(kind.post_incident_report for kind in self._kinds):
            return None
        targets = [self.policy.plan(plan).post_incident_report for plan in self.plans]
        return self._clock("post_incident_report", self.when["resolved"], targets)

    def _clock(self, kind: str, since: datetime, targets: Iterable[Target | None]) -> Owed | None:
        claims = {(due(t, since, self.calendar), t.clause, t.strength) for t in targets if t}
        said = self.when.get("said_next")
        if kind == "next_update" and claims and said and since < said < min(claims)[0]:
            claims.add((said, OUR_WORD, Strength.PROMISE))
        if not claims:
            return None
        ordered = tuple(sorted(claims))
        key = f"{kind}||{since.isoformat()}"
        gone = {(moment, clause) for clock, clause, moment in self.missed if clock == key}
        left = [moment for moment, clause, _ in ordered if (moment, clause) not in gone]
        return Owed(kind, "", since, ordered, left[0] if left else None)

    # ── Ladders ──────────────────────────────────────────────────────────────────────────────

    def ladders(self) -> Iterator[Owed]:
        """The next call of each ladder, and when whoever has the incident is asked again."""
        if not self.is_case and self.is_open:
            yield from self._ladders()

    def _ladders(self) -> Iterator[Owed]:
        for kind in self._kinds:
            found = self._next_call(kind.slug, kind.steps, self._half_time(kind))
            if found:
                yield found
            if kind.beside and not self.outside:
                beside = self._next_call(f"{kind.slug}/beside", (EscalationStep(),), None)
                if beside:
                    yield beside
        for case, talk in self.talks.items():
            if talk.since is not None and "acknowledged" in self.when:
                found = self._next_chat_call(case, max(talk.since, talk.seen or talk.since))
                if found:
                    yield found
        yield from self._question()

    def _question(self) -> Iterator[Owed]:
        """Acknowledged, and then nothing: whoever has it is asked, once, until they show up."""
        when = self.when
        if self.rules < 2 or "deed" not in when or "acknowledged" not in when:
            return
        if "contained" in when or "asked_again" in when:
            return
        if any(
            theirs(self._of(k.slug), is_taken=k.slug in self.taken) is not None
            for k in self._kinds
        ):
            spans = [
                k.still_on_it_after or self.policy.ladder.still_on_it_after for k in self._kinds
            ]
            since = max(when["deed"], when.get("reopened", when["opened"]))
            yield self._call("still_on_it", "", since, since + min(s.length for s in spans), None)

    def _of(self, lane: str) -> list[Call]:
        """The calls of a ladder since it stands."""
        again = self.when.get("reopened")
        return [c for c in self.calls.get(lane, []) if again is None or c.at >= again]

    def _half_time(self, kind: IssueType) -> datetime | None:
        """When lack of progress calls the last step."""
        goal = kind.resolve_within or kind.contain_within
        if goal is None or not any(kind.is_for(plan) for plan in self.plans):
            return None
        return self.when["started"] + goal.within.length * self.policy.ladder.no_progress_at

    def _next_call(
        self, lane: str, steps: Sequence[EscalationStep], half_time: datetime | None
    ) -> Owed | None:
        stands = self.when.get("reopened", self.when["opened"])
        calls = self._of(lane)
        is_taken = lane.removesuffix("/beside") in self.taken
        if not calls and not is_taken:
            at = max(stands, self.held) if self.held else stands
            return self._call("next_step", lane, stands, opens(self.calendar, steps[0], at), 0)
        found = [*self._unanswered(lane, steps, calls, is_taken=is_taken)]
        called = {call.step for call in calls}
        confirmed = self.when.get("confirmed")
        waits = "contained" not in self.when
        if waits and confirmed and len(steps) > 1 and 1 not in called:
            at = max(confirmed, stands)
            due_at = opens(self.calendar, steps[1], at)
            found.append(self._call("no_progress", lane, at, due_at, 1))
        last = len(steps) - 1
        if waits and half_time and last not in called:
            at = opens(self.calendar, steps[last], max(half_time, stands))
            found.append(self._call("no_progress", lane, self.when["started"], at, last))
        if waits and "asked_again" in self.when and not lane.endswith("/beside"):
            found += self._after_silence(lane, steps, calls, is_taken=is_taken)
        return min(found, key=lambda each: each.claims[0][0], default=None)

    def _after_silence(
        self, lane: str, steps: Sequence[EscalationStep], calls: list[Call], *, is_taken: bool
    ) -> Iterator[Owed]:
        asked_at = self.when["asked_again"]
        step = theirs(calls, is_taken=is_taken)
        if step is None or any(c.reason == QUIET and c.at >= asked_at for c in calls):
            return
        step = step + 1 if step + 1 < len(steps) else 0
        at = asked_at + self.policy.ladder.unanswered_after.length
        yield self._call("next_step", lane, asked_at, opens(self.calendar, steps[step], at), step)

    def _next_chat_call(self, case: str, quiet: datetime) -> Owed | None:
        """Who has the chat, then the ladder of the first type; all over again after each sign."""
        lane, quiet = f"chat/{case}", max(quiet, self.when.get("reopened", quiet))
        calls = [c for c in self.calls.get(lane, []) if c.at > quiet and not c.answered]
        if calls:
            steps = (EscalationStep(), *self._kinds[0].steps)
            return next(self._unanswered(lane, steps, calls), None)
        after = self.policy.chat_pages_after
        at = quiet + (after.length if after else timedelta(minutes=2))
        return self._call("next_step", lane, quiet, at, 0)

    def _unanswered(
        self,
        lane: str,
        steps: Sequence[EscalationStep],
        calls: list[Call],
        *,
        is_taken: bool = False,
    ) -> Iterator[Owed]:
        rules = self.policy.ladder
        wait = rules.unanswered_after.length
        found = climb(steps, calls, wait=wait, rounds=rules.rounds, is_taken=is_taken)
        if found is None or lane in self.silent:
            return
        at = found.at if found.step is None else opens(self.calendar, steps[found.step], found.at)
        yield self._call("next_step", lane, found.since, at, found.step)

    def _call(self, kind: str, lane: str, since: datetime, at: datetime, step: int | None) -> Owed:
        return Owed(kind, lane, since, ((at, lane, Strength.TARGET),), at, step)
