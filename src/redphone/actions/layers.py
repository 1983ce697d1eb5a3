"""Layers of a team's rota: people who take turns.

Nothing here rewrites what has been. Where a layer is changed, the one that held until now ends,
and one with the change goes on, its turns counted from whichever beginning it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import combinations

from django.db import transaction

from redphone.actions.rota import (
    RotaError,
    check_zone,
    reachable_colleagues,
    saving,
    team_named,
)
from redphone.core.oncall import Layer, OnHolidays, Rota, Unit, Window, effect
from redphone.core.oncall.effect import Change
from redphone.records import rotas
from redphone.records.models import RotaLayer, RotaTurn, Team

HIGHEST = 99
LONGEST = 1000
"""Units that a turn may last."""
TURNS = 500


class NoSuchLayer(RotaError):
    """That layer is gone already, or has ended. Reload to see how the rota is now."""


class NeedsAName(RotaError):
    """Give the layer a name by which people know it, such as "Nights"."""


class NoSuchPriority(RotaError):
    """A layer's priority is a whole number from 1 to 99; the highest goes first."""


class TurnsTooLong(RotaError):
    """A turn lasts from 1 to 1000 hours, days, weeks or months."""


class NobodyTakesTurns(RotaError):
    """At least one turn has to have somebody. Put somebody in, or leave the layer out."""


class TooManyTurns(RotaError):
    """A layer has at most 500 turns. Make it two layers."""


class TwiceInOneTurn(RotaError):
    """Somebody is in the same turn twice. Leave one of them out."""


class LayerEndsBeforeItBegins(RotaError):
    """A layer ends after it begins. Choose a later end, or none."""


class LayerIsOver(RotaError):
    """That layer would be over already. Choose an end that is still to come, or none."""


class NoSuchWindow(RotaError):
    """A window begins and ends on a day of the week, 0 for Monday to 6 for Sunday."""


class WindowsOverlap(RotaError):
    """Two of the layer's windows overlap. Join them into one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A layer as somebody fills it in; `core.oncall.Layer` says what each field means.

    `turns` are people's numbers.
    """

    name: str
    turns: tuple[tuple[int, ...], ...]
    time_zone: str
    unit: Unit
    starts_at: datetime
    every: int = 1
    priority: int = 1
    ends_at: datetime | None = None
    handover_in_persons_zone: bool = False
    windows: tuple[Window, ...] = ()
    on_holidays: OnHolidays = OnHolidays.ALSO


def add_layer(
    *, team: str, layer: Planned, by: str, at: datetime, holes_named: bool = False
) -> RotaLayer:
    """Let people take turns for a team.

    Raises:
        RotaError: one of the kinds above, or of those that any change of a rota is held to.
    """
    return add_layers(team=team, layers=[layer], by=by, at=at, holes_named=holes_named)[0]


def add_layers(
    *, team: str, layers: Sequence[Planned], by: str, at: datetime, holes_named: bool = False
) -> list[RotaLayer]:
    """Add several layers in one go: all of them, or none; only then holes are looked for.

    Raises:
        RotaError: one of the kinds above, or of those that any change of a rota is held to.
    """
    for layer in layers:
        check(layer, at=at)
    with transaction.atomic():
        row = team_named(team)
        with saving(row, by=by, at=at, holes_named=holes_named):
            return [_write(row, layer, by=by, at=at) for layer in layers]


def change_layer(
    *, layer: int, to: Planned, by: str, at: datetime, holes_named: bool = False
) -> RotaLayer:
    """Change a layer from now on, or from when the changed one begins. The row of the changed one.

    Raises:
        NoSuchLayer: it has ended already.
        RotaError: one of the kinds above, or of those that any change of a rota is held to.
    """
    check(to, at=at)
    team = _standing(layer, at).team
    with saving(team, by=by, at=at, holes_named=holes_named):
        row = _standing(layer, at)
        _end(row, max(at, to.starts_at) if _begun(row, at) else at)
        return _write(team, to, by=by, at=at, position=row.position)


def remove_layer(*, layer: int, by: str, at: datetime, holes_named: bool = False) -> None:
    """End a layer now; one that has not begun is taken back.

    Raises:
        NoSuchLayer: it has ended already.
        LeavesAHole: the team then has a hole that nobody has named.
    """
    with saving(_standing(layer, at).team, by=by, at=at, holes_named=holes_named):
        _end(_standing(layer, at), at)


def preview(
    *, team: str, at: datetime, until: datetime, layer: Planned, instead_of: int | None = None
) -> tuple[Change, ...]:
    """What saving this layer would change until then, with nothing saved.

    `instead_of` is the layer that it is a change of.

    Raises:
        RotaError: it could not be saved for another reason than a hole.
    """
    check(layer, at=at)
    before, after = planned(team=team, at=at, until=until, layer=layer, instead_of=instead_of)
    return effect(before, after, at, until)


