"""Calendar feeds: secret addresses, and what is read under them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from redphone.channels.schedules import feed as feeds
from redphone.channels.schedules.feed import OnDuty
from redphone.core.oncall import Rota, spans
from redphone.core.stream import DeskError
from redphone.records import rotas, sealed
from redphone.records.models import CalendarFeed, Person, Team
from redphone.records.queries.asker import STAFF

PURPOSE = "calendar-feed"


class NoFeedFor(DeskError):
    """Only the desk's own people have calendar feeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A feed as it is given out. `mark` stays the same for as long as it says the same."""

    content: bytes
    mark: str
    changed_at: datetime
    name: str


def make(*, person: int, team: int | None, at: datetime) -> str:
    """A new secret address for one's own duties, or a team's. The one before leads nowhere now.

    Raises:
        NoFeedFor: they are none of the desk's own people, or the team is gone.
    """
    secret = secrets.token_urlsafe(24)
    found = Person.objects.filter(pk=person, is_active=True, role__in=STAFF).first()
    of_team = Team.objects.filter(pk=team).first() if team else None
    if found is None or (team and of_team is None):
        raise NoFeedFor
    with transaction.atomic():
        CalendarFeed.objects.update_or_create(
            person=found,
            team=of_team,
            defaults={
                "digest": _digest(secret),
                "sealed": sealed.seal(secret, purpose=PURPOSE),
                "made_at": at,
                "changed_at": at,
                "content": "",
            },
        )
    return secret


def end(*, person: int, team: int | None) -> None:
    """Take one's own address back. It leads nowhere from then on."""
    CalendarFeed.objects.filter(person=person, team=team).delete()


def secret_of(row: CalendarFeed) -> str:
    """The secret, for its owner's eyes.

    Raises:
        SealBroken: the desk's secret key is another one by now. Replace the address.
    """
    return sealed.unseal(row.sealed, purpose=PURPOSE)


def read(secret: str, at: datetime) -> Given | None:
    """The feed of this secret; None when it leads nowhere, or its owner has left the desk."""
    row = (
        CalendarFeed.objects.filter(
            digest=_digest(secret), person__is_active=True, person__role__in=STAFF
        )
        .select_related("person", "team")
        .first()
    )
    if row is None:
        return None
    start, end = feeds.edges(at)
    title = f"On call: {row.team.name if row.team else row.person.name}"
    found = feeds.within(_duties(row, start, end), start, end, now=at)
    content = feeds.digest(title, found, row.team is None)
    changed_at = _changed(row, content, at)
    written = feeds.write(
        title,
        found,
        changed_at=changed_at,
        host=settings.PUBLIC_URL,
        own=row.team is None,
    )
    return Given(content=written, mark=content, changed_at=changed_at, name=title)


def _duties(row: CalendarFeed, start: datetime, end: datetime) -> Iterator[OnDuty]:
    since, until = feeds.wider(start, end)
    teams = [row.team.name] if row.team else None
    actor = row.person.actor
    people = Person.objects.filter(role__in=STAFF)
    names = {f"person:{pk}": name for pk, name in people.values_list("pk", "name")}
    for team, rota in rotas.rotas(since, teams, until).items():
        # The team of somebody else costs as much as their own: it is passed over unread.
        if row.team is None and actor not in _named(rota):
            continue
        found = feeds.duties(team, spans(rota, since, until), names, holes=row.team is not None)
        yield from (each for each in found if row.team is not None or each.person == actor)


def _named(rota: Rota) -> set[str]:
    """Everybody whom a rota names anywhere."""
    return {
        *(shift.person for shift in rota.shifts),
        *(person for layer in rota.layers for turn in layer.turns for person in turn),
        *(each.person for each in rota.overrides),
    }


def _changed(row: CalendarFeed, content: str, at: datetime) -> datetime:
    """Since when the feed says what it says: a read that finds it changed puts that down."""
    if row.content == content:
        return row.changed_at
    whole = at.replace(microsecond=0)
    CalendarFeed.objects.filter(pk=row.pk).update(content=content, changed_at=whole)
    return whole


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
