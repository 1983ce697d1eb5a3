"""Layers, absences and swaps: what may be saved, what is refused, and what stays known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from redphone.actions import absences, layers, oncall, rota, swaps
from redphone.actions.layers import Planned
from redphone.core.oncall import OnHolidays, Unit, Window, on_call
from redphone.records import rotas
from redphone.records.models import (
    Absence,
    Device,
    NamedHole,
    Override,
    RotaLayer,
    RotaShift,
    Swap,
    Team,
)
from redphone.records.models.swap import SwapState
from redphone.records.queries.asker import NotAllowed, NotYours

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A Monday."""
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TEAM = "On-call Engineer"


@pytest.fixture
def empty(cast: Cast) -> str:
    """A team that has nobody on call."""
    RotaShift.objects.filter(team__name=TEAM).delete()
    return TEAM


def plan(*people: int, **more: Any) -> Planned:
    """Daily turns without a window, from an hour ago on."""
    given: dict[str, Any] = {
        "name": "Primary",
        "turns": tuple((person,) for person in people),
        "time_zone": "UTC",
        "unit": Unit.DAY,
        "starts_at": AT - HOUR,
    }
    return Planned(**given | more)


def window(day: int, starts: int, ends: int) -> Window:
    return Window(from_day=day, from_time=time(starts), to_day=day, to_time=time(ends))


def named(team: str, at: datetime) -> tuple[str, ...]:
    return rotas.on_call(team, at)


# ── Layers ──────────────────────────────────────────────────────────────────────────────────────


def test_people_take_turns_once_a_layer_is_added(cast: Cast, empty: str) -> None:
    layers.add_layer(team=empty, layer=plan(cast.ana.pk, cast.bo.pk), by=cast.maya.actor, at=AT)

    assert named(empty, AT) == (cast.ana.actor,)
    assert named(empty, AT + DAY) == (cast.bo.actor,)
    assert named(empty, AT + 2 * DAY) == (cast.ana.actor,)


def test_a_layer_lies_over_the_week_plan(cast: Cast) -> None:
    """Bo has every day of the week plan; Ana takes the nights from eight to midnight."""
    nights = tuple(window(day, 20, 23) for day in range(7))

    layers.add_layer(team=TEAM, layer=plan(cast.ana.pk, windows=nights), by=cast.maya.actor, at=AT)

    assert named(TEAM, AT + 7 * HOUR) == (cast.bo.actor,)
    assert named(TEAM, AT + 8 * HOUR) == (cast.ana.actor,)
    assert named(TEAM, AT + 11 * HOUR) == (cast.bo.actor,)


def test_what_a_layer_says_comes_back_from_its_rows(cast: Cast, empty: str) -> None:
    given = plan(
        turns=((cast.ana.pk, cast.bo.pk), (), (cast.ines.pk,)),
        unit=Unit.MONTH,
        every=2,
        priority=7,
        ends_at=AT + 60 * DAY,
        handover_in_persons_zone=True,
        windows=(Window(from_day=4, from_time=time(18), to_day=0, to_time=time(9, 30)),),
        on_holidays=OnHolidays.NEVER,
    )

    row = layers.add_layer(team=empty, layer=given, by=cast.maya.actor, at=AT, holes_named=True)
    found = rotas.rotas(AT, [empty])[empty]

    (layer,) = found.layers
    assert layer.turns == ((cast.ana.actor, cast.bo.actor), (), (cast.ines.actor,))
    assert (layer.unit, layer.every, layer.priority) == (Unit.MONTH, 2, 7)
    assert (layer.starts_at, layer.ends_at) == (given.starts_at, given.ends_at)
    assert (layer.windows, layer.on_holidays) == (given.windows, OnHolidays.NEVER)
    assert (layer.id, layer.handover_in_persons_zone) == (str(row.pk), True)
    assert found.holidays


