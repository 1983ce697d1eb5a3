"""Actors as people read them: whose name stands behind `person:7`."""

from __future__ import annotations

from collections.abc import Iterable

from redphone.records.models import ApiToken, Contact, Person
from redphone.records.models.person import Role

_DESK = {
    "clock": "The clock",
    "system": "The desk",
    "anonymous": "Somebody without an account",
}


class Names(dict[str, str]):
    """Names by actor. One that is not known keeps its own form, so that a page never breaks."""

    def __missing__(self, actor: str) -> str:
        return _DESK.get(actor, actor)


def names(actors: Iterable[str | None]) -> Names:
    """The names of these actors, with four queries at most however many there are.

    A step of a ladder names people by the address that they sign in with: those are found too.
    """
    wanted = {actor for actor in actors if actor}
    people = _numbers("person:", wanted)
    tokens = _numbers("api:", wanted)
    contacts = _numbers("contact:", wanted)
    found = Names()
    if people:
        for pk, name in Person.objects.filter(pk__in=people).values_list("pk", "name"):
            found[f"person:{pk}"] = name
    if tokens:
        for pk, name in ApiToken.objects.filter(pk__in=tokens).values_list("pk", "name"):
            found[f"api:{pk}"] = f"{name} (by the API)"
    if addresses := [each for each in wanted if "@" in each]:
        theirs = Person.objects.filter(email__in=addresses).exclude(role=Role.CUSTOMER)
        found |= dict(theirs.values_list("email", "name"))
    if contacts:
        for pk, name in Contact.objects.filter(pk__in=contacts).values_list("pk", "name"):
            found[f"contact:{pk}"] = name
    return found


def _numbers(prefix: str, actors: set[str]) -> list[int]:
    found = (actor.removeprefix(prefix) for actor in actors if actor.startswith(prefix))
    return [int(number) for number in found if number.isdigit()]
