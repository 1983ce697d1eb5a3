"""The public status page, tried from the wrong side: what must never be on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from redphone.actions import incidents, updates
from redphone.clock import now
from redphone.core.updates import Stage
from redphone.records.models import Component, ComponentChange
from redphone.records.queries import public
from redphone.records.queries.asker import ANYONE
from redphone.web.public import status

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
SECRET = "Nordwind's till number 4711 shows an error, checkout is down for everyone."
SAID = "Some shops see an error when customers pay by card."
EVERYWHERE = ("/status/", "/status/history/", "/status/feed.atom", "/status/status.json")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches["process"].clear()


def everything(client: Client, *more: str) -> str:
    caches["process"].clear()
    return "\n".join(client.get(path).content.decode() for path in (*EVERYWHERE, *more))


def outage(cast: Cast, kind: str = "system-outage", said: str = SAID) -> str:
    at = now() - 10 * MINUTE
    ref = str(cast.report(cast.mira, SECRET, closest_to=kind, at=at).incident)
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=at + MINUTE)
    incidents.confirm(incident=ref, types=(kind,), by=cast.ana.actor, why="Seen.", at=at + MINUTE)
    updates.post_update(
        incident=ref,
        by=cast.ines.actor,
        words=said,
        next_at=at + 25 * MINUTE,
        stage=Stage.INVESTIGATING,
        at=at + 2 * MINUTE,
    )
    return ref


def test_what_was_said_in_public_is_on_the_page_with_the_next_time(
    cast: Cast, client: Client
) -> None:
    """POL-4, EMG-1."""
    ref = outage(cast)

    seen = client.get("/status/").content.decode()

    assert SAID in seen
    assert "Next update by" in seen
    assert "in 14 minutes" in seen or "in 15 minutes" in seen
    assert SAID in everything(client, f"/status/incident/{ref}/")


def test_no_word_of_a_report_nor_a_name_is_ever_public(cast: Cast, client: Client) -> None:
    """EMG-1: the words of customers are theirs, and who works on it is the desk's affair."""
    ref = outage(cast)
    at = now()
    incidents.note(incident=ref, by=cast.ana.actor, words="Our own thoughts", at=at)
    incidents.name_cause(
        incident=ref, by=cast.bo.actor, words="Certificate expired", is_outside=False, at=at
    )
    incidents.resolve(incident=ref, by=cast.ines.actor, words="Checked with Nordwind.", at=at)

    seen = everything(client, f"/status/incident/{ref}/")

    for private in (
        "4711", "Nordwind", "Mira", "Ana", "Ines", "Bo Lind", "RP-1", "person:",
        "Our own thoughts", "Certificate expired",
    ):  # fmt: skip
        assert private not in seen


def test_a_report_alone_changes_nothing_in_public(cast: Cast, client: Client) -> None:
    """Nobody turns the page red from outside: a person of the desk has to speak first."""
    ref = cast.report(None, "Everything is down!", closest_to="system-outage", at=now()).incident

    assert "All systems are operational" in client.get("/status/").content.decode()
    assert client.get(f"/status/incident/{ref}/").status_code == 404


def test_a_breach_stays_off_the_page_unless_someone_decides(cast: Cast, client: Client) -> None:
    """EMG-2."""
    words = "We have revoked the stolen key."
    ref = outage(cast, "data-security-incident", words)

    before = everything(client)
    hidden = client.get(f"/status/incident/{ref}/").status_code
    incidents.publish(
        incident=ref, by=cast.maya.actor, is_public=True, why="Legal agreed", at=now()
    )
    after = everything(client, f"/status/incident/{ref}/")

    assert words not in before
    assert ref not in before
    assert hidden == 404
    assert "Data Security Incident" in after
    assert words not in after, "it was said while the incident was not public"
    assert "Legal agreed" not in after


def test_what_is_taken_off_the_page_is_off_everywhere(cast: Cast, client: Client) -> None:
    ref = outage(cast)
    incidents.publish(incident=ref, by=cast.maya.actor, is_public=False, why="Wrong", at=now())

    seen = everything(client)

    assert SAID not in seen
    assert client.get(f"/status/incident/{ref}/").status_code == 404


def test_a_resolved_incident_stays_for_a_day_and_then_in_the_history(cast: Cast) -> None:
    """POL-8: as long as it may be reopened."""
    ref = outage(cast)
    at = now()
    incidents.resolve(incident=ref, by=cast.ines.actor, words="It is back.", at=at)

    soon = public.status_page(ANYONE, at + timedelta(hours=23))
    later = public.status_page(ANYONE, at + timedelta(hours=25))

    assert [(each.ref, each.is_open) for each in soon.incidents] == [(ref, False)]
    assert later.incidents == ()
    assert [each.ref for each in public.public_incidents(ANYONE)] == [ref]


def test_the_page_costs_few_questions_however_much_there_is(
    cast: Cast,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A loaded machine may take longer than the second that a page is kept for.
    monkeypatch.setattr(status, "KEPT_FOR", 60)
    for _ in range(3):
        outage(cast)
    client.get("/status/")
    caches["process"].clear()

    with django_assert_max_num_queries(9):
        client.get("/status/")
    with django_assert_max_num_queries(1):
        client.get("/status/")


def test_ninety_days_are_told_from_the_changes(cast: Cast) -> None:
    """The worst of each day, how long it lasted, and nothing before the component was there."""
    at = now().replace(hour=12, minute=0, second=0, microsecond=0)
    checkout = Component.objects.get(slug="checkout")
    for days, hours, state in (
        (40, 0, "operational"),
        (10, 0, "degraded"),
        (10, -2, "major_outage"),
        (10, -3, "operational"),
        (1, 0, "partial_outage"),
    ):
        ComponentChange.objects.create(
            component=checkout,
            state=state,
            at=at - timedelta(days=days, hours=hours),
            actor="system",
        )

    found = next(c for c in public.status_page(ANYONE, at).components if c.slug == "checkout")

    by_age = list(reversed(found.days))
    assert len(found.days) == 90
    assert by_age[41].state is None
    assert by_age[40].state == "operational"
    assert (by_age[10].state, by_age[10].trouble) == ("major_outage", timedelta(hours=3))
    assert by_age[9].state == "operational"
    assert (by_age[1].state, by_age[1].trouble) == ("partial_outage", timedelta(hours=12))
    assert (by_age[0].state, by_age[0].trouble) == ("partial_outage", timedelta(hours=12))


def test_programs_read_the_same(cast: Cast, client: Client) -> None:
    ref = outage(cast)

    told = client.get("/status/status.json").json()
    feed = client.get("/status/feed.atom")

    assert told["is_operational"] is False
    assert [each["ref"] for each in told["incidents"]] == [ref]
    assert told["incidents"][0]["updates"][0]["words"] == SAID
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    assert SAID in feed.content.decode()


def test_everyone_can_read_what_is_promised(cast: Cast, client: Client) -> None:
    """FAQ-3, POL-9: and a clause on a customer's page leads there."""
    page = client.get("/status/policy/").content.decode()

    assert 'id="FAQ-3"' in page
    assert "does not incur additional costs" in page
    assert "/status/policy/#FAQ-3" in client.get("/report/").content.decode()
