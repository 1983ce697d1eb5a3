"""`redphone demo` plays its outage on a running desk, by the desk's own doors."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from redphone import clock
from redphone.actions import company, company_turns, incidents, policies
from redphone.cli import demo
from redphone.core.oncall import Rota, on_call, spans
from redphone.records import rotas
from redphone.records.models import (
    ApiToken,
    CaseRow,
    Component,
    ComponentChange,
    Customer,
    Delivery,
    EntryRow,
    IncidentRow,
    Person,
)

if TYPE_CHECKING:
    from click.testing import Result
    from pytest_django.live_server_helper import LiveServer
    from tests.conftest import Cast

POLICY_FILE = Path(__file__).parents[2] / "policies" / "urgent-support.toml"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def with_our_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "database", nullcontext)


def play(url: str) -> Result:
    return CliRunner().invoke(demo.demo, ["--url", url, "--speed", "1000000"])


def test_the_outage_of_forty_customers_is_played_to_its_end(
    cast: Cast, live_server: LiveServer
) -> None:
    """POL-1 to POL-8, EMG-1, RUN-4, FAQ-2, FAQ-7."""
    before = Customer.objects.count()

    played = play(live_server.url)

    assert played.exit_code == 0, played.output
    assert Customer.objects.count() == before + 40
    incident = IncidentRow.objects.get(status="closed")
    cases = CaseRow.objects.filter(incident=incident)
    assert cases.count() == 39 + 3
    assert not cases.filter(first_response_at=None).exists()
    first = cases.order_by("number")[0]
    assert (first.channel, first.customer and first.customer.name) == (
        "button",
        "Kestrel Robotics",
    )
    assert cases.filter(channel="monitoring").count() == 3
    kinds = set(EntryRow.objects.filter(stream=incident.ref).values_list("kind", flat=True))
    assert kinds >= {
        *("acknowledged", "confirmed", "manager_accepted", "gathering", "customer_named"),
        *("update_posted", "runbook_started", "step_ticked", "contained", "resolved"),
        *("reported", "closed"),
    }
    # The alarm's own incident ended when its cases joined; nobody else was paged for the storm.
    assert IncidentRow.objects.count() == 2
    assert set(Delivery.objects.filter(purpose="page").values_list("stream", flat=True)) <= set(
        IncidentRow.objects.values_list("ref", flat=True)
    )
    assert Component.objects.get(slug="checkout").state == "operational"
    assert ComponentChange.objects.filter(component__slug="checkout").count() == 3
    assert incident.ref in played.output
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_two_teams_get_rotas_that_are_made_of_turns(cast: Cast) -> None:
    """One follows the sun, each awake; in the other a second stands beside the first."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)

    company_turns.plan(at, "desk.demo.example")
    company_turns.plan(at, "desk.demo.example")

    planned = rotas.rotas(at, [company_turns.SUN, company_turns.WEEKLY])
    sun, weekly = planned[company_turns.SUN], planned[company_turns.WEEKLY]
    assert (len(sun.layers), len(weekly.layers)) == (3, 2)
    zones = {at.hour: _zones(sun, at) for at in (at + timedelta(hours=n) for n in (0, 8, 13))}
    assert zones == {1: {"Asia/Tokyo"}, 12: {"Europe/Berlin"}, 20: {"America/Los_Angeles"}}
    year = spans(weekly, at, at + timedelta(days=365))
    assert {len(span.people) for span in year} == {2}
    # Whose week it was is the second in the next.
    assert all(two.people[1] == one.people[0] for one, two in pairwise(year))


def test_the_company_of_a_first_start_has_colleagues_who_take_turns(
    transactional_db: None,
) -> None:
    """Who was always on call of the two teams takes turns, too, and everyone can sign in."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    policies.publish(text=POLICY_FILE.read_text(), filename=POLICY_FILE.name, at=at)

    people = company.found(
        password="a word that only tests know", at=at, has_phones=True, has_turns=True
    )

    planned = rotas.rotas(at, [company_turns.SUN, company_turns.WEEKLY])
    assert [len(rota.layers) for rota in planned.values()] == [3, 2]
    bo = Person.objects.get(email="bo@redphone.example")
    assert on_call(planned[company_turns.WEEKLY], at)[0] == f"person:{bo.pk}"
    desk = Person.objects.exclude(role="customer")
    assert {each.email for each in desk} < {each.email for each in people}
    assert all(each.check_password("a word that only tests know") for each in desk[:2])
    numbers = [each.phone_e164 for each in desk]
    assert all(numbers)
    assert len(set(numbers)) == len(desk) == 12


def _zones(rota: Rota, at: datetime) -> set[str]:
    return {rota.zones[person] for person in on_call(rota, at)}


def test_it_can_be_played_again_with_the_same_customers(
    cast: Cast, live_server: LiveServer
) -> None:
    first = play(live_server.url)
    people = Person.objects.count()

    again = play(live_server.url)

    assert (first.exit_code, again.exit_code) == (0, 0), again.output
    assert Person.objects.count() == people
    assert IncidentRow.objects.filter(status="closed").count() == 2


def test_it_is_played_beside_an_emergency_that_its_manager_has_already(
    cast: Cast, live_server: LiveServer
) -> None:
    """Whoever walks through README as Ines and then plays the demo has one open."""
    at = clock.now()
    other = cast.report(cast.mira, at=at, closest_to="system-outage").incident
    incidents.take(incident=str(other), by=cast.ines.actor, at=at)

    played = play(live_server.url)

    assert played.exit_code == 0, played.output
    assert IncidentRow.objects.get(ref=other).status == "open"


def test_without_a_desk_it_says_so_and_takes_its_tokens_back(cast: Cast) -> None:
    played = play("http://127.0.0.1:9")

    assert played.exit_code == 1
    assert "Is it up?" in played.output
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_on_a_desk_without_people_it_says_what_to_do(cast: Cast) -> None:
    Person.objects.filter(role="responder").update(is_active=False)

    played = play("http://127.0.0.1:9")

    assert played.exit_code == 1
    assert "redphone up" in played.output
