"""What the nights cost each: pages, broken sleep, hours, and whom it is shown to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import duty, incidents, layers
from redphone.actions.layers import Planned
from redphone.core.oncall import Unit
from redphone.records import rotas
from redphone.records.models import Person, RotaShift
from redphone.records.queries import nights
from redphone.records.queries.asker import Asker, NotAllowed, NotYours

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

# Three in the morning in UTC, where Ana lives; a Monday.
NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def asker(person: Person) -> Asker:
    return Asker(person_id=person.pk, role=person.role, customer_id=person.customer_id)


@pytest.fixture
def paged(cast: Cast) -> str:
    """An outage at three in the morning that Ana acknowledged after four minutes."""
    incident = cast.report(cast.mira, at=NIGHT).incident
    assert incident is not None
    duty.handle_due(at=NIGHT)
    incidents.acknowledge(incident=incident, by=cast.ana.actor, at=NIGHT + 4 * MINUTE)
    return incident


def test_a_page_at_three_in_the_morning_breaks_a_night(cast: Cast, paged: str) -> None:
    (ana,) = nights.burdens(
        asker(cast.ana), start=NIGHT - DAY, end=NIGHT + DAY, people=[cast.ana.pk]
    )

    assert (ana.name, ana.broken_nights) == ("Ana Reyes", 1)
    assert ana.night_pages == ana.pages >= 1
    assert ana.acknowledged_in == 4 * MINUTE
    # Three teams have her around the clock: that is two days, and not six.
    assert ana.on_call == 2 * DAY
    # The end of one night, a whole one, and the beginning of a third.
    assert ana.nights == 3


def test_the_same_page_is_no_night_where_it_is_day(cast: Cast, paged: str) -> None:
    Person.objects.filter(pk=cast.ana.pk).update(time_zone="Asia/Tokyo")

    (ana,) = nights.burdens(
        asker(cast.ana), start=NIGHT - DAY, end=NIGHT + DAY, people=[cast.ana.pk]
    )

    assert ana.pages >= 1
    assert (ana.night_pages, ana.broken_nights) == (0, 0)


def test_people_see_their_own_and_managers_everyone_s(cast: Cast) -> None:
    def seen(person: Person) -> set[int]:
        found = nights.burdens(asker(person), start=NIGHT - DAY, end=NIGHT)
        return {burden.person for burden in found}

    staff = {each.pk for each in Person.objects.filter(customer=None)}
    assert seen(cast.ana) == {cast.ana.pk}
    assert seen(cast.maya) == seen(cast.tom) == staff
    with pytest.raises(NotAllowed):
        nights.burdens(asker(cast.ana), start=NIGHT - DAY, end=NIGHT, people=[cast.bo.pk])
    with pytest.raises(NotYours):
        nights.burdens(asker(cast.mira), start=NIGHT - DAY, end=NIGHT)
    with pytest.raises(NotYours):
        nights.burdens(Asker(), start=NIGHT - DAY, end=NIGHT)


def test_a_planned_rota_says_who_gets_how_many_nights(cast: Cast) -> None:
    RotaShift.objects.filter(team__name="CISO").delete()
    layer = Planned(
        name="Weekly",
        turns=((cast.ana.pk,), (cast.ana.pk,), (cast.bo.pk,)),
        time_zone="UTC",
        unit=Unit.WEEK,
        starts_at=NIGHT + 6 * 60 * MINUTE,
    )

    _, after = layers.planned(team="CISO", at=NIGHT, until=NIGHT + 22 * DAY, layer=layer)
    found = nights.of_rota(after, start=layer.starts_at, end=layer.starts_at + 21 * DAY)

    assert [(load.person, load.nights) for load in found.loads] == [
        (cast.ana.actor, 14),
        (cast.bo.actor, 7),
    ]
    assert (found.evenness.heaviest, found.evenness.to_move) == (cast.ana.actor, 3.5)
    assert not rotas.rotas(NIGHT, ["CISO"])["CISO"].layers
