"""Incidents: the shared cause that is worked on, a row each."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat

from redphone.records.models.stream import Status, StreamRow, stream_constraints


class IncidentRow(StreamRow):
    """An incident. `types` are the issue types of the policy that it is taken for, by slug.

    `started_at` is the earliest of detection and first report, from which the resolution clock
    counts. `join_key` is held by at most one open incident: of two storms with the same key the
    second finds the first. `manages_beside` says that its manager has another emergency
    too, for a reason that was given: without it nobody has two. Only what `is_public` is on the
    status page, as `public_title`.
    """

    ref = models.GeneratedField(
        expression=Concat(
            Value("INC-"),
            Cast("number", models.TextField()),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    priority = models.SmallIntegerField(default=1)
    types = ArrayField(models.TextField(), default=list)
    started_at = models.DateTimeField()
    manager = models.ForeignKey(
        "records.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_incidents",
        db_index=False,
    )
    manages_beside = models.BooleanField(default=False, db_default=False)
    engaged_at = models.DateTimeField(null=True, blank=True)
    join_key = models.TextField(null=True, blank=True)
    is_public = models.BooleanField(default=False)
    public_title = models.TextField(blank=True, default="")

    class Meta:
        db_table = "incident"
        verbose_name = "incident"
        constraints = [
            *stream_constraints("incident"),
            models.CheckConstraint(
                name="incident_priority_from_1_to_5",
                condition=Q(priority__gte=1, priority__lte=5),
            ),
            models.UniqueConstraint(
                name="incident_join_key_once_open",
                fields=["join_key"],
                condition=Q(status=Status.OPEN, join_key__isnull=False),
            ),
            models.UniqueConstraint(
                name="incident_manager_one_each",
                fields=["manager"],
                condition=Q(status=Status.OPEN, priority=1, manages_beside=False),
            ),
        ]
        indexes = [
            models.Index(
                name="incident_open_by_due",
                fields=["next_due_at"],
                condition=Q(status=Status.OPEN),
            ),
            models.Index(
                name="incident_open_by_manager",
                fields=["manager"],
                condition=Q(status=Status.OPEN),
            ),
            models.Index(name="incident_by_opening", fields=["-opened_at"]),
            models.Index(
                name="incident_public_by_opening",
                fields=["-opened_at"],
                condition=Q(is_public=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
