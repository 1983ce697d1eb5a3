"""Who may see what: the door, and the pages that answer what the desk refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from redphone.clock import now
from redphone.records import policies
from redphone.records.models import Customer, Person
from redphone.records.models.person import Role

POLICY = Path(__file__).parents[2] / "policies" / "urgent-support.toml"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def policy() -> None:
    policies.publish(POLICY.read_text(), filename=POLICY.name, at=now())


@pytest.fixture
def mira() -> Person:
    nordwind = Customer.objects.create(
        name="Nordwind", slug="nordwind", plan="enterprise", created_at=now()
    )
    return Person.objects.create_user(
        "mira@nordwind.example",
        "a long enough word",
        name="Mira",
        role=Role.CUSTOMER,
        customer=nordwind,
    )


@pytest.fixture
def ana() -> Person:
    return Person.objects.create_user("ana@redphone.example", "a long enough word", name="Ana")


@pytest.mark.parametrize(
    "address",
    ["/report/", "/status/", "/status/history/", "/accounts/login/", "/accounts/password/reset/"],
)
def test_anyone_sees_the_open_pages(client: Client, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 200


def test_whoever_has_not_signed_in_is_led_to_the_report(client: Client) -> None:
    answer = client.get("/")

    assert answer.headers["Location"] == "/report/"


def test_a_page_that_is_not_there_says_how_to_report_an_emergency(client: Client) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "1-800-555-9999" in answer.content.decode()


def test_a_customer_signs_in_and_lands_at_their_cases(client: Client, mira: Person) -> None:
    typed = {"login": " Mira@Nordwind.example", "password": "a long enough word"}

    answer = client.post("/accounts/login/", typed, follow=True)

    assert answer.redirect_chain[-1][0] == "/my/cases/"
    assert "Nothing is open" in answer.content.decode()


@pytest.mark.parametrize("who", ["mira", "ana"])
def test_everybody_has_a_page_of_their_own(
    client: Client, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))

    for address in ("/me/", "/accounts/2fa/", "/accounts/password/change/", "/accounts/logout/"):
        assert client.get(address).status_code == 200, address