def planned(
    *, team: str, at: datetime, until: datetime, layer: Planned, instead_of: int | None = None
) -> tuple[Rota, Rota]:
    """A team's rota as it stands, and as it would be with this layer: for previews."""
    standing = rotas.rotas(at, [team], until=until)
    before = standing.get(team) or Rota(team=team, time_zone=layer.time_zone)
    others = [each for each in before.layers if each.id != str(instead_of)]
    layers = sorted([*others, _value(layer)], key=lambda each: -each.priority)
    days_off = frozenset() if layer.on_holidays is OnHolidays.ALSO else rotas.holidays()
    after = replace(
        before,
        layers=tuple(layers),
        holidays=before.holidays | days_off,
        zones=before.zones or rotas.zones(),
    )
    return before, after


def _value(layer: Planned) -> Layer:
    return Layer(
        id="",
        name=layer.name,
        priority=layer.priority,
        time_zone=layer.time_zone,
        turns=tuple(tuple(f"person:{each}" for each in turn) for turn in layer.turns),
        unit=layer.unit,
        every=layer.every,
        starts_at=layer.starts_at,
        ends_at=layer.ends_at,
        handover_in_persons_zone=layer.handover_in_persons_zone,
        windows=layer.windows,
        on_holidays=layer.on_holidays,
    )


# ── What is refused ─────────────────────────────────────────────────────────────────────────────


def check(layer: Planned, *, at: datetime) -> None:
    """Raises: RotaError, for the first thing that is wrong with a layer."""
    if not layer.name.strip():
        raise NeedsAName
    if not 1 <= layer.priority <= HIGHEST:
        raise NoSuchPriority
    if not 1 <= layer.every <= LONGEST:
        raise TurnsTooLong
    check_zone(layer.time_zone)
    _check_times(layer, at)
    _check_windows(layer.windows)
    _check_turns(layer.turns)


def _check_times(layer: Planned, at: datetime) -> None:
    if layer.ends_at is None:
        return
    if layer.ends_at <= layer.starts_at:
        raise LayerEndsBeforeItBegins
    if layer.ends_at <= at:
        raise LayerIsOver


def _check_turns(turns: tuple[tuple[int, ...], ...]) -> None:
    if not any(turns):
        raise NobodyTakesTurns
    if len(turns) > TURNS:
        raise TooManyTurns
    if any(len(set(turn)) < len(turn) for turn in turns):
        raise TwiceInOneTurn
    reachable_colleagues({person for turn in turns for person in turn})


def _check_windows(windows: tuple[Window, ...]) -> None:
    for window in windows:
        if not {window.from_day, window.to_day} <= set(range(7)):
            raise NoSuchWindow
    pairs = combinations(windows, 2)
    if any(_begins_in(one, other) or _begins_in(other, one) for one, other in pairs):
        raise WindowsOverlap


def _begins_in(one: Window, other: Window) -> bool:
    starts, ends = _edges(other)
    begins, _ = _edges(one)
    if starts < ends:
        return starts <= begins < ends
    return begins >= starts or begins < ends


def _edges(window: Window) -> tuple[tuple[int, time], tuple[int, time]]:
    return (window.from_day, window.from_time), (window.to_day, window.to_time)


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────


def _standing(layer: int, at: datetime) -> RotaLayer:
    row = RotaLayer.objects.select_related("team").filter(pk=layer).first()
    if row is None or (row.ends_at is not None and row.ends_at <= at):
        raise NoSuchLayer
    return row


def _begun(row: RotaLayer, at: datetime) -> bool:
    return max(row.starts_at, row.holds_from or row.starts_at) < at


def _end(row: RotaLayer, at: datetime) -> None:
    if not _begun(row, at):
        row.delete()
        return
    row.ends_at = min(at, row.ends_at or at)
    row.save(update_fields=["ends_at"])


def _write(
    team: Team,
    layer: Planned,
    *,
    by: str,
    at: datetime,
    position: int = 0,
) -> RotaLayer:
    row = RotaLayer.objects.create(
        team=team,
        name=layer.name.strip(),
        priority=layer.priority,
        time_zone=layer.time_zone,
        unit=layer.unit.value,
        every=layer.every,
        starts_at=layer.starts_at,
        ends_at=layer.ends_at,
        # Turns may be counted from last spring on; who was on call until now stays as it was.
        holds_from=at if layer.starts_at < at else None,
        handover_in_persons_zone=layer.handover_in_persons_zone,
        windows=rotas.stored_windows(layer.windows),
        on_holidays=layer.on_holidays.value,
        position=position,
        made_by=by,
        made_at=at,
    )
    RotaTurn.objects.bulk_create(
        RotaTurn(layer=row, position=position, person_id=person)
        for position, turn in enumerate(layer.turns)
        for person in turn or (None,)
    )
    return row
