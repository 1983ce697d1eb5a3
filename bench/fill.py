"""Fills a desk through its own actions, in a process of its own: `python -m bench.fill WHAT …`.

`open CASES INCIDENTS` opens cases, so many to each incident. `lives TIMES` resolves and reopens
every incident so often, and resolves it. `due CASES FROM OVER` opens cases whose first response is
due in FROM seconds at the earliest, and over so many more. `pages PEOPLE INCIDENTS` makes so many
people, each with a device, and has every one of them asked, an equal share by each incident: these
pages wait for an hour. `rung INCIDENTS PEOPLE` opens incidents at each of which so many people are
called by telephone, and will be called once more.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redphone.config.settings")
django.setup()

from redphone import clock  # noqa: E402
from redphone.actions import incidents, reports  # noqa: E402
from redphone.actions.reports import Incoming  # noqa: E402
from redphone.core import ladder  # noqa: E402
from redphone.records import ledger  # noqa: E402
from redphone.records.models import Delivery, Device, IncidentRow, Person  # noqa: E402

BATCH = 50
FIRST_RESPONSE = timedelta(minutes=15)


def incoming(number: int, key: str, *, ago: timedelta = timedelta()) -> Incoming:
    mira = Person.objects.get(email="mira@nordwind.example")
    words = f"The dashboard is down for everyone here, nobody can sign in. ({number})"
    return Incoming(
        channel="api",
        received_at=clock.now() - ago,
        raw=words.encode(),
        content_type="text/plain",
        description=words,
        contact=mira.email,
        sender=mira.pk,
        customer=mira.customer_id,
        join_key=key,
    )


def fill_open(cases: int, troubles: int) -> None:
    share = cases // troubles
    for trouble in range(troubles):
        batch = [incoming(number, f"trouble-{trouble}") for number in range(share)]
        for start in range(0, share, BATCH):
            reports.take_reports(batch[start : start + BATCH])


def fill_lives(times: int) -> None:
    ines = Person.objects.get(email="ines@redphone.example").actor
    for ref in IncidentRow.objects.filter(status="open").values_list("ref", flat=True):
        for _ in range(times):
            _resolve(ref, ines)
            incidents.reopen(incident=ref, by=ines, why="It fails again.", at=clock.now())
        _resolve(ref, ines)


def _resolve(ref: str, by: str) -> None:
    words = "Service is restored, and checked from outside."
    incidents.resolve(incident=ref, by=by, words=words, at=clock.now())


def fill_due(cases: int, first: float, over: float) -> None:
    chance = random.Random(1)
    moments = sorted(chance.uniform(first, first + over) for _ in range(cases))
    batch = [
        incoming(number, "due", ago=FIRST_RESPONSE - timedelta(seconds=moment))
        for number, moment in enumerate(moments)
    ]
    for start in range(0, cases, BATCH):
        reports.take_reports(batch[start : start + BATCH])


def fill_pages(people: int, troubles: int) -> None:
    at = clock.now()
    made = Person.objects.bulk_create(
        [
            Person(email=f"page-{n}@redphone.example", name=f"Page {n}", role="responder")
            for n in range(people)
        ]
    )
    Device.objects.bulk_create(
        [
            Device(person=each, kind="mail", address=each.email, verified_at=at, created_at=at)
            for each in made
        ]
    )
    for number in range(troubles):
        reports.take_reports([incoming(number, f"pages-{number}")])
    refs = IncidentRow.objects.filter(status="open").order_by("number")
    for number, ref in enumerate(refs.values_list("ref", flat=True)[:troubles]):
        _ask(ref, made[number::troubles])


def fill_rung(troubles: int, people: int) -> None:
    at = clock.now()
    made = Person.objects.bulk_create(
        [
            Person(email=f"rung-{n}@redphone.example", name=f"Rung {n}", role="responder")
            for n in range(people)
        ]
    )
    Device.objects.bulk_create(
        [
            Device(
                person=each, kind="voice", address=f"+4420{n:08}", verified_at=at, created_at=at
            )
            for n, each in enumerate(made)
        ]
    )
    for number in range(troubles):
        reports.take_reports([incoming(number, f"rung-{number}")])
    for row in IncidentRow.objects.filter(status="open"):
        _ask(row.ref, made)
    now = clock.now()
    calls = Delivery.objects.filter(channel="voice", key__endswith="page").exclude(
        key__contains=":2/"
    )
    calls.update(state="sent", sent_at=now, message_id="CA1", next_try_at=now)


def _ask(ref: str, people: list[Person]) -> None:
    """One step of its ladder that calls all of these people; their pages wait for an hour."""
    at = clock.now()
    with ledger.writing(at=at) as book:
        stream = book.incident(ref)
        turn = ladder.turns(stream.state, stream.pinned.policy, stream.pinned.hours)[0]
        actors = tuple(person.actor for person in people)
        book.append(stream, ladder.ask(turn, people=actors, at=at))
    pages = Delivery.objects.filter(stream=ref, person__in=[person.pk for person in people])
    pages.update(next_try_at=at + timedelta(hours=1))


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    kinds: dict[str, Callable[..., None]] = {
        "open": fill_open,
        "lives": fill_lives,
        "due": fill_due,
        "pages": fill_pages,
        "rung": fill_rung,
    }
    kinds[what](*map(int, numbers))
