"""A small believable company, so that a newcomer has something real to see.

Six people on the desk, teams for every step of the policy's ladders with a rota round the clock,
customers of both plans with their contacts, and the components of a product; and six colleagues
who take turns, where they are asked for. Everything here is what an administrator would enter by
hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.text import slugify

from redphone.actions import company_turns, people
from redphone.records import policies
from redphone.records.models import (
    Component,
    Contact,
    Customer,
    Device,
    Person,
    RotaShift,
    Team,
)
from redphone.records.models.device import DeviceKind
from redphone.records.models.person import Role

MIDNIGHT = time(0, 0)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who can sign in, with the word that lets them in: shown once, by `redphone up`."""

    name: str
    email: str
    role: str
    password: str


PEOPLE = (
    # Name, role, whether senior, and the teams whose pages they answer.
    ("Ana Reyes", Role.RESPONDER, False, ("L1 Support", "L2 Support", "Billing Support")),
    ("Bo Lindqvist", Role.RESPONDER, True, ("On-call Engineer", "Product Engineering")),
    ("Ines Haddad", Role.INCIDENT_MANAGER, True, ("Product Manager", "Account Manager")),
    ("Maya Osei", Role.SUPPORT_MANAGER, True, ("Security Team", "CISO", "Legal")),
    ("Tom Okafor", Role.EXECUTIVE, True, ("CTO", "CEO")),
    ("Rosa Lang", Role.ADMIN, True, ("Finance Team", "Payment Provider Liaison")),
)

CUSTOMERS = (
    ("Nordwind", "enterprise", (("Mira Kovač", "mira@nordwind.example"),)),
    ("Petrel", "pro", (("Jon Bell", "jon@petrel.example"),)),
    ("Halden Foods", "enterprise", (("Siri Moe", "siri@haldenfoods.example"),)),
    ("Tidemark", "pro", (("Lea Brandt", "lea@tidemark.example"),)),
)

COMPONENTS = (
    ("Checkout", "Card payments and the checkout page"),
    ("Dashboard", "Where customers see and change their data"),
    ("API", "What integrations call"),
    ("Sign-in", "Passwords, single sign-on, two-factor"),
    ("Email delivery", "Receipts and notifications"),
)

DOMAIN = "redphone.example"

NUMBERS = tuple(
    f"+4420794601{number:02}"
    for number in range(21, 21 + len(PEOPLE) + len(company_turns.COLLEAGUES))
)
"""Numbers that are kept free for films: whoever dials one by mistake wakes nobody."""


def is_empty() -> bool:
    """Whether nobody can sign in yet."""
    return not Person.objects.exists()


@transaction.atomic
def found(
    *, password: str, at: datetime, has_phones: bool = False, has_turns: bool = False
) -> list[Newcomer]:
    """Make the company, on a desk where nobody can sign in yet. Who can afterwards.

    Every account gets the same password, which the caller has made up for this desk. `has_phones`:
    this desk has telephones that ring nowhere but on a page of its own, and everyone gets one.
    `has_turns`: colleagues take turns in two of the teams, so that the calendar has something to
    show; without, the same people are on call always.
    """
    if not is_empty():
        return []
    # Made once: making it is slow on purpose, and it is the same password.
    encoded = make_password(password)
    made = {name: _person(name, role, senior, encoded, at) for name, role, senior, _ in PEOPLE}
    for name, _, _, teams in PEOPLE:
        for team in teams:
            _on_call_always(team, made[name])
    colleagues = company_turns.plan(at, DOMAIN, encoded=encoded) if has_turns else []
    desk = [*made.values(), *colleagues]
    if has_phones:
        for number, person in zip(NUMBERS, desk, strict=False):
            _with_phone(person, number, at)
    for position, (name, description) in enumerate(COMPONENTS):
        Component.objects.create(
            name=name, slug=slugify(name), description=description, position=position
        )
    customers = [
        _customer(name, plan, contacts, made["Ines Haddad"], encoded, at)
        for name, plan, contacts in CUSTOMERS
    ]
    everyone = [*desk, *(person for each in customers for person in each)]
    return [Newcomer(p.name, p.email, Role(p.role).label, password) for p in everyone]


def _person(name: str, role: Role, senior: bool, encoded: str, at: datetime) -> Person:
    email = f"{name.partition(' ')[0].lower()}@{DOMAIN}"
    person = people.add(
        email=email,
        name=name,
        role=role,
        at=at,
        is_senior=senior,
        is_staff=role == Role.ADMIN,
        is_superuser=role == Role.ADMIN,
    )
    # Nobody reads this company's mail but the newcomer, in the outbox: there is no code to enter.
    person.devices.update(verified_at=at)
    return _let_in(person, encoded)


def _let_in(person: Person, encoded: str) -> Person:
    """Give somebody a password that is encoded already."""
    person.password = encoded
    person.save(update_fields=["password"])
    return person


def _with_phone(person: Person, number: str, at: datetime) -> None:
    """A telephone that gets calls and SMS, and on which the hotline rings them."""
    Device.objects.bulk_create(
        Device(person=person, kind=kind, address=number, verified_at=at, created_at=at)
        for kind in (DeviceKind.VOICE, DeviceKind.SMS)
    )
    people.set_phone(person=person.pk, phone=number)


def _on_call_always(team: str, person: Person) -> None:
    zone = policies.current().policy.hours.time_zone
    row, _ = Team.objects.get_or_create(
        name=team, defaults={"slug": slugify(team), "time_zone": zone}
    )
    RotaShift.objects.bulk_create(
        RotaShift(team=row, person=person, weekday=day, starts=MIDNIGHT, ends=MIDNIGHT)
        for day in range(7)
    )


def _customer(
    name: str,
    plan: str,
    contacts: tuple[tuple[str, str], ...],
    account_manager: Person,
    encoded: str,
    at: datetime,
) -> list[Person]:
    customer = Customer.objects.create(
        name=name,
        slug=slugify(name),
        plan=plan,
        account_manager=account_manager,
        created_at=at,
    )
    signing_in = []
    for who, email in contacts:
        Contact.objects.create(
            customer=customer, name=who, email=email, verified_at=at, security=True
        )
        person = Person.objects.create_user(email, name=who, role=Role.CUSTOMER, customer=customer)
        signing_in.append(_let_in(person, encoded))
    return signing_in
