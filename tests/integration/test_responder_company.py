"""The rota, the customers and the components, as managers change them."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from redphone.actions import components as component_actions
from redphone.actions import customers as customer_actions
from redphone.actions import oncall as actions
from redphone.clock import now
from redphone.records import rotas
from redphone.records.models import (
    Component,
    ComponentChange,
    Contact,
    Customer,
    Override,
    Person,
    RotaShift,
)

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def maya(cast: Cast) -> Client:
    """A support manager's browser."""
    client = Client()
    client.force_login(cast.maya)
    return client


def test_a_shift_is_added_and_removed(cast: Cast, maya: Client) -> None:
    form = {
        "team": "CISO",
        "person": cast.ines.pk,
        "weekday": 2,
        "starts": "22:00",
        "ends": "06:00",
    }

    maya.post("/oncall/add-shift/", form)
    shift = RotaShift.objects.get(team__name="CISO", person=cast.ines)
    page = maya.get("/oncall/").content.decode()
    maya.post("/oncall/remove-shift/", {"shift": shift.pk})

    assert "22:00–06:00 next day" in page
    assert not RotaShift.objects.filter(pk=shift.pk).exists()


def test_a_shift_stands_once_and_only_for_people_of_the_desk(cast: Cast) -> None:
    noon = time(12)
    changed: dict[str, Any] = {"by": cast.maya.actor, "at": now()}
    first = changed | {"team": "CISO", "weekday": 0, "starts": noon, "ends": noon}
    actions.add_shift(**first, person=cast.ines.pk)

    with pytest.raises(actions.ShiftStandsAlready):
        actions.add_shift(**first, person=cast.ines.pk)
    with pytest.raises(actions.NotOfTheDesk):
        actions.add_shift(**first, person=cast.mira.pk)
    with pytest.raises(actions.NoSuchTeam):
        actions.add_shift(**first | {"team": "Caretakers"}, person=cast.ines.pk)
    with pytest.raises(actions.NoSuchWeekday):
        actions.add_shift(**first | {"weekday": 7}, person=cast.ines.pk)
    with pytest.raises(actions.NoSuchShift):
        actions.remove_shift(shift=0, **changed)


def test_who_stands_in_is_on_call_until_it_is_ended(cast: Cast, maya: Client) -> None:
    at = now()
    form = {
        "team": "L1 Support",
        "person": cast.bo.pk,
        "instead_of": cast.ana.pk,
        "starts_at": f"{at - HOUR:%Y-%m-%dT%H:%M}",
        "ends_at": f"{at + HOUR:%Y-%m-%dT%H:%M}",
    }

    maya.post("/oncall/add-override/", form)
    during = rotas.on_call("L1 Support", now())
    page = maya.get("/oncall/").content.decode()
    maya.post("/oncall/end-override/", {"override": Override.objects.get().pk})
    after = rotas.on_call("L1 Support", now() + timedelta(seconds=1))

    assert during == (cast.bo.actor,)
    assert "instead of Ana Reyes" in page
    assert after == (cast.ana.actor,)
    assert Override.objects.get().made_by == cast.maya.actor


def test_an_override_is_refused_when_its_times_or_people_are_no_use(cast: Cast) -> None:
    at = now()
    given: dict[str, Any] = {"team": "CISO", "person": cast.bo.pk, "by": cast.maya.actor, "at": at}

    def refused(kind: type[Exception], **more: object) -> None:
        wanted: dict[str, Any] = {"instead_of": None, "starts_at": at, "ends_at": at + HOUR} | more
        with pytest.raises(kind):
            actions.add_override(**given, **wanted)

    refused(actions.EndsBeforeItBegins, ends_at=at)
    refused(actions.OverInThePast, starts_at=at - 2 * HOUR, ends_at=at - HOUR)
    refused(actions.StandsInForThemselves, instead_of=cast.bo.pk)
    refused(actions.NotOfTheDesk, instead_of=cast.jon.pk)
    with pytest.raises(actions.NoSuchOverride):
        actions.end_override(override=0, by=cast.maya.actor, at=at)


def test_an_override_to_come_is_taken_back_without_a_trace(cast: Cast) -> None:
    at = now()
    made = actions.add_override(
        team="CISO",
        person=cast.bo.pk,
        instead_of=None,
        starts_at=at + HOUR,
        ends_at=at + 2 * HOUR,
        by=cast.maya.actor,
        at=at,
    )

    actions.end_override(override=made.pk, by=cast.maya.actor, at=at)

    assert not Override.objects.exists()


def test_the_page_names_teams_without_anybody_and_holes_in_the_week(
    cast: Cast, maya: Client
) -> None:
    RotaShift.objects.filter(team__name="Legal").delete()
    later = (now() + timedelta(days=3)).weekday()
    RotaShift.objects.filter(team__name="CISO", weekday=later).delete()

    page = maya.get("/oncall/").content.decode()

    empty = re.search(r"Nobody is on call now</b> for (.*?)\. Their steps", page, re.DOTALL)
    holed = re.search(r"have holes</b> for (.*?)\.</div>", page, re.DOTALL)
    assert empty is not None
    assert "Legal" in empty[1]
    assert "CISO" not in empty[1]
    assert holed is not None
    assert "Legal" in holed[1]
    assert "CISO" in holed[1]


