"""What every page's template can name: `at`, `asker` and `desk`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from redphone.core.policy import Policy
from redphone.records import policies
from redphone.records.models import Customer
from redphone.records.queries.asker import Asker
from redphone.web import access, middleware


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the navigation. `key` is pressed after "g"; `tone` is the colour of its figure."""

    name: str
    label: str
    href: str
    key: str
    tone: str = ""


# Name (as `here` and `counts` know it), label, route, key, tone of the figure.
_NAVIGATION = (
    ("board", "Now", "responder:board", "n", "red"),
    ("cases", "Cases", "responder:cases", "c", ""),
    ("mail", "Mail in", "responder:mails", "i", "amber"),
    ("oncall", "On call", "responder:oncall", "o", "amber"),
    ("status", "Status page", "status:now", "s", ""),
    ("customers", "Customers", "responder:customers", "u", ""),
    ("connections", "Connections", "responder:connections", "x", ""),
    ("policy", "Policy", "responder:policy", "p", ""),
    ("outbox", "Mail sent", "outbox", "m", ""),
    ("phones", "Telephones", "phones", "t", ""),
)


class _LastKnown:
    """The policy as a page of this process last saw it, for when the database can't be asked."""

    policy: Policy | None = None


def last_known_policy() -> Policy | None:
    """The current policy as far as this process knows, without asking the database."""
    return _LastKnown.policy


class Shell:
    """What the shells show. Each part is worked out when a template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def policy(self) -> Policy | None:
        """The current policy; None before one is published."""
        try:
            _LastKnown.policy = policies.current().policy
        except policies.NoPolicy:
            return None
        return _LastKnown.policy

    @property
    def company(self) -> str:
        return self.policy.company if self.policy else "Redphone"

    @cached_property
    def organisation(self) -> Customer | None:
        """The organisation of a customer's person who is signed in."""
        who = access.asker(self._request)
        if who.customer_id is None:
            return None
        return Customer.objects.filter(pk=who.customer_id).first()

    @property
    def nav(self) -> Iterator[Link]:
        """The pages that there are, in the order of the navigation."""
        for name, label, route, key, tone in _NAVIGATION:
            try:
                yield Link(name, label, reverse(route), key, tone)
            except NoReverseMatch:
                continue


def shell(request: HttpRequest) -> dict[str, Any]:
    """Django's context processor."""
    moment: datetime = middleware.at(request)
    who: Asker = access.asker(request)
    return {"at": moment, "asker": who, "desk": Shell(request)}
