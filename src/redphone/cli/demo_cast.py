"""Who is in the demo: forty customers, the desk's people whose tokens it borrows, and rotas."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.text import slugify

from redphone.actions import company_turns, customers, tokens
from redphone.records.models import Customer, IncidentRow, Person
from redphone.records.models.component import Component
from redphone.records.models.person import Role

NAMES = (
    *("Kestrel Robotics", "Alder & Finch", "Bluewater Freight", "Cobalt Clinics", "Dovetail"),
    *("Ember Street", "Fjordlight", "Gannet Air", "Harrow Books", "Inkwell", "Juniper Homes"),
    *("Kitehill", "Larkspur Foods", "Marlow Dental", "Northgate Rail", "Orchard Bank"),
    *("Pinewood Schools", "Quarry Tools", "Redfern Optics", "Saltmarsh", "Thistle Travel"),
    *("Umber Studio", "Vantage Solar", "Willow Care", "Xenia Labs", "Yarrow Tea"),
    *("Zephyr Bikes", "Ashdown", "Birch Legal", "Clearbrook", "Driftwood Hotels", "Eastmoor"),
    *("Foxglove Pharmacy", "Greystone", "Hollin Energy", "Ivory Pianos", "Jetty Marine"),
    *("Kelp & Co", "Limestone Insurance", "Moorland Wool"),
)
FIRST_NAMES = ("Alva", "Ben", "Cara", "Dara", "Eli", "Femi", "Gus", "Hana", "Ivo", "Juno")
DOMAIN = "demo.example"
LASTS = timedelta(days=1)
"""How long the demo's tokens open anything: it takes them back itself when it ends well."""


class CannotPlay(Exception):
    """The desk has nothing that the demo could play on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody in the story, with the token that lets the demo speak for them."""

    name: str
    email: str
    token: str
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Cast:
    """Everyone in the story. `password` is the first customer's, who uses the pages."""

    responder: Player
    manager: Player
    customers: tuple[Player, ...]
    silent: str
    password: str
    component: str
    prefixes: tuple[str, ...]
    manager_is_busy: bool


def gather(at: datetime) -> Cast:
    """Make who is missing, and a token for each. Who is there already stays as they are.

    Raises:
        CannotPlay: the desk lacks a responder, an incident manager or a free component.
    """
    component = _free_component()
    responder = _of_role(Role.RESPONDER)
    manager = _of_role(Role.INCIDENT_MANAGER)
    people = [_customers_person(number, name, at) for number, name in enumerate(NAMES)]
    password = secrets.token_urlsafe(12)
    # Only one of them signs in, so only one password is made: each takes a while to hash.
    people[0].set_password(password)
    people[0].save(update_fields=["password"])
    # The last one never reports: the desk finds out by itself that they are affected.
    *reporting, silent = people
    company_turns.plan(at, f"desk.{DOMAIN}")
    prefixes: list[str] = []
    return Cast(
        responder=_player(responder, at, prefixes),
        manager=_player(manager, at, prefixes),
        customers=tuple(_player(person, at, prefixes) for person in reporting),
        silent=_slug(silent),
        password=password,
        component=component,
        prefixes=tuple(prefixes),
        manager_is_busy=IncidentRow.objects.filter(status="open", manager=manager).exists(),
    )


def dismiss(cast: Cast, at: datetime) -> None:
    """Take the demo's tokens back."""
    for prefix in cast.prefixes:
        tokens.revoke(prefix=prefix, at=at)


def _of_role(role: Role) -> Person:
    found = Person.objects.filter(role=role, is_active=True).order_by("pk").first()
    if found is None:
        raise CannotPlay(
            f"Nobody on this desk is {role.label.lower()}. 'redphone up' makes a small company "
            "the first time; or make such a person."
        )
    return found


def _free_component() -> str:
    taken = set(
        IncidentRow.objects.filter(status="open", join_key__startswith="component:").values_list(
            "join_key", flat=True
        )
    )
    free = [c for c in Component.objects.all() if f"component:{c.slug}" not in taken]
    # Calm ones first: a demo that was broken off may have left one in trouble.
    free.sort(key=lambda component: component.state != "operational")
    if not free:
        raise CannotPlay(
            "Each component has an open incident that gathers reports, perhaps of a demo that "
            "was broken off. Resolve one of them first."
        )
    return free[0].slug


def _customers_person(number: int, name: str, at: datetime) -> Person:
    email = f"{FIRST_NAMES[number % len(FIRST_NAMES)].lower()}@{slugify(name)}.{DOMAIN}"
    known = Person.objects.filter(email=email).first()
    if known is not None:
        return known
    plan = "pro" if number % 3 == 2 else "enterprise"
    customer = Customer.objects.filter(name=name).first() or customers.add_customer(
        name=name, plan=plan, account_manager=None, at=at
    )
    who = FIRST_NAMES[number % len(FIRST_NAMES)]
    contact = customers.save_contact(
        customer=customer.pk, contact=None, name=who, email=email, phone="", security=True
    )
    customers.verify_contact(contact=contact.pk, customer=customer.pk, at=at)
    return customers.add_person(customer=customer.pk, name=f"{who} of {name}", email=email)


def _player(person: Person, at: datetime, prefixes: list[str]) -> Player:
    made, text = tokens.create(person=person.email, name="Demo", at=at, expires_at=at + LASTS)
    prefixes.append(made.prefix)
    slug = _slug(person) if person.customer_id else ""
    return Player(name=person.name, email=person.email, token=text, customer=slug)


def _slug(person: Person) -> str:
    assert person.customer is not None
    return person.customer.slug
