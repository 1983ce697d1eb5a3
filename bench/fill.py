"""Fills a desk through its own actions, in a process of its own: `python -m bench.fill WHAT …`.

`open CASES INCIDENTS` opens cases, so many to each incident. `lives TIMES` resolves and reopens
every incident so often, and resolves it. `due CASES FROM OVER` opens cases whose first response is
due in FROM seconds at the earliest, and over so many more.
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
from redphone.records.models import IncidentRow, Person  # noqa: E402

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


if __name__ == "__main__":
    what, *numbers = sys.argv[1:]
    kinds: dict[str, Callable[..., None]] = {
        "open": fill_open,
        "lives": fill_lives,
        "due": fill_due,
    }
    kinds[what](*map(int, numbers))
