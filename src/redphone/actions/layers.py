"""Layers of a team's rota: people who take turns.

Nothing here rewrites what has been. Where a layer is changed, the one that held until now ends,
and one with the change goes on, its turns counted from whichever beginning it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from redphone.actions.layer_plan import (
    LayerEndsBeforeItBegins,
    LayerIsOver,
    NeedsAName,
    NobodyTakesTurns,
    NoSuchPriority,
    NoSuchWindow,
    Planned,
    TooManyTurns,
    TurnsTooLong,
    TwiceInOneTurn,
    WindowsOverlap,
    check,
    value,
)
from redphone.actions.rota import RotaError, saving, team_named
from redphone.core.oncall import Layer, OnHolidays, Rota, effect
from redphone.core.oncall.effect import Change
from redphone.records import rotas
from redphone.records.models import RotaLayer, RotaTurn, Team

__all__ = [
    "LayerEndsBeforeItBegins",
    "LayerIsOver",
    "NeedsAName",
    "NoSuchLayer",
    "NoSuchPriority",
    "NoSuchWindow",
    "NobodyTakesTurns",
    "Planned",
    "TooManyTurns",
    "TurnsTooLong",
    "TwiceInOneTurn",
    "WindowsOverlap",
    "add_layer",
    "add_layers",
    "change_layer",
    "check",
    "planned",
    "preview",
    "remove_layer",
]


class NoSuchLayer(RotaError):
    """That layer is gone already, or has ended. Reload to see how the rota is now."""


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
    others = [
        _until(each, max(at, layer.starts_at), at) if each.id == str(instead_of) else each
        for each in before.layers
    ]
    layers = sorted(
        [*(each for each in others if each), value(layer)], key=lambda each: -each.priority
    )
    days_off = frozenset() if layer.on_holidays is OnHolidays.ALSO else rotas.holidays()
    after = replace(
        before,
        layers=tuple(layers),
        holidays=before.holidays | days_off,
        zones=before.zones or rotas.zones(),
    )
    return before, after


def _until(layer: Layer, end: datetime, at: datetime) -> Layer | None:
    """A layer as it goes on until the changed one begins; None if it had not begun."""
    if max(layer.starts_at, layer.holds_from or layer.starts_at) >= at:
        return None
    return replace(layer, ends_at=min(end, layer.ends_at or end))


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
