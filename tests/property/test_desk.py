"""Thousands of bad nights on a desk in memory, and the laws that hold through all of them.

A night mixes reports, everything people do (also written down late), two clock loops with clocks
of their own that find work and do it in any order, crashes before a commit, jobs that are lost or
come twice, and workers that die before or after a send.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from redphone.core import attend, clocks, command, deeds, ladder, updates
from redphone.core import case as cases
from redphone.core import chat as chats
from redphone.core import incident as incidents
from redphone.core.case import Case
from redphone.core.hours import BusinessHours
from redphone.core.incident import Incident
from redphone.core.ladder import BESIDE
from redphone.core.policy.file import load_policy
from redphone.core.recompute_minutes import Calendar
from redphone.core.recompute_rules import Line, Notes
from redphone.core.report import Report
from redphone.core.stream import DeskError, Entry
from redphone.core.updates import Purpose, Stage
from redphone.forecast.desk import Crashed, Desk

POLICY = load_policy((Path(__file__).parents[2] / "policies" / "urgent-support.toml").read_text())
HOURS = BusinessHours(
    name=POLICY.hours.name, time_zone=POLICY.hours.time_zone, week=POLICY.hours.week
)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SKEW = 45
"""A loop's clock is at most so many seconds fast or slow."""

WORDS = {
    "system-outage": "Total outage, the whole site is down.",
    "data-security-incident": "We see another customer's data.",
    "payment-processing-failure": "Payments are failing.",
    "account-lockout": "Our account is locked.",
    "other-emergency": "It is very bad, come quickly.",
}
TEAMS = sorted(
    {team for kind in POLICY.issue_types.values() for step in kind.steps for team in step.teams}
)
PEOPLE = [f"person:{n}" for n in range(1, 6)]

minutes = st.integers(min_value=0, max_value=40)
late = st.sampled_from([0, 0, 0, 1, 3, 8, 20])
person = st.sampled_from(PEOPLE)
which = st.integers(min_value=0, max_value=50)
types = st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=2).map(tuple)
plans = st.sampled_from(["enterprise", "pro", None])


