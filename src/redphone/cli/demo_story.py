"""The story that the demo plays: an outage of one component, in 26 minutes.

A story is a list of beats: the minute, what is said on the terminal, and what is done at the
desk's doors. What is done later may need the numbers that earlier beats got; they are in `Play`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from redphone.cli.demo_cast import Cast, Player
from redphone.cli.demo_doors import Desk

RUNBOOK = "service-outage"

WORDS = (
    "Our customers can't pay: every order ends with an error page.",
    "Checkout hangs, then says 502. It worked an hour ago.",
    "No order has come in since ten minutes, the payment page does not load.",
    "All of our shops report that card payments fail.",
    "Payments time out for everyone here.",
)


@dataclass(frozen=True, slots=True)
class Beat:
    """Something that happens at a minute of the story."""

    minute: float
    says: str
    do: Callable[[], Any]


@dataclass(slots=True)
class Play:
    """A story that is being played on a desk. `now` is asked for each promise that is made."""

    desk: Desk
    cast: Cast
    now: Callable[[], datetime]
    case: str = ""
    incident: str = ""
    alarm: str = ""
    reported: dict[str, str] = field(default_factory=dict)

    def beats(self) -> list[Beat]:
        """The whole story, in its order."""
        found = [*self._beginning(), *self._storm(), *self._work(), *self._end()]
        return sorted(found, key=lambda beat: beat.minute)

    def _beginning(self) -> Iterator[Beat]:
        first, ana, ines = self.cast.customers[0], self.cast.responder, self.cast.manager
        yield Beat(0, f"{first.name} presses the button", self._press_the_button)
        yield Beat(0.5, "Monitoring raises an alarm, with a key of its own", self._alarm)
        yield Beat(1, "The same alarm again, and again: its key joins them", self._alarm)
        yield Beat(1.2, "One more alarm", self._alarm)
        yield Beat(2, f"{ana.name} acknowledges: the ringing ends", self._verb(ana, "acknowledge"))
        outage = {"types": ["system-outage"], "why": "Monitoring sees it too."}
        yield Beat(2.5, f"{ana.name} confirms an outage", self._verb(ana, "confirm", outage))
        yield Beat(
            3,
            f"{ana.name} answers {first.name}",
            lambda: self.desk.post(
                ana,
                f"/cases/{self.case}/respond",
                {"words": "We see it and work on it with all we have. I stay with you."},
            ),
        )
        yield Beat(3.5, f"{ines.name} takes the incident", self._verb(ines, "take", self._why()))
        yield Beat(4, "The alarm is the same trouble: its cases join", self._join_the_alarm)
        gather = {"component": self.cast.component}
        yield Beat(
            4.5,
            "From now on, reports about it join by themselves",
            self._verb(ines, "gather", gather),
        )

    def _storm(self) -> Iterator[Beat]:
        rest = self.cast.customers[1:]
        for number, who in enumerate(rest):
            # Most come in a rush, the last few drop in later.
            minute = 5 + number * 0.12 if number < len(rest) - 5 else 12.5 + number * 0.02
            yield Beat(minute, f"{who.name} reports it too", self._reports(who, number))

    def _work(self) -> Iterator[Beat]:
        ana, ines = self.cast.responder, self.cast.manager
        yield Beat(4.7, "The status page turns red", self._component("major_outage"))
        start = self._verb(ines, f"runbooks/{RUNBOOK}/start")
        yield Beat(4.8, f"{ines.name} starts the runbook", start)
        yield self._tick(5.1, ines, 1, "All regions, payments only.")
        yield self._tick(6, ana, 2, "Engineering is on the bridge.")
        yield Beat(
            7,
            "First update: everyone who waits is answered by it",
            self._update(
                "Card payments fail for all customers since a few minutes. We have the "
                "on-call engineers on it and look at the payment gateway first.",
                "investigating",
            ),
        )
        note = {"words": "Gateway pool exhausted since the 14:00 deployment. Rolling back."}
        yield Beat(9, f"{ana.name} notes what she found", self._verb(ana, "note", note))
        cause = {"words": "A deployment that leaks connections to the payment gateway."}
        yield Beat(10, f"{ines.name} names the cause", self._verb(ines, "cause", cause))
        yield self._tick(10.5, ines, 3, "Rollback takes about ten minutes.")
        yield Beat(
            11,
            "Second update: the cause is found",
            self._update(
                "A deployment of ours exhausts the connections to the payment gateway. "
                "We are rolling it back, region by region.",
                "cause_found",
            ),
        )
        yield self._tick(11.5, ana, 4, "Second update is out.")
        yield Beat(12, "A customer who never reported is named", self._name_the_silent)
        yield Beat(14.5, "Those who came late are answered one by one", self._answer_the_late)
        yield Beat(16, "It gets better", self._component("degraded"))

    def _end(self) -> Iterator[Beat]:
        ines = self.cast.manager
        evidence = {"evidence": "No new failed payment for five minutes, in any region."}
        yield Beat(17, "Contained", self._verb(ines, "contain", evidence))
        yield Beat(
            18,
            "Third update: watching",
            self._update(
                "The rollback is through in all regions and payments work again. "
                "We watch it for some minutes before we call it done.",
                "monitoring",
            ),
        )
        yield self._tick(21, ines, 5, "Test orders from outside, in each region.")
        yield Beat(21.5, "The status page is green", self._component("operational"))
        resolved = {
            "words": "Payments work again for everyone since a few minutes; we placed test "
            "orders in every region from outside. Thank you for your patience."
        }
        yield Beat(22, "Resolved: everyone is told", self._verb(ines, "resolve", resolved))
        report = {
            "timeline": "Failures began with the deployment. The first customer and our alarm "
            "told us within a minute; the rollback was through 16 minutes later.",
            "root_cause": "A library update kept connections to the payment gateway open.",
            "resolution": "We rolled the deployment back and tested each region from outside.",
            "prevention": "The gateway's pool has an alarm now, and deployments stop by "
            "themselves when payments fail.",
        }
        yield Beat(25, "The post-incident report goes out", self._verb(ines, "report", report))
        yield Beat(26, "Closed", self._verb(ines, "close"))

    # ── What the beats do ────────────────────────────────────────────────────────────────────

    def _verb(
        self, who: Player, verb: str, body: dict[str, Any] | None = None
    ) -> Callable[[], Any]:
        return lambda: self.desk.post(who, f"/incidents/{self.incident}/{verb}", body)

    def _why(self) -> dict[str, Any]:
        """One emergency each: on a desk that has a real one they say why they have both."""
        busy = self.cast.manager_is_busy
        return {"why": "This one is the demo's: it is played beside the other."} if busy else {}

    def _tick(self, minute: float, who: Player, step: int, note: str) -> Beat:
        path = f"runbooks/{RUNBOOK}/steps/{step}/tick"
        says = f"{who.name} ticks step {step} of the runbook"
        return Beat(minute, says, self._verb(who, path, {"note": note}))

    def _update(self, words: str, stage: str) -> Callable[[], Any]:
        def post() -> None:
            next_at = self.now() + timedelta(minutes=25)
            body = {"words": words, "next_at": next_at.isoformat(), "stage": stage}
            self._verb(self.cast.manager, "update", body)()

        return post

    def _press_the_button(self) -> None:
        first = self.cast.customers[0]
        words = f"{WORDS[0]} The whole shop is down for all of our users."
        self.case = self.desk.report_by_button(first, self.cast.password, words)
        told = self.desk.get(self.cast.manager, f"/cases/{self.case}")
        self.incident = str(told["incident"])

    def _alarm(self) -> None:
        body = {
            "description": "ALARM payments: error rate 97 % in all regions for 60 s",
            "channel": "monitoring",
            # Each play has a key of its own, or it would join the last one's incident.
            "join_key": f"payments-error-rate after {self.case}",
            "business_impact": "Nobody can pay.",
        }
        told = self.desk.post(self.cast.responder, "/reports", body)
        self.alarm = str(told["incident"])

    def _join_the_alarm(self) -> None:
        found = self.desk.get(self.cast.manager, f"/cases?incident={self.alarm}&limit=200")
        for case in found["items"]:
            self.desk.post(
                self.cast.manager,
                f"/cases/{case['ref']}/move",
                {"to": self.incident, "why": "It is the same outage."},
            )

    def _reports(self, who: Player, number: int) -> Callable[[], Any]:
        def report() -> None:
            body = {
                "description": WORDS[number % len(WORDS)],
                "component": self.cast.component,
                "users_affected": "all of them" if number % 2 else "",
            }
            self.reported[who.name] = str(self.desk.post(who, "/reports", body)["case"])

        return report

    def _component(self, state: str) -> Callable[[], Any]:
        def say() -> None:
            who = self.cast.manager
            components = self.desk.get(who, "/components")
            now = next(c["state"] for c in components if c["slug"] == self.cast.component)
            if now != state:
                body = {"state": state, "incident": self.incident}
                self.desk.post(who, f"/components/{self.cast.component}/state", body)

        return say

    def _name_the_silent(self) -> None:
        body = {
            "customer": self.cast.silent,
            "evidence": "seen",
            "words": "Their payments fail in our logs.",
        }
        self._verb(self.cast.responder, "name-customer", body)()

    def _answer_the_late(self) -> None:
        """Whoever came after the last update has had no person's word yet."""
        found = self.desk.get(self.cast.responder, f"/cases?incident={self.incident}&limit=200")
        words = (
            "Thank you for telling us. The cause is found and we are rolling it back; the last "
            "update says more, and the next one comes within half an hour."
        )
        for case in found["items"]:
            if case["first_response_at"] is None:
                path = f"/cases/{case['ref']}/respond"
                self.desk.post(self.cast.responder, path, {"words": words})