def test_a_change_leaves_the_past_as_it_was(cast: Cast, empty: str) -> None:
    row = layers.add_layer(
        team=empty, layer=plan(cast.ana.pk, cast.bo.pk), by=cast.maya.actor, at=AT
    )
    later = AT + 10 * DAY

    changed = layers.change_layer(
        layer=row.pk, to=plan(cast.ines.pk, cast.bo.pk), by=cast.maya.actor, at=later
    )

    before = rotas.rotas(AT, [empty], until=later)[empty]
    assert on_call(before, AT + 2 * DAY) == (cast.ana.actor,)
    assert named(empty, later) == (cast.ines.actor,)
    assert named(empty, later + DAY) == (cast.bo.actor,)
    with pytest.raises(layers.NoSuchLayer):
        layers.change_layer(layer=row.pk, to=plan(cast.bo.pk), by=cast.maya.actor, at=later)
    assert RotaLayer.objects.get(pk=changed.pk).holds_from == later


def test_a_change_from_next_week_on_holds_until_then(cast: Cast, empty: str) -> None:
    row = layers.add_layer(team=empty, layer=plan(cast.ana.pk), by=cast.maya.actor, at=AT)
    to = plan(cast.bo.pk, starts_at=AT + 7 * DAY)

    layers.change_layer(layer=row.pk, to=to, by=cast.maya.actor, at=AT + DAY)

    assert named(empty, AT + 7 * DAY - HOUR) == (cast.ana.actor,)
    assert named(empty, AT + 7 * DAY) == (cast.bo.actor,)


def test_a_layer_that_is_removed_ends_and_one_to_come_is_taken_back(cast: Cast) -> None:
    begun = layers.add_layer(team=TEAM, layer=plan(cast.ana.pk), by=cast.maya.actor, at=AT)
    to_come = layers.add_layer(
        team=TEAM,
        layer=plan(cast.ana.pk, starts_at=AT + 9 * DAY),
        by=cast.maya.actor,
        at=AT,
    )

    for row in (begun, to_come):
        layers.remove_layer(layer=row.pk, by=cast.maya.actor, at=AT + DAY)

    assert named(TEAM, AT + DAY) == (cast.bo.actor,)
    assert list(RotaLayer.objects.values_list("pk", "ends_at")) == [(begun.pk, AT + DAY)]


def test_nonsense_is_refused_each_with_its_own_words(cast: Cast) -> None:
    def refused(kind: type[Exception], **more: Any) -> None:
        with pytest.raises(kind):
            layers.add_layer(team=TEAM, layer=plan(cast.ana.pk, **more), by=cast.maya.actor, at=AT)

    refused(layers.NeedsAName, name="  ")
    refused(layers.NoSuchPriority, priority=0)
    refused(layers.NoSuchPriority, priority=100)
    refused(layers.TurnsTooLong, every=0)
    refused(layers.TurnsTooLong, every=10**9)
    refused(rota.NoSuchZone, time_zone="Mars/Olympus")
    refused(rota.NoSuchZone, time_zone="../../etc/passwd")
    refused(layers.LayerEndsBeforeItBegins, ends_at=AT - 2 * HOUR)
    refused(layers.LayerIsOver, ends_at=AT - HOUR / 2)
    refused(layers.NoSuchWindow, windows=(window(7, 9, 17),))
    refused(layers.WindowsOverlap, windows=(window(0, 9, 17), window(0, 16, 20)))
    refused(layers.NobodyTakesTurns, turns=((), ()))
    refused(layers.TooManyTurns, turns=((cast.ana.pk,),) * 501)
    refused(layers.TwiceInOneTurn, turns=((cast.ana.pk, cast.ana.pk),))
    refused(rota.NotOfTheDesk, turns=((cast.mira.pk,),))
    refused(rota.NotOfTheDesk, turns=((10**9,),))
    assert not RotaLayer.objects.exists()


def test_a_team_that_nobody_names_is_refused(cast: Cast) -> None:
    with pytest.raises(rota.NoSuchTeam):
        layers.add_layer(team="Caretakers", layer=plan(cast.ana.pk), by=cast.maya.actor, at=AT)