def test_a_customer_is_taken_in_with_somebody_to_tell(maya: Client) -> None:
    maya.post("/add-customer/", {"name": "Alder & Co", "plan": "pro", "account_manager": ""})
    maya.post("/customers/alder-co/contact/", {"name": "Sam", "email": "Sam@alder.example"})
    contact = Contact.objects.get(customer__slug="alder-co")
    before = contact.is_reachable
    maya.post("/customers/alder-co/verify/", {"contact": contact.pk})
    contact.refresh_from_db()

    assert not before
    assert contact.is_reachable


def test_a_changed_address_has_to_be_verified_anew(maya: Client) -> None:
    contact = Contact.objects.get(customer__slug="nordwind")
    form = {"contact": contact.pk, "name": contact.name, "email": "new@nordwind.example"}

    maya.post("/customers/nordwind/contact/", form)

    contact.refresh_from_db()
    assert contact.email == "new@nordwind.example"
    assert contact.verified_at is None


def test_a_contact_is_put_right_and_removed(maya: Client) -> None:
    contact = Contact.objects.get(customer__slug="nordwind")
    contact.unreachable_at, contact.unreachable_why = now(), "550 no such user"
    contact.save()
    page = maya.get("/customers/nordwind/").content.decode()
    maya.post("/customers/nordwind/reach-again/", {"contact": contact.pk})
    contact.refresh_from_db()
    reachable = contact.is_reachable
    maya.post("/customers/nordwind/remove-contact/", {"contact": contact.pk})

    assert "550 no such user" in page
    assert reachable
    assert not Contact.objects.filter(pk=contact.pk).exists()


def test_a_contact_of_another_customer_is_out_of_reach(maya: Client) -> None:
    other = Contact.objects.get(customer__slug="petrel")

    answer = maya.post("/customers/nordwind/remove-contact/", {"contact": other.pk})

    assert answer.status_code == 409
    assert Contact.objects.filter(pk=other.pk).exists()


def test_what_is_wrong_with_a_customer_is_said_beside_the_form(maya: Client) -> None:
    taken = maya.post("/add-customer/", {"name": "Nordwind", "plan": "pro"})
    nowhere = maya.post("/customers/nordwind/contact/", {"name": "Sam"})
    twice = maya.post(
        "/customers/nordwind/contact/", {"name": "Sam", "email": "MIRA@nordwind.example"}
    )

    assert "already a customer of that name" in taken.content.decode()
    assert "needs an e-mail address or a telephone" in nowhere.content.decode()
    assert "already has a contact with that" in twice.content.decode()
    assert Customer.objects.filter(name="Nordwind").count() == 1


def test_somebody_new_chooses_their_password_by_a_link_shown_once(
    cast: Cast, maya: Client
) -> None:
    form = {"name": "Sam Reed", "email": "sam@nordwind.example"}

    made = maya.post("/customers/nordwind/person/", form, follow=True).content.decode()
    later = maya.get("/customers/nordwind/").content.decode()
    link = re.search(r"http://[^\s<]+/accounts/password/reset/key/[^\s<]+", made)

    person = Person.objects.get(email="sam@nordwind.example")
    assert (person.role, person.customer) == ("customer", cast.mira.customer)
    assert link is not None
    assert "/accounts/password/reset/key/" not in later
    visited = Client().get("/" + link[0].split("/", 3)[3], follow=True)
    assert visited.status_code == 200
    assert "password" in visited.content.decode().lower()


def test_nobody_is_made_twice_for_one_address(cast: Cast) -> None:
    nordwind = cast.mira.customer_id
    assert nordwind is not None

    with pytest.raises(customer_actions.AddressTaken):
        customer_actions.add_person(customer=nordwind, name="M", email="MIRA@nordwind.example")
    with pytest.raises(customer_actions.AddressUnusable):
        customer_actions.add_person(customer=nordwind, name="M", email="nowhere")


def test_components_are_added_and_set(maya: Client) -> None:
    maya.post("/components/add/", {"name": "Search", "description": "Finding things"})
    maya.post("/components/set/", {"component": "search", "state": "maintenance"})

    search = Component.objects.get(slug="search")
    assert (search.state, search.position) == ("maintenance", 5)
    assert ComponentChange.objects.get(component=search).incident_ref is None
    with pytest.raises(component_actions.ComponentNamed):
        component_actions.add(name="Search", description="")
    with pytest.raises(component_actions.NoSuchState):
        component_actions.set_state(
            component="search", state="gone", incident=None, by="person:1", at=now()
        )
