"""The rows of a team's plan when an imported schedule takes its place."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from redphone.actions.import_trial import Trial
from redphone.core.oncall import Layer
from redphone.records import rotas
from redphone.records.models import Override, RotaLayer, RotaShift, RotaTurn, Team

_PERSON = "person:"


def standing(team: Team, at: datetime) -> str:
    """What the team's plan has from a moment on, in words; "" for nothing."""
    if team._state.adding:
        return ""
    counts = {
        "weekly shifts": RotaShift.objects.filter(team=team).count(),
        "layers": _layers(team, at).count(),
        "overrides": Override.objects.filter(team=team, ends_at__gt=at).count(),
    }
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _layers(team: Team, at: datetime) -> QuerySet[RotaLayer]:
    return RotaLayer.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), team=team)


def replace_plan(team: Team, trial: Trial, *, by: str, at: datetime) -> None:
    """End what the team had, and put the schedule in its place from `at` on.

    Layers and overrides that had begun end now, and stay readable; what was to come is gone.
    """
    for layer in _layers(team, at):
        if max(layer.starts_at, layer.holds_from or layer.starts_at) >= at:
            layer.delete()
        else:
            layer.ends_at = at
            layer.save(update_fields=["ends_at"])
    Override.objects.filter(team=team, starts_at__gte=at).delete()
    Override.objects.filter(team=team, ends_at__gt=at).update(ends_at=at)
    RotaShift.objects.filter(team=team).delete()
    if team.time_zone != trial.rota.time_zone:
        team.time_zone = trial.rota.time_zone
        team.save(update_fields=["time_zone"])
    for position, each in enumerate(trial.rota.layers):
        _write(team, each, position, by=by, at=at)
    Override.objects.bulk_create(
        Override(
            team=team,
            person_id=_number(each.person),
            starts_at=max(each.starts_at, at),
            ends_at=each.ends_at,
            replaces_all=each.replaces_all,
            made_by=by,
            made_at=at,
        )
        for each in trial.rota.overrides
        if each.ends_at > at
    )


def _write(team: Team, layer: Layer, position: int, *, by: str, at: datetime) -> None:
    holds_from = max(layer.holds_from or layer.starts_at, at)
    row = RotaLayer.objects.create(
        team=team,
        name=layer.name[:200],
        priority=layer.priority,
        time_zone=layer.time_zone,
        unit=layer.unit.value,
        every=layer.every,
        starts_at=layer.starts_at,
        ends_at=layer.ends_at,
        # What was on call here before is history, whatever the other system says of it.
        holds_from=holds_from if holds_from > layer.starts_at else None,
        handover_in_persons_zone=layer.handover_in_persons_zone,
        windows=rotas.stored_windows(layer.windows),
        on_holidays=layer.on_holidays.value,
        position=position,
        made_by=by,
        made_at=at,
    )
    RotaTurn.objects.bulk_create(
        RotaTurn(layer=row, position=number, person_id=person)
        for number, turn in enumerate(layer.turns)
        for person in (*map(_number, turn), *(() if turn else (None,)))
    )


def _number(actor: str) -> int:
    return int(actor.removeprefix(_PERSON))
