"""When somebody can't be reached."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Absence(models.Model):
    """No rota names `person` from `starts_at` until just before `ends_at`.

    `why` is for the desk's own people ("parental leave"), and may be empty. `made_by` is an actor.
    """

    person = models.ForeignKey("records.Person", models.PROTECT, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.TextField(blank=True, default="")
    made_by = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "absence"
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
        ]
        indexes = [models.Index(name="absence_by_end", fields=["ends_at"])]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M}"
