"""Asking a provider whether it has what we may have sent it: "no page rings twice for one key".

A provider names no call by our key. So it is known by its number, its moment and, for an SMS, its
words; and one that another delivery is known to have made is left to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from redphone.channels.telephone.provider import Provider
from redphone.channels.telephone.wire import NoAnswer, NotReached, Reply, Wire

SLACK = timedelta(seconds=3)
"""Moments come in whole seconds, and a request takes its time."""

MOST = 50


class CannotSay(Exception):
    """The provider does not tell what it has: it is as if it had nothing."""


def find(
    wire: Wire,
    provider: Provider,
    *,
    to: str,
    body: str | None,
    age: timedelta,
    is_anothers: Callable[[str], bool],
) -> str | None:
    """What the provider calls the call (`body` None) or the SMS that it has; None for none.

    `age` is how long ago the first request for it can have left.

    Raises:
        CannotSay: it does not answer, or does not say when it was.
    """
    resource = "Calls" if body is None else "Messages"
    query = [("To", to), ("PageSize", str(MOST))]
    try:
        reply = wire.get(provider, resource, query)
    except (NotReached, NoAnswer) as error:
        raise CannotSay(str(error)) from error
    now = _moment(reply.date)
    if not reply.is_fine or now is None:
        raise CannotSay(str(reply))
    for each in _listed(reply, resource.lower()):
        at = _moment(str(each.get("date_created") or each.get("start_time") or ""))
        if at is None or at < now - age - SLACK or not _is_it(each, to, body):
            continue
        sid = str(each.get("sid") or "")[:100]
        if sid and not is_anothers(sid):
            return sid
    return None


def _listed(reply: Reply, name: str) -> Iterator[Mapping[str, Any]]:
    found = reply.said.get(name)
    if not isinstance(found, list):
        raise CannotSay(f"its answer has no {name}")
    yield from (each for each in found if isinstance(each, dict))


def _is_it(each: Mapping[str, Any], to: str, body: str | None) -> bool:
    direction = str(each.get("direction") or "")
    # The hotline connects its callers to whoever is on call: to the same telephone, and no page.
    if each.get("to") != to or not direction.startswith("outbound") or direction.endswith("dial"):
        return False
    # A trial account writes words of its own before ours.
    return body is None or str(each.get("body") or "").endswith(body)


def _moment(text: str) -> datetime | None:
    """A moment as mail headers write it, or ISO 8601."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
        except (TypeError, ValueError):
            continue
        if found.tzinfo is not None:
            return found
    return None
