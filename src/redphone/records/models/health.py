"""How the desk itself is: signs of life, and the alarms of the auditor."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """The last sign of life of one process. `name` is kind, host and process id."""

    name = models.TextField(primary_key=True)
    kind = models.TextField()
    at = models.DateTimeField()
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "heartbeat"

    def __str__(self) -> str:
        return self.name


class Alarm(models.Model):
    """Something that the desk owes and has not done. One of a `key` is open at a time."""

    key = models.TextField()
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField()
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "alarm"
        constraints = [
            models.UniqueConstraint(
                name="alarm_open_once", fields=["key"], condition=Q(cleared_at__isnull=True)
            ),
        ]
        indexes = [models.Index(name="alarm_by_raising", fields=["-raised_at"])]

    def __str__(self) -> str:
        return self.message
