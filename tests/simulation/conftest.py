"""The house under a virtual clock: real actions, real PostgreSQL, time moved by the test.

`advance` goes from one due moment to the next, as the clock loop would, so that nothing is
skipped: what is owed in between happens at its own moment.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Min
from tests.simulation import laws
from tests.simulation.phones import Phone, Phones

from redphone.actions import (
    cases,
    chat,
    chat_desk,
    duty,
    failures,
    incidents,
    policies,
    reports,
    updates,
)
from redphone.actions.chat import Message, Writer
from redphone.core.updates import Stage
from redphone.records import rotas
from redphone.records.models import (
    CaseRow,
    Customer,
    DeadlineRow,
    Delivery,
    Device,
    EntryRow,
    Person,
    RotaShift,
    RuleStep,
    Team,
)

if TYPE_CHECKING:
    from tests.conftest import Cast

POLICY_FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class House:
    """One desk in one bad night. Its last incident and case are the ones that verbs mean."""

    cast: Cast
    now: datetime = START
    incidents: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    phones: Phones = field(default_factory=Phones)
    _writer: Writer = field(default_factory=lambda: Writer(actor="anonymous", scope="house"))

    @property
    def incident(self) -> str:
        return self.incidents[-1]

    @property
    def case(self) -> str:
        return self.cases[-1]

    def report(
        self, issue_type: str, *, plan: str = "enterprise", by: str = "", **more: Any
    ) -> None:
        """A customer reports, having chosen the type in the form."""
        person = self._customer(plan, by)
        taken = reports.take_report(
            reports.Incoming(
                channel="button",
                received_at=self.now,
                raw=b"",
                content_type="text/plain",
                description=more.pop("words", "It does not work for us."),
                contact=person.email,
                sender=person.pk,
                customer=person.customer_id,
                closest_to=issue_type.replace("_", "-"),
                **more,
            )
        )
        self.incidents.append(str(taken.incident))
        self.cases.append(str(taken.case))

    def chat(self, words: str, *, by: str | None = "pro") -> None:
        """A customer opens an emergency chat; `by` None is somebody unknown."""
        person = self.cast.jon if by else None
        self._writer = Writer(
            actor=person.actor if person else "anonymous",
            scope="house",
            sender=person.pk if person else None,
            customer=person.customer_id if person else None,
        )
        sent = chat.start(self._message(words), self._writer, at=self.now)
        assert sent.opened
        self.incidents.append(str(sent.opened.incident))
        self.cases.append(str(sent.case))

    def write_chat(self, words: str) -> None:
        chat.say(self._message(words), self._writer, case=self.case, at=self.now)

    def answer_chat(self, by: Person, words: str) -> None:
        chat_desk.answer(self._message(words), case=self.case, by=by.actor, at=self.now)

    def pick_up_chat(self, by: Person) -> None:
        chat_desk.pick_up(case=self.case, by=by.actor, at=self.now)

    def _message(self, words: str) -> Message:
        return Message(id=str(uuid.uuid4()), text=words)

    def rung(self) -> list[str]:
        """Who was rung for the last incident, by name, in order."""
        names = {person.actor: person.name for person in Person.objects.all()}
        return [names[who] for row in self._entries("asked") for who in row.data["people"]]

    def _customer(self, plan: str, email: str) -> Person:
        known = {"enterprise": self.cast.mira, "pro": self.cast.jon}
        if not email:
            return known[plan]
        found = Person.objects.filter(email=email).first()
        if found:
            return found
        customer = Customer.objects.create(
            name=email, slug=email.replace("@", "-").replace(".", "-"), plan=plan, created_at=START
        )
        person: Person = Person.objects.create_user(
            email, name=email, role="customer", customer=customer
        )
        return person

    def advance(self, *, minutes: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Let time go by; what becomes due happens when it is due."""
        end = self.now + timedelta(minutes=minutes, hours=hours, seconds=seconds)
        self.phones.work(self.now)
        while (due := self._next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            did = duty.handle_due(at=self.now)
            before = self.phones.next_due()
            self.phones.work(self.now)
            if not did and (before is None or before > self.now):
                raise AssertionError(f"something is due at {due} and nothing is done about it")
        self.now = end

    def restart(self) -> None:
        """Every process dies and is started anew: nothing is left but the rows."""
        self.phones = replace(self.phones)

    def phone(self, whose: str) -> Phone:
        """The devices of who is on call for a team, or of a person by their first name."""
        team = Team.objects.filter(name__iexact=whose).first()
        if team is not None:
            (actor, *_) = rotas.on_call(team.name, self.now)
            person = Person.objects.get(pk=int(actor.removeprefix("person:")))
        else:
            named = Person.objects.exclude(role="customer").filter(name__istartswith=whose)
            person = named.get()
        return Phone(self.phones, person, self.now)

    def device(self, whose: str, kind: str, address: str, *after: float) -> Device:
        """Give somebody a verified device; with minutes, it is tried then by their own rule."""
        person = self.phone(whose).person
        device = Device.objects.create(
            person=person, kind=kind, address=address, verified_at=START, created_at=START
        )
        for minutes in after:
            RuleStep.objects.create(
                person=person,
                urgency="urgent",
                position=RuleStep.objects.filter(person=person).count(),
                device=device,
                after_s=int(minutes * 60),
            )
        return device

    def _next_due(self) -> datetime | None:
        running = DeadlineRow.objects.filter(outcome="running")
        first: datetime | None = running.aggregate(first=Min("next_at"))["first"]
        coming = (first, self.phones.next_due())
        return min((at for at in coming if at is not None), default=None)

    def rewrite(self, old: str, new: str) -> None:
        """Publish our policy with one thing said otherwise; what is reported from now on goes by
        it."""
        text = POLICY_FILE.read_text()
        assert text.count(old) == 1, old
        policies.publish(text=text.replace(old, new), filename="house.toml", at=self.now)

    def is_down(self, *, minutes: float) -> None:
        """Every process of the desk is away for so long: nobody looks at what is due."""
        self.now += timedelta(minutes=minutes)

    def no_page_reaches(self, person: Person) -> None:
        """What was to be sent to somebody is refused for good."""
        for row in Delivery.objects.filter(person=person, purpose="page", state="pending"):
            Delivery.objects.filter(pk=row.pk).update(
                state="sending", tries=1, sending_since=self.now
            )
            row.refresh_from_db()
            failures.fail(row, error="550 no such user", why="refused", at=self.now)

    def asked(self) -> list[tuple[int, str, list[str]]]:
        """Every call on the last incident: minute, reason, and who was rung."""
        names = {person.actor: person.name for person in Person.objects.all()}
        return [
            (self._minutes(row.at), row.data["reason"], [names[who] for who in row.data["people"]])
            for row in self._entries("asked")
        ]

    def nobody_on_call_for(self, team: str) -> None:
        RotaShift.objects.filter(team__name=team).delete()

    def acknowledge(self, by: Person) -> None:
        incidents.acknowledge(incident=self.incident, by=by.actor, at=self.now)

    def at_work(self, by: Person, *, minutes: int) -> None:
        """Let time go by while somebody works on it, and writes so every twenty minutes."""
        for part in range(0, minutes, 20):
            self.advance(minutes=min(20, minutes - part))
            self.note(by, f"Part {part} of the search is done.")

    def note(self, by: Person, words: str) -> None:
        incidents.note(incident=self.incident, by=by.actor, words=words, at=self.now)

    def skip_to(self, by: Person, step: int, why: str = "We need them now.") -> None:
        """Call a step of the first ladder; steps count from 1, as on the page."""
        lane = str(next(self._entries("opened")).data["types"][0])
        incidents.skip_to_step(
            incident=self.incident, lane=lane, step=step - 1, by=by.actor, why=why, at=self.now
        )

    def confirm(self, by: Person, *types: str) -> None:
        incidents.confirm(
            incident=self.incident, types=types, by=by.actor, why="seen", at=self.now
        )

    def respond(self, by: Person) -> None:
        cases.respond(case=self.case, by=by.actor, words="We are on it.", at=self.now)

    def update(self, by: Person, words: str, *, next_in: int = 30) -> None:
        updates.post_update(
            incident=self.incident,
            by=by.actor,
            words=words,
            next_at=self.now + timedelta(minutes=next_in),
            stage=Stage.INVESTIGATING,
            at=self.now,
        )

    def resolve(self, by: Person) -> None:
        words = "Service is restored and checked."
        incidents.resolve(incident=self.incident, by=by.actor, words=words, at=self.now)

    def pages(self) -> list[tuple[int, str]]:
        """Every step that was called on the last incident: minutes after it opened, and team."""
        return [
            (self._minutes(row.at), slug(team))
            for row in self._entries("asked")
            for team in row.data["teams"]
        ]

    def paged(self) -> list[str]:
        """The teams that were called, each once, in the order of their first call."""
        return list(dict.fromkeys(team for _, team in self.pages()))

    def missed(self, strength: str = "promise") -> list[tuple[str, str]]:
        """What was missed so far, with the strictest clause: promises, or targets."""
        rows = EntryRow.objects.filter(kind="missed", data__strength=strength).order_by("at", "id")
        return [(row.data["kind"], row.data["clauses"][0]) for row in rows]

    def told(self, email: str) -> list[str]:
        """What somebody was sent, in order."""
        rows = Delivery.objects.filter(address=email).order_by("id")
        return [row.purpose for row in rows]

    def due(self, kind: str) -> float:
        """Minutes until a clock of the last incident or case is due."""
        streams = (self.incident, self.case)
        row = DeadlineRow.objects.get(stream__in=streams, kind=kind, outcome="running")
        assert row.due_at is not None
        return (row.due_at - self.now) / timedelta(minutes=1)

    def kinds(self) -> list[str]:
        return [row.kind for row in EntryRow.objects.filter(stream=self.incident).order_by("seq")]

    def open_cases(self) -> int:
        return CaseRow.objects.filter(status="open").count()

    def _entries(self, kind: str) -> Iterator[EntryRow]:
        yield from EntryRow.objects.filter(stream=self.incident, kind=kind).order_by("seq")

    def _minutes(self, at: datetime) -> int:
        opened = EntryRow.objects.get(stream=self.incident, seq=1).at
        return int((at - opened) / timedelta(minutes=1))


def slug(team: str) -> str:
    return str(Team.objects.get(name=team).slug)


@pytest.fixture
def house(cast: Cast) -> Iterator[House]:
    """A house in which the laws hold at the end of its night."""
    house = House(cast)
    yield house
    laws.hold(at=house.now)