class BadNight(RuleBasedStateMachine):
    """One night; `now` is the true time, which nobody on the desk knows exactly."""

    @initialize(
        staffed=st.sets(st.sampled_from(TEAMS)),
        skews=st.tuples(*[st.integers(min_value=-SKEW, max_value=SKEW)] * 2),
    )
    def begin(self, staffed: set[str], skews: tuple[int, int]) -> None:
        crew = {team: (PEOPLE[n % len(PEOPLE)],) for n, team in enumerate(TEAMS)}
        self.desk = Desk(
            policy=POLICY,
            hours=HOURS,
            on_call=lambda team, at: crew.get(team, ()) if team in staffed else (),
        )
        self.now = NOON
        self.skews = [timedelta(seconds=seconds) for seconds in skews]
        self.found: list[list[str]] = [[], []]
        self.told = 0

    # ── What happens ─────────────────────────────────────────────────────────────────────────

    @rule(passed=minutes, seconds=st.integers(min_value=0, max_value=59))
    def time_goes_by(self, passed: int, seconds: int) -> None:
        self.now += timedelta(minutes=passed, seconds=seconds)

    @rule(
        kind=st.sampled_from(sorted(WORDS)),
        plan=plans,
        join=st.booleans(),
        n=which,
        channel=st.sampled_from(["button", "chat"]),
    )
    def somebody_reports(
        self, kind: str, plan: str | None, join: bool, n: int, channel: str = "button"
    ) -> None:
        open_ones = [ref for ref in self.incidents if self.desk.incident(ref).is_open]
        is_full = len(self.incidents) >= 3
        if len(self.desk.streams) >= 9 or (is_full and not open_ones):
            return
        joins = self.pick(open_ones, n) if join or is_full else None
        report = Report(channel=channel, received_at=self.now, description=WORDS[kind], plan=plan)
        with contextlib.suppress(Crashed):
            self.desk.report(report, at=self.now, joins=joins)

    @rule(n=which)
    def a_customer_writes_in_a_chat(self, n: int) -> None:
        self.attempt_chat(n, 0, lambda i, case, at: attend.wait(i, case=case, by="system", at=at))

    @rule(n=which, by=person, ago=late)
    def somebody_picks_a_chat_up(self, n: int, by: str, ago: int) -> None:
        self.attempt_chat(n, ago, lambda i, case, at: attend.pick_up(i, case=case, by=by, at=at))

    @rule(n=which, by=person, ago=late)
    def somebody_answers_in_a_chat(self, n: int, by: str, ago: int) -> None:
        self.attempt_chat(n, ago, lambda i, case, at: attend.answer(i, case=case, by=by, at=at))

    @rule(n=which, by=person)
    def somebody_settles_a_chat(self, n: int, by: str) -> None:
        self.attempt_chat(n, 0, lambda i, case, at: attend.settle(i, case=case, by=by, at=at))

    @rule(n=which, by=person, ago=late)
    def somebody_acknowledges(self, n: int, by: str, ago: int) -> None:
        self.attempt(n, ago, lambda i, at: command.acknowledge(i, by=by, at=at))

    @rule(n=which, by=person, ago=late, named=st.none() | types)
    def somebody_confirms(self, n: int, by: str, ago: int, named: tuple[str, ...] | None) -> None:
        self.attempt(
            n,
            ago,
            lambda i, at: command.confirm(i, types=named or i.types, by=by, why="seen", at=at),
        )

    @rule(n=which, by=person, ago=late)
    def somebody_takes_it(self, n: int, by: str, ago: int) -> None:
        self.attempt(n, ago, lambda i, at: command.take(i, by=by, at=at))

    @rule(n=which, by=person, to=person)
    def somebody_offers_it(self, n: int, by: str, to: str) -> None:
        self.attempt(n, 0, lambda i, at: command.offer(i, to=to, by=by, note="", at=at))

    @rule(n=which, by=person, ago=late)
    def somebody_contains_it(self, n: int, by: str, ago: int) -> None:
        self.attempt(n, ago, lambda i, at: command.contain(i, by=by, evidence="Shut.", at=at))

    @rule(n=which, by=person, outside=st.booleans())
    def somebody_names_the_cause(self, n: int, by: str, outside: bool) -> None:
        self.attempt(
            n,
            0,
            lambda i, at: command.name_cause(i, by=by, words="It.", is_outside=outside, at=at),
        )

    @rule(n=which, by=person, shown=st.booleans())
    def somebody_decides_about_the_page(self, n: int, by: str, shown: bool) -> None:
        self.attempt(
            n, 0, lambda i, at: command.publish(i, by=by, is_public=shown, why="Asked.", at=at)
        )

    @rule(n=which, by=person, ago=late, next_in=st.integers(min_value=1, max_value=30))
    def somebody_posts_an_update(self, n: int, by: str, ago: int, next_in: int) -> None:
        def post(state: Incident, at: datetime) -> Entry:
            return updates.post_update(
                state,
                POLICY,
                by=by,
                words=f"Way number {self.told} was tried.",
                previous="",
                next_at=at + timedelta(minutes=next_in),
                stage=Stage.INVESTIGATING,
                at=at,
            )

        self.told += 1
        self.attempt(n, ago, post)

    @rule(n=which, by=person, ago=late)
    def somebody_resolves_it(self, n: int, by: str, ago: int) -> None:
        self.attempt(
            n, ago, lambda i, at: command.resolve(i, by=by, words="Well.", at=at), end=True
        )

    @rule(n=which, by=person, ago=late)
    def somebody_declines_it(self, n: int, by: str, ago: int) -> None:
        if n % 4 == 0:
            self.attempt(
                n // 4, ago, lambda i, at: command.decline(i, by=by, reason="No.", at=at), end=True
            )

    @rule(n=which, by=person)
    def somebody_reopens_it(self, n: int, by: str) -> None:
        self.attempt(n, 0, lambda i, at: command.reopen(i, by=by, why="Back.", at=at), end=True)

    @rule(n=which, by=person)
    def somebody_closes_it(self, n: int, by: str) -> None:
        self.attempt(n, 0, lambda i, at: command.close(i, by=by, at=at), end=True)

    @rule(n=which, by=person, lane=which)
    def somebody_calls_the_next_step(self, n: int, by: str, lane: int) -> None:
        if ref := self.pick(self.incidents, n):
            state = self.desk.incident(ref)
            with contextlib.suppress(DeskError, Crashed):
                name = state.types[lane % len(state.types)]
                self.desk.call_next(ref, lane=name, by=by, at=self.now)

    @rule(n=which, by=person, ago=late)
    def somebody_answers_a_customer(self, n: int, by: str, ago: int) -> None:
        def answer(case: Case, at: datetime) -> Entry:
            return cases.respond(case, by=by, words="We are on it.", at=at)

        self.attempt_case(n, ago, answer)

    @rule(n=which, by=person, plan=st.sampled_from(["enterprise", "pro"]))
    def somebody_finds_out_whose_case_it_is(self, n: int, by: str, plan: str) -> None:
        def known(case: Case, at: datetime) -> Entry:
            return cases.identify(case, customer="1", plan=plan, channels=(), by=by, at=at)

        self.attempt_case(n, 0, known)

    @rule(n=which)
    def a_device_takes_nothing(self, n: int) -> None:
        pages = [row for row in self.desk.deliveries.values() if row.purpose is Purpose.PAGE]
        if row := self.pick(pages, n):
            lost = updates.delivery_failed(
                key=row.key,
                purpose=row.purpose,
                to=row.to,
                lane=row.lane,
                why="refused",
                at=self.now,
            )
            with contextlib.suppress(Crashed):
                self.desk.do(row.ref, lambda _: lost, at=self.now)

    @rule()
    def the_next_process_crashes(self) -> None:
        self.desk.crashes_next = True

    # ── Clock loops and workers ──────────────────────────────────────────────────────────────

    @rule(loop=st.sampled_from([0, 1]))
    def a_loop_looks_for_work(self, loop: int) -> None:
        self.found[loop] = self.desk.due(self.now + self.skews[loop])

    @rule(loop=st.sampled_from([0, 1]))
    def a_loop_does_what_it_found(self, loop: int) -> None:
        for ref in self.found[loop]:
            with contextlib.suppress(Crashed):
                self.desk.handle(ref, at=self.now + self.skews[loop])
        self.found[loop] = []

    @precondition(lambda self: self.desk.jobs)
    @rule(
        n=which, fate=st.sampled_from(["done", "done", "done", "lost", "twice", "before", "after"])
    )
    def a_worker_takes_a_job(self, n: int, fate: str) -> None:
        job = self.desk.jobs.pop(n % len(self.desk.jobs))
        if fate == "lost":
            return
        self.desk.work(job, dies=fate if fate in {"before", "after"} else "")
        if fate == "twice":
            self.desk.work(job)

    # ── Laws that hold at every moment ───────────────────────────────────────────────────────

    @invariant()
    def a_standing_miss_stands_once(self) -> None:
        for stream in self.desk.streams.values():
            marks = Counter((m.clock, m.clause, m.due_at) for m in stream.state.missed)
            assert all(count == 1 for count in marks.values()), marks

    @invariant()
    def nothing_rings_twice(self) -> None:
        assert all(count == 1 for count in self.desk.phones.values())

    # ── Laws that hold in the morning ────────────────────────────────────────────────────────

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        self.desk.crashes_next = False
        # Past every skew, so that nothing is marked that is not yet due by the true time.
        self.now += timedelta(seconds=2 * SKEW)
        self.desk.advance(self.now)
        for ref, stream in self.desk.streams.items():
            state, entries = stream.state, stream.entries
            if isinstance(state, Case):
                assert cases.replay(entries, ref=ref) == state
                self.check_first_response(state)
            else:
                assert incidents.replay(entries, ref=ref) == state
                self.check_incident(state, entries)
                self.check_chats(state)
                check_the_second_reading(ref, entries)
            self.check_nothing_is_overdue(state)
        self.check_deliveries()
        self.check_that_it_ends()

    def check_nothing_is_overdue(self, state: Case | Incident) -> None:
        """Each promise that runs is still to come, or has its one standing miss."""
        for clock in clocks.running(state, POLICY, HOURS):
            marked = {(m.clause, m.due_at) for m in state.missed if m.clock == clock.key}
            for claim in () if clock.kind.is_ladder else clock.claims:
                is_past = claim.due_at <= self.now
                assert is_past == ((claim.clause, claim.due_at) in marked), (clock, marked)

    def check_first_response(self, case: Case) -> None:
        """Kept, let go before it was due, or missed; reckoned here by hand for Enterprise.

        A clock that has ended is not judged again when another plan becomes known, or when what
        was over comes back.
        """
        again = any(e.kind in {"identified", "reopened"} for e in self.entries(case.ref))
        if POLICY.plan(case.plan).slug != "enterprise" or again:
            return
        due = case.opened_at + timedelta(minutes=15)
        ended = [case.first_response_at, case.declined_at, case.resolved_at]
        first = min((moment for moment in ended if moment), default=None)
        missed = {m.clause for m in case.missed if m.due_at == due}
        expected = {"FAQ-3", "POL-2"} if (first or self.now) > due else set()
        assert missed == expected, (case, first)

    def check_incident(self, incident: Incident, entries: tuple[Entry, ...]) -> None:
        self.check_pages(entries)
        self.check_silence(entries)
        opened, changed = entries[0], [e for e in entries if e.kind in {"reopened", "confirmed"}]
        if changed or tuple(opened.data["types"]) != incident.types:
            return
        ended = incident.resolved_at or incident.declined_at
        for kind, done, within in (
            ("incident_manager", incident.managed_at, 15),
            ("engaged", incident.engaged_at, _engaged_within(incident.types)),
        ):
            due = incident.opened_at + timedelta(minutes=within)
            first = min((moment for moment in (done, ended) if moment), default=self.now)
            missed = any(mark.clock.startswith(f"{kind}|") for mark in incident.missed)
            assert missed == (first > due), (kind, first, due)

    def check_chats(self, incident: Incident) -> None:
        """FAQ-2, FAQ-3: a customer who waits has somebody called, or about to be, until the end
        of a ladder has been told to the managers."""
        turns = {turn.lane for turn in ladder.turns(incident, POLICY, HOURS)}
        for chat in incident.chats:
            if incident.is_open and chat.since is not None:
                own = {chats.lane(chat.case)}
                lanes = own if incident.engaged_at else set(incident.types)
                assert lanes & (turns | set(incident.exhausted)), chat

    def check_pages(self, entries: tuple[Entry, ...]) -> None:
        """No page after an acknowledgement, in its lane, but for lack of progress, by hand, or
        since nobody said that they were still on it, once they were asked."""
        answered: set[str] = set()
        asked: Counter[str] = Counter()
        before: dict[str, str] = {}
        went_quiet: set[str] | None = None
        for entry in entries:
            lane, reason = entry.data.get("lane", ""), entry.data.get("reason", "")
            if deeds.is_deed(entry) and went_quiet is not None:
                # Whoever shows up answers for all that was rung since they were asked again.
                answered, went_quiet = answered | went_quiet, None
            if entry.kind == "reopened":
                answered, asked, before, went_quiet = set(), Counter(), {}, None
            elif entry.kind == "asked_again":
                assert went_quiet is None
                went_quiet = set()
            elif reason == "went_quiet":
                assert went_quiet is not None
                assert lane not in went_quiet
                went_quiet, answered = went_quiet | {lane}, answered - {lane}
                asked[lane], before[lane] = 1, reason
            elif lane.startswith(chats.LANE):
                continue  # Whoever answers such a page and writes nothing is called again.
            elif entry.kind == "acknowledged":
                answered |= set(entry.data["lanes"]) & set(before)
            elif entry.kind == "ladder_exhausted":
                assert lane not in answered
            elif entry.kind == "asked":
                asked[lane] += reason != "by_hand"
                if lane in answered:
                    passed_on = {"nobody_on_call", "nobody_reached"}
                    assert reason in {"no_progress", "by_hand", *passed_on}, reason
                before[lane] = reason
        for lane, count in asked.items():
            steps = 1 if lane.endswith(BESIDE) else len(POLICY.issue_type(lane).steps)
            assert count <= steps * POLICY.ladder.rounds + 2, (lane, count)

    def check_silence(self, entries: Iterable[Entry]) -> None:
        """After the end nothing rings, warns or is missed, but the post-incident report."""
        is_over = False
        for entry in entries:
            if entry.kind in {"resolved", "declined"}:
                is_over = True
            elif entry.kind == "reopened":
                is_over = False
            elif is_over:
                assert entry.kind not in {"asked", "ladder_exhausted"}
                if entry.kind in {"warned", "missed"}:
                    assert entry.data["kind"] == "post_incident_report"

    def check_deliveries(self) -> None:
        """No message is lost: each was sent, once, or was overtaken."""
        desk = self.desk
        desk.sweep()
        for job in desk.jobs:
            desk.work(job)
        for key, row in desk.deliveries.items():
            assert row.state in {"sent", "stale"}
            assert desk.phones[key] == 1 or row.state == "stale"

    def check_that_it_ends(self) -> None:
        """Left alone, every clock comes to rest: ladders end, and misses are told once."""
        before = sum(len(stream.entries) for stream in self.desk.streams.values())
        self.desk.advance(self.now + timedelta(days=40))
        after = sum(len(stream.entries) for stream in self.desk.streams.values())

        assert self.desk.next_at == {}
        assert after - before <= 60 * len(self.incidents) + 22 * len(self.desk.streams)

    # ── Ways to say it shortly ───────────────────────────────────────────────────────────────

    @property
    def incidents(self) -> list[str]:
        return [ref for ref in self.desk.streams if ref.startswith("INC-")]

    def entries(self, ref: str) -> tuple[Entry, ...]:
        return self.desk.stream(ref).entries

    def pick(self, things: list[Any], n: int) -> Any:
        return things[n % len(things)] if things else None

    def moment(self, ref: str, ago: int) -> datetime:
        """When it happened: now, or some minutes ago, but not before the stream began."""
        opened = self.desk.stream(ref).state.opened_at
        return max(opened, self.now - timedelta(minutes=ago))

    def attempt(
        self, n: int, ago: int, verb: Callable[[Incident, datetime], Entry], *, end: bool = False
    ) -> None:
        """A person tries a verb on some incident; a refusal or a crash changes nothing."""
        if ref := self.pick(self.incidents, n):
            at, before = self.moment(ref, ago), dict(self.desk.streams)
            do = self.desk.end if end else self.desk.do
            try:
                do(ref, lambda incident: verb(incident, at), at=self.now)
            except (DeskError, Crashed):
                assert self.desk.streams == before

    def attempt_chat(
        self, n: int, ago: int, verb: Callable[[Incident, str, datetime], tuple[Entry, ...]]
    ) -> None:
        """Something happens in a conversation of some incident."""
        talks = [(ref, c.case) for ref in self.incidents for c in self.desk.incident(ref).chats]
        if not talks:
            return
        ref, case = self.pick(talks, n)
        with contextlib.suppress(DeskError, Crashed), self.desk.writing(self.now) as book:
            book.append(ref, *verb(book.incident(ref), case, self.moment(ref, ago)))

    def attempt_case(self, n: int, ago: int, verb: Callable[[Case, datetime], Entry]) -> None:
        refs = [ref for ref in self.desk.streams if ref.startswith("RP-")]
        if ref := self.pick(refs, n):
            at = self.moment(ref, ago)
            with contextlib.suppress(DeskError, Crashed):
                self.desk.do_case(ref, lambda case: verb(case, at), at=self.now)


