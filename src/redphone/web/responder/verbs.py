"""What a person can do on a page: each verb with its right, its form, and the one action it calls.

A verb is a POST. When it is refused, the page is shown again with the form open and everything
that was typed; otherwise the page is loaded anew, with a line that says what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from redphone.records.queries import rights
from redphone.records.queries.asker import Asker, NotYours
from redphone.web import access, errors
from redphone.web.middleware import at


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What an action is called with: the stream, who, when, and what was filled in."""

    ref: str
    by: str
    at: datetime
    data: Mapping[str, Any]


class Plain(forms.Form):
    """A verb that needs nothing but the button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing that a person can do. `done` is what the page says after it."""

    right: str
    do: Callable[[Call], object]
    done: str
    form: type[forms.Form] = Plain


Verbs = Mapping[str, Verb]


def blank(
    verbs: Verbs, who: Asker, *, manages: bool, given: Mapping[str, Any]
) -> dict[str, forms.Form]:
    """An empty form for each verb that this person may do.

    `given` is what forms offer to choose among; each takes what it names in its own `given`.
    """
    return {
        name: make(verb, name, None, given)
        for name, verb in verbs.items()
        if rights.may(who, verb.right, manages=manages)
    }


def make(
    verb: Verb, name: str, typed: Mapping[str, Any] | None, given: Mapping[str, Any]
) -> forms.Form:
    wanted = {key: given[key] for key in getattr(verb.form, "given", ()) if key in given}
    return verb.form(typed, auto_id=f"{name}_%s", **wanted)


def attempt(
    request: HttpRequest,
    verbs: Verbs,
    name: str,
    ref: str,
    *,
    manages: bool,
    given: Mapping[str, Any],
) -> forms.Form | None:
    """Do a verb with what was sent. None when it was done, or else its form with what is wrong.

    Raises:
        NotYours: there is no such verb, or they are none of the desk's own people.
        NotAllowed: their role may not do it.
    """
    verb, who = verbs.get(name), access.asker(request)
    if verb is None:
        raise NotYours
    rights.require(who, verb.right, manages=manages)
    form = make(verb, name, request.POST, given)
    if form.is_valid():
        call = Call(ref=ref, by=who.actor, at=at(request), data=form.cleaned_data)
        with errors.refused(request, form):
            verb.do(call)
    if form.errors:
        return form
    messages.success(request, verb.done)
    return None