# ── Never silent ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("why", ["off", "unverified", "none"])
def test_who_cannot_be_reached_is_put_on_no_rota(cast: Cast, why: str) -> None:
    mine = Device.objects.filter(person=cast.ana)
    if why == "off":
        mine.update(off_at=AT)
    elif why == "unverified":
        mine.update(verified_at=None)
    else:
        mine.delete()
    day: dict[str, Any] = {"starts_at": AT, "ends_at": AT + DAY}

    with pytest.raises(rota.NotReachable, match="Ana Reyes"):
        layers.add_layer(team=TEAM, layer=plan(cast.bo.pk, cast.ana.pk), by=cast.maya.actor, at=AT)
    with pytest.raises(rota.NotReachable):
        oncall.add_shift(
            team=TEAM,
            person=cast.ana.pk,
            weekday=0,
            starts=time(9),
            ends=time(17),
            by=cast.maya.actor,
            at=AT,
        )
    with pytest.raises(rota.NotReachable):
        oncall.add_override(
            team=TEAM,
            person=cast.ana.pk,
            instead_of=None,
            by=cast.maya.actor,
            at=AT,
            **day,
        )


def test_a_hole_has_to_be_named_by_somebody_and_is_kept(cast: Cast, empty: str) -> None:
    """New York's wall: the team's own zone."""
    by_day = plan(cast.ana.pk, windows=tuple(window(day, 0, 23) for day in range(7)))

    with pytest.raises(rota.LeavesAHole, match="Mon 23 Nov 18:00 to 19:00 EST") as refused:
        layers.add_layer(team=empty, layer=by_day, by=cast.maya.actor, at=AT)
    nothing_saved = not RotaLayer.objects.exists()
    layers.add_layer(team=empty, layer=by_day, by=cast.maya.actor, at=AT, holes_named=True)

    assert nothing_saved
    assert len(refused.value.holes) == 28
    assert "I know" in str(refused.value)
    assert set(NamedHole.objects.values_list("named_by", "named_at")) == {(cast.maya.actor, AT)}
    assert NamedHole.objects.count() == 28
    # What is named is known from then on.
    layers.add_layer(team=empty, layer=replace(by_day, name="Second"), by=cast.maya.actor, at=AT)


def test_taking_away_what_filled_the_time_is_refused_too(cast: Cast) -> None:
    shift = RotaShift.objects.filter(team__name=TEAM, weekday=2).get()

    with pytest.raises(rota.LeavesAHole):
        oncall.remove_shift(shift=shift.pk, by=cast.maya.actor, at=AT)
    kept = RotaShift.objects.filter(pk=shift.pk).exists()
    oncall.remove_shift(shift=shift.pk, by=cast.maya.actor, at=AT, holes_named=True)

    assert kept
    assert not RotaShift.objects.filter(pk=shift.pk).exists()


def test_a_stand_in_for_tonight_is_not_held_up_by_a_hole_next_week(cast: Cast, empty: str) -> None:
    oncall.add_override(
        team=empty,
        person=cast.ana.pk,
        instead_of=None,
        starts_at=AT,
        ends_at=AT + HOUR,
        by=cast.maya.actor,
        at=AT,
    )

    assert named(empty, AT) == (cast.ana.actor,)


def test_one_who_replaces_all_is_on_call_alone(cast: Cast) -> None:
    given: dict[str, Any] = {
        "team": TEAM,
        "person": cast.ines.pk,
        "starts_at": AT,
        "ends_at": AT + HOUR,
        "by": cast.maya.actor,
        "at": AT,
        "replaces_all": True,
    }

    with pytest.raises(oncall.ReplacesOneOrAll):
        oncall.add_override(**given, instead_of=cast.bo.pk)
    oncall.add_override(**given, instead_of=None)

    assert named(TEAM, AT) == (cast.ines.actor,)


def test_a_preview_says_who_will_be_on_call_instead_and_saves_nothing(cast: Cast) -> None:
    found = layers.preview(
        team=TEAM, at=AT, until=AT + 2 * DAY, layer=plan(cast.ana.pk, cast.bo.pk)
    )

    assert [(change.before, change.after) for change in found] == [
        ((cast.bo.actor,), (cast.ana.actor,))
    ] * 2
    assert not RotaLayer.objects.exists()


# ── Absences ────────────────────────────────────────────────────────────────────────────────────


def away(cast: Cast, by: str, **more: Any) -> Absence:
    given: dict[str, Any] = {
        "person": cast.bo.pk,
        "starts_at": AT + DAY,
        "ends_at": AT + 2 * DAY,
        "why": "dentist",
        "by": by,
        "at": AT,
    }
    return absences.add_absence(**given | more)[0]


