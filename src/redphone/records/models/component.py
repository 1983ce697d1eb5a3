"""What the public status page lists, and how each of it has been."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ComponentState(models.TextChoices):
    OPERATIONAL = "operational", "Operational"
    DEGRADED = "degraded", "Degraded"
    PARTIAL_OUTAGE = "partial_outage", "Partial outage"
    MAJOR_OUTAGE = "major_outage", "Major outage"
    MAINTENANCE = "maintenance", "Maintenance"


class Component(models.Model):
    """A part of the product, in the order of `position`."""

    name = models.TextField()
    slug = models.SlugField(max_length=80, db_index=False)
    description = models.TextField(blank=True, default="")
    position = models.SmallIntegerField(default=0)
    state = models.TextField(choices=ComponentState.choices, default=ComponentState.OPERATIONAL)

    class Meta:
        db_table = "component"
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(name="component_slug_unique", fields=["slug"]),
            models.CheckConstraint(
                name="component_state_known", condition=Q(state__in=ComponentState.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ComponentChange(models.Model):
    """That a component has been in `state` since `at`. `incident_ref` names the cause, if any."""

    component = models.ForeignKey(
        Component, models.CASCADE, related_name="changes", db_index=False
    )
    state = models.TextField(choices=ComponentState.choices)
    at = models.DateTimeField()
    incident_ref = models.TextField(null=True, blank=True)
    actor = models.TextField()

    class Meta:
        db_table = "component_change"
        constraints = [
            models.CheckConstraint(
                name="component_change_state_known", condition=Q(state__in=ComponentState.values)
            ),
        ]
        indexes = [models.Index(name="component_change_by_time", fields=["component", "at"])]

    def __str__(self) -> str:
        return f"{self.component_id} {self.state}"
