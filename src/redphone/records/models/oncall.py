"""Who is on call: teams, their weekly shifts, and who stands in for whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Team(models.Model):
    """Who answers a step of the policy's ladders: `name` is the step's name there."""

    name = models.TextField()
    slug = models.SlugField(max_length=80, db_index=False)
    time_zone = models.TextField(default="UTC")

    class Meta:
        db_table = "team"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(name="team_name_unique", fields=["name"]),
            models.UniqueConstraint(name="team_slug_unique", fields=["slug"]),
        ]

    def __str__(self) -> str:
        return self.name


class RotaShift(models.Model):
    """A weekly shift, in the team's zone. `weekday` 0 is Monday.

    A shift that ends at or before its start runs over midnight and belongs to the weekday on
    which it starts; equal times are a full day.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="shifts", db_index=False)
    person = models.ForeignKey("records.Person", models.PROTECT, related_name="shifts")
    weekday = models.SmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        db_table = "rota_shift"
        ordering = ["team", "weekday", "starts", "id"]
        constraints = [
            models.CheckConstraint(
                name="rota_shift_weekday_from_0_to_6",
                condition=Q(weekday__gte=0, weekday__lte=6),
            ),
            models.UniqueConstraint(
                name="rota_shift_once", fields=["team", "weekday", "starts", "person"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}-{self.ends:%H:%M}"


class Override(models.Model):
    """`person` is on call from `starts_at` until just before `ends_at`.

    They stand in for `instead_of`, or beside the rota when that is null; alone, whoever the rota
    names, where `replaces_all`. `made_by` is an actor.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="overrides", db_index=False)
    person = models.ForeignKey("records.Person", models.PROTECT, related_name="overrides")
    instead_of = models.ForeignKey(
        "records.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    replaces_all = models.BooleanField(default=False, db_default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_by = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "override"
        constraints = [
            models.CheckConstraint(
                name="override_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="override_replaces_one_or_all",
                condition=Q(replaces_all=False) | Q(instead_of=None),
            ),
        ]
        indexes = [models.Index(name="override_by_end", fields=["team", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
