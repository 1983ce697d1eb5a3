"""Schedules that were taken over from elsewhere, and the proof that they say the same here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ScheduleImport(models.Model):
    """A schedule somebody tried to import into a team, and what came of it.

    `proof` is what the page shows: who says so, the minutes compared, each difference by name,
    what was lost and accepted, and who of the source is whom here. Nothing changes it once
    `saved_at` is set. `made_by` and `saved_by` are actors.
    """

    team = models.ForeignKey("records.Team", models.CASCADE, related_name="imports")
    source = models.TextField()
    title = models.TextField(blank=True, default="")
    made_by = models.TextField()
    made_at = models.DateTimeField()
    minutes = models.IntegerField(default=0)
    agree = models.IntegerField(default=0)
    proof = models.JSONField(default=dict)
    saved_by = models.TextField(blank=True, default="")
    saved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "schedule_import"
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="schedule_import_agrees_in_its_minutes",
                condition=Q(agree__gte=0, agree__lte=models.F("minutes")),
            ),
            models.CheckConstraint(
                name="schedule_import_saved_by_somebody",
                condition=Q(saved_at=None, saved_by="")
                | (Q(saved_at__isnull=False) & ~Q(saved_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.title}"


class ScheduleFile(models.Model):
    """A file of an import, as it was given: saving reads it again."""

    import_of = models.ForeignKey(ScheduleImport, models.CASCADE, related_name="files")
    name = models.TextField()
    content = models.BinaryField()

    class Meta:
        db_table = "schedule_file"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