def test_who_is_away_is_on_no_rota_and_what_that_opens_is_named(cast: Cast) -> None:
    with pytest.raises(rota.LeavesAHole, match="On-call Engineer"):
        away(cast, cast.bo.actor)
    saved = Absence.objects.exists()
    away(cast, cast.bo.actor, holes_named=True)

    assert not saved
    assert named(TEAM, AT + DAY) == ()
    assert named(TEAM, AT + 2 * DAY) == (cast.bo.actor,)
    # Of each of the two teams that have nobody but Bo.
    assert NamedHole.objects.count() == 2


def test_people_say_so_themselves_and_managers_for_anyone(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        away(cast, cast.ana.actor, holes_named=True)
    with pytest.raises(NotYours):
        away(cast, cast.mira.actor, holes_named=True)
    with pytest.raises(NotYours):
        away(cast, "system", holes_named=True)
    row = away(cast, cast.maya.actor, holes_named=True)
    with pytest.raises(NotAllowed):
        absences.end_absence(absence=row.pk, by=cast.ana.actor, at=AT)

    absences.end_absence(absence=row.pk, by=cast.bo.actor, at=AT)

    assert not Absence.objects.exists()


def test_an_absence_without_sense_is_refused(cast: Cast) -> None:
    with pytest.raises(absences.AbsenceEndsBeforeItBegins):
        away(cast, cast.bo.actor, ends_at=AT)
    with pytest.raises(absences.AbsenceIsOver):
        away(cast, cast.bo.actor, starts_at=AT - 2 * DAY, ends_at=AT - DAY)
    with pytest.raises(absences.AbsenceTooLong):
        away(cast, cast.bo.actor, ends_at=AT + 9000 * DAY)
    with pytest.raises(absences.NoSuchAbsence):
        absences.end_absence(absence=0, by=cast.bo.actor, at=AT)


def test_who_comes_back_early_is_on_the_rota_again(cast: Cast) -> None:
    row = away(cast, cast.bo.actor, starts_at=AT - HOUR, holes_named=True)

    absences.end_absence(absence=row.pk, by=cast.bo.actor, at=AT)

    assert named(TEAM, AT) == (cast.bo.actor,)
    assert Absence.objects.get().ends_at == AT


# ── Swaps ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def pair(cast: Cast, empty: str) -> str:
    """Ana and Bo take turns of a day, handed over at 11:00; Ana's begins on 23 November."""
    layers.add_layer(team=empty, layer=plan(cast.ana.pk, cast.bo.pk), by=cast.maya.actor, at=AT)
    return empty


def ask(cast: Cast, **more: Any) -> Swap:
    """Ana gives Bo her day of 25 November, and takes his of the 26th."""
    given: dict[str, Any] = {
        "team": TEAM,
        "asked_of": cast.bo.pk,
        "starts_at": AT - HOUR + 2 * DAY,
        "ends_at": AT - HOUR + 3 * DAY,
        "back_starts_at": AT - HOUR + 3 * DAY,
        "back_ends_at": AT - HOUR + 4 * DAY,
        "by": cast.ana.actor,
        "at": AT,
    }
    return swaps.ask_swap(**given | more)


def days(cast: Cast, count: int = 5) -> str:
    """Who is on call at noon of each day, by the first letter of their name."""
    letters = {cast.ana.actor: "a", cast.bo.actor: "b"}
    each = (named(TEAM, AT + n * DAY) for n in range(count))
    return "".join("+".join(letters[person] for person in people) for people in each)


def test_a_swap_changes_nothing_until_it_is_accepted(cast: Cast, pair: str) -> None:
    row = ask(cast)
    before = days(cast)

    swaps.accept_swap(swap=row.pk, by=cast.bo.actor, at=AT + HOUR)

    assert (before, days(cast)) == ("ababa", "abbaa")
    row.refresh_from_db()
    assert (row.state, row.answered_at) == (SwapState.ACCEPTED, AT + HOUR)
    assert set(Override.objects.values_list("made_by", flat=True)) == {cast.bo.actor}


def test_a_day_can_be_given_without_one_in_return(cast: Cast, pair: str) -> None:
    row = ask(cast, back_starts_at=None, back_ends_at=None)

    swaps.accept_swap(swap=row.pk, by=cast.bo.actor, at=AT + HOUR)

    assert days(cast) == "abbba"


def test_only_who_was_asked_answers_and_only_once(cast: Cast, pair: str) -> None:
    row = ask(cast)
    for other in (cast.ana, cast.maya, cast.mira):
        with pytest.raises(NotYours):
            swaps.accept_swap(swap=row.pk, by=other.actor, at=AT)
    with pytest.raises(NotYours):
        swaps.withdraw_swap(swap=row.pk, by=cast.bo.actor, at=AT)

    swaps.decline_swap(swap=row.pk, by=cast.bo.actor, at=AT)

    with pytest.raises(swaps.NoSuchSwap):
        swaps.accept_swap(swap=row.pk, by=cast.bo.actor, at=AT)
    with pytest.raises(swaps.NoSuchSwap):
        swaps.withdraw_swap(swap=row.pk, by=cast.ana.actor, at=AT)
    assert days(cast) == "ababa"


def test_a_swap_that_is_withdrawn_or_late_is_not_accepted(cast: Cast, pair: str) -> None:
    withdrawn, late = ask(cast), ask(cast)
    swaps.withdraw_swap(swap=withdrawn.pk, by=cast.ana.actor, at=AT)
    begun = AT + 2 * DAY

    for row in (withdrawn, late):
        with pytest.raises(swaps.NoSuchSwap):
            swaps.accept_swap(swap=row.pk, by=cast.bo.actor, at=begun)

    assert swaps.expire_swaps(at=begun) == 1
    late.refresh_from_db()
    assert late.state == SwapState.EXPIRED
    assert days(cast) == "ababa"


def test_both_must_still_have_what_they_give(cast: Cast, pair: str) -> None:
    row = ask(cast)
    oncall.add_override(
        team=TEAM,
        person=cast.ines.pk,
        instead_of=cast.bo.pk,
        starts_at=AT + 3 * DAY,
        ends_at=AT + 3 * DAY + HOUR,
        by=cast.maya.actor,
        at=AT,
    )

    with pytest.raises(swaps.NoLongerTheirs):
        swaps.accept_swap(swap=row.pk, by=cast.bo.actor, at=AT)

    assert Override.objects.count() == 1


def test_a_swap_that_would_empty_a_place_is_refused(cast: Cast, pair: str) -> None:
    """Twice: both are on call then. Away: who takes it would not be there."""
    second = layers.add_layer(
        team=TEAM, layer=plan(cast.bo.pk, name="Second"), by=cast.maya.actor, at=AT
    )
    with pytest.raises(swaps.WouldStandTwice):
        ask(cast, back_starts_at=None, back_ends_at=None)
    layers.remove_layer(layer=second.pk, by=cast.maya.actor, at=AT)
    row = ask(cast, back_starts_at=None, back_ends_at=None)
    away(
        cast,
        cast.bo.actor,
        starts_at=AT + 2 * DAY,
        ends_at=AT + 2 * DAY + HOUR,
        holes_named=True,
    )

    with pytest.raises(rota.RotaError):
        swaps.accept_swap(swap=row.pk, by=cast.bo.actor, at=AT)

    assert not Override.objects.exists()


def test_a_swap_without_sense_is_refused(cast: Cast, pair: str) -> None:
    def refused(kind: type[Exception], **more: Any) -> None:
        with pytest.raises(kind):
            ask(cast, **more)

    refused(swaps.SwapWithThemselves, asked_of=cast.ana.pk)
    refused(swaps.SwapEndsBeforeItBegins, ends_at=AT + DAY)
    refused(swaps.SwapEndsBeforeItBegins, ends_at=AT + 900 * DAY)
    refused(swaps.SwapIsOver, starts_at=AT - HOUR)
    refused(swaps.NothingToGive, starts_at=AT + DAY, ends_at=AT + DAY + HOUR)
    refused(rota.NotOfTheDesk, asked_of=cast.mira.pk)
    refused(rota.NoSuchTeam, team="Caretakers")
    refused(NotYours, by=cast.mira.actor)
    assert not Swap.objects.exists()


def test_teams_are_as_they_were_for_whoever_reads_only_week_plans(cast: Cast) -> None:
    """The small company's week plan still names everyone, each around the clock."""
    assert {named(team.name, AT) for team in Team.objects.all()} >= {(cast.ana.actor,)}
