"""Rules of a rota that data could break are the schema's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from redphone.records.models import (
    Absence,
    NamedHole,
    Override,
    Person,
    RotaLayer,
    RotaTurn,
    Swap,
    Team,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


@contextmanager
def refused(by: str) -> Iterator[None]:
    """Expect that the named constraint refuses what is done inside."""
    with pytest.raises(IntegrityError, match=by), transaction.atomic():
        yield


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="L1", slug="l1")


@pytest.fixture
def ana() -> Person:
    return Person.objects.create_user("ana@desk.example", name="Ana Reyes")


@pytest.fixture
def bo() -> Person:
    return Person.objects.create_user("bo@desk.example", name="Bo Lindqvist")


def a_layer(team: Team, **columns: Any) -> RotaLayer:
    given = {"name": "Nights", "time_zone": "UTC", "unit": "day", "starts_at": AT, "made_at": AT}
    return RotaLayer.objects.create(team=team, **given | columns)


def test_a_layer_is_one_that_can_be_read(team: Team) -> None:
    with refused("rota_layer_priority_from_1"):
        a_layer(team, priority=0)
    with refused("rota_layer_every_from_1"):
        a_layer(team, every=0)
    with refused("rota_layer_unit_known"):
        a_layer(team, unit="fortnight")
    with refused("rota_layer_holidays_known"):
        a_layer(team, on_holidays="sometimes")
    with refused("rota_layer_ends_after_start"):
        a_layer(team, ends_at=AT)


def test_a_turn_has_somebody_once_and_nobody_once(team: Team, ana: Person) -> None:
    layer = a_layer(team)
    for person in (ana, None):
        RotaTurn.objects.create(layer=layer, position=0, person=person)
        with refused("rota_turn_once"):
            RotaTurn.objects.create(layer=layer, position=0, person=person)
    with refused("rota_turn_position_from_0"):
        RotaTurn.objects.create(layer=layer, position=-1, person=ana)


def test_absences_and_holes_end_after_they_begin(team: Team, ana: Person) -> None:
    with refused("absence_ends_after_start"):
        Absence.objects.create(person=ana, starts_at=AT, ends_at=AT, made_by=ana.actor, made_at=AT)
    with refused("named_hole_ends_after_start"):
        NamedHole.objects.create(
            team=team, starts_at=AT, ends_at=AT, named_by=ana.actor, named_at=AT
        )


def test_an_override_replaces_one_or_all(team: Team, ana: Person, bo: Person) -> None:
    with refused("override_replaces_one_or_all"):
        Override.objects.create(
            team=team,
            person=ana,
            instead_of=bo,
            replaces_all=True,
            starts_at=AT,
            ends_at=LATER,
            made_by=ana.actor,
            made_at=AT,
        )


def test_a_swap_is_between_two_and_whole(team: Team, ana: Person, bo: Person) -> None:
    def a_swap(**columns: Any) -> None:
        given = {"asked_by": ana, "asked_of": bo, "starts_at": AT, "ends_at": LATER}
        Swap.objects.create(team=team, asked_at=AT, **given | columns)

    with refused("swap_between_two"):
        a_swap(asked_of=ana)
    with refused("swap_ends_after_start"):
        a_swap(ends_at=AT)
    with refused("swap_back_whole"):
        a_swap(back_starts_at=AT)
    with refused("swap_back_whole"):
        a_swap(back_starts_at=AT, back_ends_at=AT)
    with refused("swap_state_known"):
        a_swap(state="perhaps")
