"""Somebody asks a colleague to take a stretch of their duty."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class SwapState(models.TextChoices):
    """How far a swap has come. Only an accepted one changes the rota."""

    ASKED = "asked", "Asked"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class Swap(models.Model):
    """`asked_by` gives `asked_of` their duty from `starts_at` until just before `ends_at`.

    In return they take `asked_of`'s duty from `back_starts_at` until `back_ends_at`, where both
    are given. It expires when the first of the two begins unanswered. `gives` and `gives_back`
    are the stretches that each was on call when it was asked, as pairs of moments.
    """

    team = models.ForeignKey("records.Team", models.CASCADE, related_name="swaps", db_index=False)
    asked_by = models.ForeignKey("records.Person", models.PROTECT, related_name="swaps_asked")
    asked_of = models.ForeignKey("records.Person", models.PROTECT, related_name="swaps_to_answer")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    back_starts_at = models.DateTimeField(null=True, blank=True)
    back_ends_at = models.DateTimeField(null=True, blank=True)
    gives = models.JSONField(default=list)
    gives_back = models.JSONField(default=list, blank=True)
    why = models.TextField(blank=True, default="")
    state = models.TextField(choices=SwapState.choices, default=SwapState.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "swap"
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="swap_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(
                name="swap_back_whole",
                condition=Q(back_starts_at=None, back_ends_at=None)
                | Q(back_starts_at__isnull=False, back_ends_at__gt=F("back_starts_at")),
            ),
            models.CheckConstraint(
                name="swap_state_known", condition=Q(state__in=SwapState.values)
            ),
            models.CheckConstraint(name="swap_between_two", condition=~Q(asked_by=F("asked_of"))),
        ]
        indexes = [models.Index(name="swap_by_end", fields=["team", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
