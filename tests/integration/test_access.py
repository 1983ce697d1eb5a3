"""Who may see what: the door, and the pages that answer what the desk refuses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client, RequestFactory

from redphone.clock import now
from redphone.core.case import CaseEnded
from redphone.core.policy import UnknownIssueType
from redphone.records import policies
from redphone.records.ledger import NoSuchStream
from redphone.records.models import Customer, Person
from redphone.records.models.person import Role
from redphone.records.queries.asker import ANYONE, Asker, NotAllowed, NotYours, require_role
from redphone.web import errors

if TYPE_CHECKING:
    from tests.conftest import Cast

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


@pytest.mark.parametrize("path", ["/now/", "/cases/", "/oncall/", "/customers/", "/policy/"])
def test_the_desks_pages_are_not_there_for_customers_and_closed_to_strangers(
    client: Client, mira: Person, path: str
) -> None:
    stranger = client.get(path)
    client.force_login(mira)
    customer = client.get(path)

    assert stranger.status_code in {302, 404}
    assert stranger.status_code == 404 or "/accounts/login/" in stranger.headers["Location"]
    assert customer.status_code == 404


def test_an_admin_may_what_a_role_may_and_others_may_not() -> None:
    manager, admin, responder, customer = (
        Asker(person_id=number, role=role)
        for number, role in enumerate(
            (Role.SUPPORT_MANAGER, Role.ADMIN, Role.RESPONDER, Role.CUSTOMER), start=1
        )
    )

    require_role(manager, Role.SUPPORT_MANAGER)
    require_role(admin, Role.SUPPORT_MANAGER)
    with pytest.raises(NotAllowed):
        require_role(responder, Role.SUPPORT_MANAGER)
    for nobody in (customer, ANYONE):
        with pytest.raises(NotYours):
            require_role(nobody, Role.SUPPORT_MANAGER)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoSuchStream(), 404),
        (NotYours(), 404),
        (UnknownIssueType(), 404),
        (NotAllowed(), 403),
        (CaseEnded(), 409),
        (ValueError(), 500),
    ],
)
def test_each_refusal_has_its_status(error: Exception, status: int) -> None:
    assert errors.status(error) == status


def test_a_page_of_ours_is_kept_by_no_cache(client: Client, mira: Person) -> None:
    client.force_login(mira)

    assert client.get("/my/cases/").headers["Cache-Control"] == "private, no-cache"


def test_the_hotline_is_dialled_with_one_touch(client: Client) -> None:
    assert 'href="tel:18005559999"' in client.get("/report/").content.decode()


def test_when_all_is_broken_the_hotline_is_still_there(client: Client) -> None:
    """POL-6: the last page that can be shown names the other way in."""
    client.get("/report/")

    answer = errors.broken(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "1-800-555-9999" in answer.content.decode()


def test_everyone_of_the_desk_sees_the_ways_in_and_each_role_its_own_links(cast: Cast) -> None:
    def page(person: Person) -> str:
        client = Client()
        client.force_login(person)
        answer = client.get("/connections/")
        return answer.content.decode() if answer.status_code == 200 else ""

    assert page(cast.mira) == ""
    assert "/doors/" in page(cast.ana)
    assert "/webhooks/" not in page(cast.ana)
    assert "/webhooks/" in page(cast.maya)
    assert "/tokens/" not in page(cast.maya)
    assert "/tokens/" in page(cast.rosa)


def test_the_address_of_a_form_says_where_to_go(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.rosa)

    answer = client.get("/doors/create/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Go back" in answer.content.decode()


def test_a_case_can_be_taken_from_its_page(cast: Cast) -> None:
    taken = cast.report(cast.mira, at=now())
    client = Client()
    client.force_login(cast.ana)
    address = f'action="/incidents/{taken.incident}/acknowledge/"'

    before = client.get(f"/cases/{taken.case}/").content.decode()
    client.post(f"/incidents/{taken.incident}/acknowledge/")
    after = client.get(f"/cases/{taken.case}/").content.decode()

    assert address in before
    assert address not in after