def check_the_second_reading(ref: str, entries: tuple[Entry, ...]) -> None:
    """FAQ-2: after each entry both readings know the same next step of each ladder."""
    notes = Notes(False, POLICY, Calendar(POLICY.hours, frozenset()))
    state: Incident | None = None
    for seq, entry in enumerate(entries, 1):
        state = incidents.apply(state, entry, ref=ref)
        line = Line(seq, entry.kind, entry.at, entry.at, entry.actor, entry.data)
        notes.read(line)
        first = {(turn.lane, turn.due_at) for turn in ladder.turns(state, POLICY, HOURS)}
        second = {(o.lane, o.due_at) for o in notes.owed().values() if o.is_ladder}
        assert first == second, (seq, entry)


def _engaged_within(types: tuple[str, ...]) -> int:
    quick = {"system-outage", "data-security-incident", "other-emergency"}
    return 15 if quick & set(types) else 30


class TestBadNight(BadNight.TestCase):  # type: ignore[misc, valid-type]
    """Nights that Hypothesis invents, and makes as short as it can when one breaks a law."""

    settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


NIGHTS = 400
"""How many nights are thrown by dice: less clever than Hypothesis, and many more in a minute."""


def test_many_nights_by_dice() -> None:
    """The same laws, the same rules, moves drawn by a die that is loaded towards busy nights."""
    seen: Counter[str] = Counter()
    for seed in range(NIGHTS):
        night = a_night_by_dice(Random(seed))
        night.teardown()
        for stream in night.desk.streams.values():
            seen.update(entry.kind for entry in stream.entries)

    # Nights in which nothing happens would try nothing.
    for kind in (
        "missed", "asked", "acknowledged", "resolved", "reopened", "ladder_exhausted",
        "chat_waits", "chat_attended",
    ):  # fmt: skip
        assert seen[kind] >= NIGHTS / 10, seen


