"""Customers and their contacts, the people who may sign in for them, and the components."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from redphone.actions import components as component_actions
from redphone.actions import customers as actions
from redphone.actions import pins
from redphone.records.models import Person
from redphone.records.models.component import ComponentState
from redphone.records.queries import customers, oncall, rights
from redphone.records.queries.customers import CustomerPage
from redphone.web import access, errors
from redphone.web.middleware import at
from redphone.web.responder import verbs
from redphone.web.responder.forms import (
    AddComponent,
    AddPerson,
    ContactForm,
    CustomerForm,
    OneContact,
    SetComponent,
)
from redphone.web.responder.pages import page
from redphone.web.responder.verbs import Call, Verb

RIGHT = "customers.change"


@require_GET
@access.staff_only
def customer_list(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_POST
@access.staff_only
def add(request: HttpRequest) -> HttpResponse:
    """Take in a new customer."""
    who = access.asker(request)
    rights.require(who, RIGHT)
    form = CustomerForm(request.POST, people=oncall.colleagues(who))
    if form.is_valid():
        with errors.refused(request, form):
            customer = actions.add_customer(**form.cleaned_data, at=at(request))
            messages.success(request, "Taken in. Say now whom to tell when something is wrong.")
            return redirect("responder:customer", customer.slug)
    return _list(request, form)


def _list(request: HttpRequest, form: CustomerForm | None = None) -> HttpResponse:
    who = access.asker(request)
    text, after = request.GET.get("q", ""), request.GET.get("after", "")
    lines, older = customers.customer_list(who, text=text, after=after)
    told = {
        "lines": lines,
        "text": text,
        "after": older,
        "form": form or CustomerForm(people=oncall.colleagues(who)),
        "components": customers.components(who),
        "component_form": AddComponent(auto_id="component_%s"),
        "component_states": ComponentState.choices,
    }
    status = 409 if form is not None else 200
    return page(request, "customers.html", told, here="customers", status=status)


def _with_customer(do: Callable[..., object]) -> Callable[[Call], object]:
    def call_it(call: Call) -> object:
        return do(customer=int(call.ref), **call.data)

    return call_it


def _verify(call: Call) -> None:
    actions.verify_contact(customer=int(call.ref), at=call.at, **call.data)


VERBS: dict[str, Verb] = {
    "change": Verb(
        right=RIGHT,
        do=_with_customer(actions.change_customer),
        form=CustomerForm,
        done="Saved. Cases keep the plan that they were opened under.",
    ),
    "contact": Verb(
        right=RIGHT,
        do=_with_customer(actions.save_contact),
        form=ContactForm,
        done="Saved. A contact is written to once they are verified.",
    ),
    "verify": Verb(
        right=RIGHT, do=_verify, form=OneContact, done="Verified: they are told from now on."
    ),
    "reach-again": Verb(
        right=RIGHT,
        do=_with_customer(actions.reach_contact_again),
        form=OneContact,
        done="They are written to again.",
    ),
    "remove-contact": Verb(
        right=RIGHT,
        do=_with_customer(actions.remove_contact),
        form=OneContact,
        done="The contact is gone. What they were sent stays on record.",
    ),
    "remove-pin": Verb(
        right=RIGHT,
        do=_with_customer(pins.remove_pin),
        done="The PIN is gone. Who keys it in now calls as somebody unknown.",
    ),
}


@require_GET
@access.staff_only
def customer(request: HttpRequest, slug: str) -> HttpResponse:
    return _show(request, customers.customer_page(access.asker(request), slug))


@require_POST
@access.staff_only
def act(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """Change a customer, then show them again."""
    who = access.asker(request)
    found = customers.customer_page(who, slug)
    given: dict[str, Any] = {"people": oncall.colleagues(who)}
    refused = verbs.attempt(
        request, VERBS, verb, str(found.customer.pk), manages=False, given=given
    )
    if refused is None:
        return redirect("responder:customer", slug)
    return _show(request, found, verb, refused)


@require_POST
@access.staff_only
def add_person(request: HttpRequest, slug: str) -> HttpResponse:
    """Let somebody sign in for a customer, and show the link with which they choose a password."""
    who = access.asker(request)
    rights.require(who, RIGHT)
    found = customers.customer_page(who, slug)
    form = AddPerson(request.POST)
    if form.is_valid():
        with errors.refused(request, form):
            person = actions.add_person(customer=found.customer.pk, **form.cleaned_data)
            # The link is shown once and kept nowhere.
            messages.success(
                request,
                f"{person.name} can choose a password here, once: "
                f"{request.build_absolute_uri(password_link(person))}",
            )
            return redirect("responder:customer", slug)
    return _show(request, found, "person", form)


@require_POST
@access.staff_only
def make_pin(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a customer a PIN for the hotline, and show it this once."""
    who = access.asker(request)
    rights.require(who, RIGHT)
    found = customers.customer_page(who, slug)
    pin = pins.make_pin(customer=found.customer.pk, by=who.actor, at=at(request))
    messages.success(
        request, f"The PIN is {pin}. Tell it to {found.customer.name}: it is not shown again."
    )
    return redirect("responder:customer", slug)


def password_link(person: Person) -> str:
    """Where somebody chooses their first password; it works once, and expires."""
    key = default_token_generator.make_token(person)
    told = {"uidb36": user_pk_to_url_str(person), "key": key}
    return reverse("account_reset_password_from_key", kwargs=told)


def _show(
    request: HttpRequest, found: CustomerPage, verb: str = "", refused: forms.Form | None = None
) -> HttpResponse:
    people = oncall.colleagues(access.asker(request))
    contact = str(refused.data.get("contact") or "") if refused and verb == "contact" else None
    told = {
        "found": found,
        "customer": found.customer,
        "change_form": refused
        if verb == "change"
        else CustomerForm(people=people, customer=found.customer, auto_id="change_%s"),
        "person_form": refused if verb == "person" else AddPerson(auto_id="person_%s"),
        "contact_form": refused if contact == "" else ContactForm(auto_id="contact_%s"),
        "contacts": [
            {
                "contact": each,
                "form": refused
                if contact == str(each.pk)
                else ContactForm(initial=_initial(each), auto_id=f"c{each.pk}_%s"),
            }
            for each in found.contacts
        ],
        "refused": refused if verb in {"verify", "reach-again", "remove-contact"} else None,
    }
    return page(request, "customer.html", told, here="customers", status=409 if refused else 200)


def _initial(contact: Any) -> dict[str, Any]:
    return {
        "contact": contact.pk,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "security": contact.security,
    }


@require_POST
@access.staff_only
def add_component(request: HttpRequest) -> HttpResponse:
    """Put a component on the status page's list."""
    rights.require(access.asker(request), "components.change")
    form = AddComponent(request.POST)
    if form.is_valid():
        with errors.refused(request):
            component_actions.add(**form.cleaned_data)
            messages.success(request, "On the status page now.")
    return redirect("responder:customers")


@require_POST
@access.staff_only
def set_component(request: HttpRequest) -> HttpResponse:
    """Say how a component is, without an incident behind it."""
    who = access.asker(request)
    rights.require(who, "components.change")
    form = SetComponent(request.POST, components=customers.components(who))
    if form.is_valid():
        with errors.refused(request):
            component_actions.set_state(
                **form.cleaned_data, incident=None, by=who.actor, at=at(request)
            )
            messages.success(request, "The status page says so now.")
    return redirect("responder:customers")
