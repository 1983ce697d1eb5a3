"""Who is writing or calling, by an address or a number that we already know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Lower

from redphone.records.models import Contact, Person
from redphone.records.models.person import Role
from redphone.records.phones import e164


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whom an address belongs to, as far as we know. An address is a claim, not a proof.

    `person` is someone with an account, `contact` a named contact; `customer` their organisation;
    `is_staff` says that the person is one of the desk's own.
    """

    person: int | None = None
    contact: int | None = None
    customer: int | None = None
    is_staff: bool = False

    @property
    def is_known(self) -> bool:
        return self.person is not None or self.customer is not None


NOBODY = Sender()


def by_email(address: str) -> Sender:
    """The person or the contact with this address; `NOBODY` when there is none, or several
    organisations share it."""
    address = address.strip().lower()
    if not address or "@" not in address:
        return NOBODY
    person = Person.objects.filter(email=address, is_active=True).first()
    contacts = list(Contact.objects.filter(email__iexact=address)[:2])
    return _sender(person, contacts)


def by_emails(addresses: Iterable[str]) -> dict[str, Sender]:
    """`by_email` for many addresses at once, by address in lower case."""
    wanted = {address.strip().lower() for address in addresses}
    wanted = {address for address in wanted if "@" in address}
    people = {p.email: p for p in Person.objects.filter(email__in=wanted, is_active=True)}
    contacts: dict[str, list[Contact]] = {}
    lowered = Contact.objects.annotate(lowered=Lower("email"))
    for contact in lowered.filter(lowered__in=wanted):
        contacts.setdefault(contact.email.lower(), []).append(contact)
    return {each: _sender(people.get(each), contacts.get(each, [])) for each in wanted}


def by_phone(number: str, *, region: str = "") -> Sender:
    """The same for a telephone number, however it is written; `region` is whose numbers are
    written without their country's prefix (ISO 3166). Costs the same for any number of contacts.
    """
    wanted = e164(number, region=region)
    if wanted is None:
        return NOBODY
    person = Person.objects.filter(phone_e164=wanted, is_active=True).order_by("pk").first()
    contacts = Contact.objects.filter(phone_e164=wanted).order_by("customer", "pk")
    return _sender(person, list(contacts.distinct("customer")[:2]))


def _sender(person: Person | None, contacts: list[Contact]) -> Sender:
    if person is not None:
        staff = person.role != Role.CUSTOMER
        return Sender(person=person.pk, customer=person.customer_id, is_staff=staff)
    organisations = {contact.customer_id for contact in contacts}
    if len(organisations) != 1:
        return NOBODY
    return Sender(contact=contacts[0].pk, customer=organisations.pop())