def a_night_by_dice(dice: Random) -> BadNight:
    def n() -> int:
        return dice.randint(0, 50)

    def by() -> str:
        return dice.choice(PEOPLE)

    def ago() -> int:
        return dice.choice([0, 0, 0, 1, 3, 8, 20])

    def named() -> tuple[str, ...] | None:
        some = tuple(dice.sample(sorted(WORDS), dice.choice([1, 1, 2])))
        return dice.choice([None, some])

    night = BadNight()
    skews = (dice.randint(-SKEW, SKEW), dice.randint(-SKEW, SKEW))
    night.begin({team for team in TEAMS if dice.random() < 0.7}, skews)
    often: list[tuple[int, Callable[[], object]]] = [
        (5, lambda: night.time_goes_by(dice.randint(0, 40), dice.randint(0, 59))),
        (3, lambda: night.somebody_reports(
            dice.choice(sorted(WORDS)), dice.choice(["enterprise", "pro", None]),
            dice.random() < 0.5, n(), dice.choice(["button", "chat"]),
        )),
        (3, lambda: night.a_customer_writes_in_a_chat(n())),
        (2, lambda: night.somebody_picks_a_chat_up(n(), by(), ago())),
        (2, lambda: night.somebody_answers_in_a_chat(n(), by(), ago())),
        (1, lambda: night.somebody_settles_a_chat(n(), by())),
        (2, lambda: night.somebody_acknowledges(n(), by(), ago())),
        (2, lambda: night.somebody_confirms(n(), by(), ago(), named())),
        (1, lambda: night.somebody_takes_it(n(), by(), ago())),
        (1, lambda: night.somebody_offers_it(n(), by(), by())),
        (1, lambda: night.somebody_contains_it(n(), by(), ago())),
        (1, lambda: night.somebody_names_the_cause(n(), by(), dice.random() < 0.5)),
        (1, lambda: night.somebody_decides_about_the_page(n(), by(), dice.random() < 0.5)),
        (3, lambda: night.somebody_posts_an_update(n(), by(), ago(), dice.randint(1, 30))),
        (1, lambda: night.somebody_resolves_it(n(), by(), ago())),
        (1, lambda: night.somebody_declines_it(n(), by(), ago())),
        (1, lambda: night.somebody_reopens_it(n(), by())),
        (1, lambda: night.somebody_closes_it(n(), by())),
        (1, lambda: night.somebody_calls_the_next_step(n(), by(), n())),
        (2, lambda: night.somebody_answers_a_customer(n(), by(), ago())),
        (1, lambda: night.somebody_finds_out_whose_case_it_is(
            n(), by(), dice.choice(["enterprise", "pro"])
        )),
        (1, lambda: night.a_device_takes_nothing(n())),
        (1, night.the_next_process_crashes),
        (4, lambda: night.a_loop_looks_for_work(dice.randint(0, 1))),
        (4, lambda: night.a_loop_does_what_it_found(dice.randint(0, 1))),
    ]  # fmt: skip
    weights = [weight for weight, _ in often]
    for _, move in dice.choices(often, weights=weights, k=40):
        move()
        while night.desk.jobs and dice.random() < 0.7:
            fate = dice.choice(["done", "done", "done", "lost", "twice", "before", "after"])
            night.a_worker_takes_a_job(n(), fate)
        night.a_standing_miss_stands_once()
        night.nothing_rings_twice()
    return night
