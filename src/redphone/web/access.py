"""Who is asking: the signed-in person of a request, as the read doors want to know them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from redphone.records.models import Person
from redphone.records.queries.asker import ANYONE, Asker, NotYours, require_role, require_staff

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def asker(request: HttpRequest) -> Asker:
    """Who is asking; `ANYONE` for someone who has not signed in."""
    if not request.user.is_authenticated:
        return ANYONE
    person = signed_in(request)
    return Asker(person_id=person.pk, role=person.role, customer_id=person.customer_id)


def signed_in(request: HttpRequest) -> Person:
    """The person who is signed in.

    Raises:
        NotYours: nobody is.
    """
    if not request.user.is_authenticated:
        raise NotYours
    return request.user


def staff_only(view: View[P]) -> View[P]:
    """For the desk's own people; others sign in first, and customers find nothing there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        require_staff(asker(request))
        return view(request, *args, **kwargs)

    return cast(View[P], guarded)


def for_roles(*roles: str) -> Callable[[View[P]], View[P]]:
    """For some roles of the desk's own people; an admin is always among them."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            require_role(asker(request), *roles)
            return view(request, *args, **kwargs)

        return staff_only(cast(View[P], guarded))

    return guard
