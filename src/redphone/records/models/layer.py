"""Layers of a team's rota, whose turn it is in each, and the holes that somebody knows of."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from redphone.core.oncall import OnHolidays, Unit


class RotaLayer(models.Model):
    """People who take turns for a team; `core.oncall.Layer` says what each column means.

    A layer that is changed ends, and another goes on from `holds_from`: who was on call last
    month stays known. `windows` is a list of [from day, "09:00", to day, "17:00"].
    """

    team = models.ForeignKey("records.Team", models.CASCADE, related_name="layers", db_index=False)
    name = models.TextField()
    priority = models.SmallIntegerField(default=1)
    time_zone = models.TextField()
    unit = models.TextField()
    every = models.IntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    holds_from = models.DateTimeField(null=True, blank=True)
    handover_in_persons_zone = models.BooleanField(default=False)
    windows = models.JSONField(default=list, blank=True)
    on_holidays = models.TextField(default=OnHolidays.ALSO.value)
    position = models.IntegerField(default=0)
    made_by = models.TextField(blank=True, default="")
    made_at = models.DateTimeField()

    class Meta:
        db_table = "rota_layer"
        ordering = ["team", "-priority", "position", "id"]
        constraints = [
            models.CheckConstraint(
                name="rota_layer_priority_from_1", condition=Q(priority__gte=1)
            ),
            models.CheckConstraint(name="rota_layer_every_from_1", condition=Q(every__gte=1)),
            models.CheckConstraint(
                name="rota_layer_unit_known", condition=Q(unit__in=[unit.value for unit in Unit])
            ),
            models.CheckConstraint(
                name="rota_layer_holidays_known",
                condition=Q(on_holidays__in=[each.value for each in OnHolidays]),
            ),
            models.CheckConstraint(
                name="rota_layer_ends_after_start",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
        ]
        indexes = [models.Index(name="rota_layer_by_end", fields=["team", "ends_at"])]

    def __str__(self) -> str:
        return self.name


class RotaTurn(models.Model):
    """Somebody's place in a layer: those of one position are on call together.

    A row without a person is a turn in which nobody is on call, on purpose.
    """

    layer = models.ForeignKey(RotaLayer, models.CASCADE, related_name="turns", db_index=False)
    position = models.SmallIntegerField()
    person = models.ForeignKey(
        "records.Person", models.PROTECT, null=True, blank=True, related_name="turns"
    )

    class Meta:
        db_table = "rota_turn"
        ordering = ["layer", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                name="rota_turn_once",
                fields=["layer", "position", "person"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="rota_turn_position_from_0", condition=Q(position__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.person or 'nobody'}"


class NamedHole(models.Model):
    """Nobody is on call then, and `named_by`, an actor, saved the rota knowing it."""

    team = models.ForeignKey("records.Team", models.CASCADE, related_name="holes", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    named_by = models.TextField()
    named_at = models.DateTimeField()

    class Meta:
        db_table = "named_hole"
        constraints = [
            models.CheckConstraint(
                name="named_hole_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
        ]
        indexes = [models.Index(name="named_hole_by_end", fields=["team", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
