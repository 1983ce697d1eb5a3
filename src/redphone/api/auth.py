"""Who speaks: the person whose token a request brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from ninja.security import HttpBearer

from redphone import clock
from redphone.actions import tokens
from redphone.records.models import Person
from redphone.records.queries.asker import Asker


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's person, and its moment: read once, so that all of it speaks of the same."""

    person: Person
    asker: Asker
    at: datetime

    @property
    def actor(self) -> str:
        """The name under which entries know them."""
        return self.asker.actor


class Bearer(HttpBearer):
    """`Authorization: Bearer rp_…`, with a token from `redphone token create`."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        at = clock.now()
        person = tokens.holder(text=token.strip(), at=at)
        if person is None:
            return None
        asker = Asker(person_id=person.pk, role=person.role, customer_id=person.customer_id)
        return Caller(person, asker, at)


def caller(request: HttpRequest) -> Caller:
    """Who speaks, in a view that the bearer has let them into."""
    found = getattr(request, "auth", None)
    assert isinstance(found, Caller), "a view of the API without its bearer"
    return found
