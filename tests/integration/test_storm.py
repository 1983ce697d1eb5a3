"""Two thousand reports of one outage in a minute: one page, all the cases, no queue for a row.

They come as they do in earnest: from many threads, through the intakes of two web processes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection, connections

from redphone.actions import duty, incidents, updates, verify
from redphone.actions.intake import Intake
from redphone.actions.reports import Incoming, Taken, take_reports
from redphone.core.updates import Stage
from redphone.records.models import CaseRow, Component, Delivery, EntryRow, IncidentRow
from redphone.records.verdicts import Finding

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MANY = 2000
AT_ONCE = 16
INTAKES = 2


def incoming(cast: Cast, number: int, **more: object) -> Incoming:
    """The n-th report of the minute; each third is Jon's, who is on the Pro plan."""
    who = cast.jon if number % 3 == 0 else cast.mira
    words = f"The dashboard is down for all of us, nobody can sign in ({number})."
    return Incoming(
        channel="api",
        received_at=NOON + number * MINUTE / MANY,
        raw=words.encode(),
        content_type="text/plain",
        description=words,
        contact=who.email,
        sender=who.pk,
        customer=who.customer_id,
        **more,  # type: ignore[arg-type]
    )


def storm(reports: list[Incoming]) -> list[Taken]:
    """Take them all in from many threads; what became of each."""
    intakes = [Intake() for _ in range(INTAKES)]
    share = len(reports) // AT_ONCE
    parts = [reports[n * share : (n + 1) * share] for n in range(AT_ONCE)]

    def take(number: int) -> list[Taken]:
        try:
            return [intakes[number % INTAKES].take(each) for each in parts[number]]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for part in pool.map(take, range(AT_ONCE)) for each in part]


@contextmanager
def watched() -> Iterator[list[str]]:
    """Looks all the time for connections that wait for another one's row."""
    found: list[str] = []
    stop = threading.Event()
    where = connection.settings_dict

    def look() -> None:
        with psycopg.connect(
            host=where["HOST"], user=where["USER"], dbname=where["NAME"], autocommit=True
        ) as eye:
            while not stop.wait(0.005):
                rows = eye.execute(
                    "select wait_event, query from pg_stat_activity "
                    "where wait_event_type = 'Lock' and wait_event in ('tuple', 'transactionid')"
                ).fetchall()
                found.extend(f"{event}: {query}" for event, query in rows)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def pages() -> list[str]:
    return list(Delivery.objects.filter(purpose="page").values_list("address", flat=True))


def findings() -> list[Finding]:
    found: list[Finding] = []
    verify.verify(at=NOON + 2 * MINUTE, found=found.append)
    return found


def test_a_storm_of_one_outage_pages_once_and_is_answered_by_one_update(cast: Cast) -> None:
    """POL-2, POL-4, POL-8, FAQ-3."""
    reports = [incoming(cast, n, join_key="outage") for n in range(MANY + 2)]
    # The first of each plan changes the incident; from then on nobody needs its row.
    taken = take_reports(reports[:2])
    with watched() as waits:
        taken += storm(reports[2:])
    duty.handle_due(at=NOON + MINUTE)

    (ref,) = {each.incident for each in taken}
    assert len({each.case for each in taken}) == MANY + 2 == CaseRow.objects.count()
    assert pages() == [cast.ana.email]
    assert waits == []

    updates.post_update(
        incident=str(ref),
        by=cast.ines.actor,
        words="We see that nobody can sign in, and look into it.",
        next_at=NOON + 20 * MINUTE,
        stage=Stage.INVESTIGATING,
        at=NOON + 2 * MINUTE,
    )

    assert not CaseRow.objects.filter(first_response_at=None).exists()
    assert Delivery.objects.filter(purpose="update").count() == 2
    assert EntryRow.objects.filter(stream=ref).count() < 20
    assert findings() == []


def test_a_storm_joins_the_incident_that_gathers_its_component(cast: Cast) -> None:
    """A person has said: what names the checkout belongs here."""
    first = str(cast.report(cast.mira).incident)
    checkout = Component.objects.get(slug="checkout")
    incidents.gather(incident=first, component=checkout.slug, by=cast.ines.actor, at=NOON)
    before = pages()
    named = {"component": checkout.slug}
    reports = [incoming(cast, n, fields=named) for n in range(2 + MANY // 10)]
    taken = take_reports(reports[:2])

    with watched() as waits:
        taken += storm(reports[2:])

    assert {each.incident for each in taken} == {first}
    assert IncidentRow.objects.count() == 1
    assert pages() == before
    assert waits == []
    assert findings() == []
