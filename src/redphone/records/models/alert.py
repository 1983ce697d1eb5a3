"""Alerts as they came, and what each key of a door says now."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Became(models.TextChoices):
    """What became of an alert. Only a waiting one still asks for something to be done."""

    WAITING = "waiting", "being looked at"
    OPENED = "opened", "opened an incident"
    JOINED = "joined", "joined an incident"
    REPEAT = "repeat", "counted as a repeat"
    COALESCED = "coalesced", "put with the door’s other alerts"
    RETURNED = "returned", "fired again"
    ACKNOWLEDGED = "acknowledged", "noted an acknowledgement"
    RESOLVED = "resolved", "noted as over"
    STRAY = "stray", "about nothing that is open"
    UNREADABLE = "unreadable", "could not be read; it is a case"
    TEST = "test", "a test: opened nothing"
    CHANGE = "change", "a change: only kept"


class Alert(models.Model):
    """One alert of one request. `raw` stands with the first alert of its request only (`part` 0).

    `number` is the same for a message that is sent again or replayed, "" where none is numbered.
    `said` is what the reader made of it, kept until it is known what becomes of it. The rows of
    the hot path are written by `redphone.records.alerts`, without this class.
    """

    door = models.ForeignKey(
        "records.Door", models.PROTECT, related_name="alerts", db_index=False, db_constraint=False
    )
    request = models.UUIDField()
    part = models.SmallIntegerField(default=0)
    received_at = models.DateTimeField()
    key = models.TextField()
    change = models.TextField()
    title = models.TextField()
    said = models.JSONField(null=True, blank=True)
    raw = models.BinaryField()
    content_type = models.TextField()
    became = models.TextField(choices=Became.choices, default=Became.WAITING)
    incident = models.ForeignKey(
        "records.IncidentRow",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="alerts",
        db_index=False,
        db_constraint=False,
    )
    case_ref = models.TextField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")
    number = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "alert"
        constraints = [
            models.UniqueConstraint(
                name="alert_message_once",
                fields=["door", "number", "part"],
                condition=~Q(number=""),
            ),
            models.CheckConstraint(
                name="alert_became_known", condition=Q(became__in=Became.values)
            ),
        ]
        indexes = [
            models.Index(name="alert_by_door", fields=["door", "-id"]),
            models.Index(
                name="alert_waiting", fields=["door", "id"], condition=Q(became="waiting")
            ),
            models.Index(
                name="alert_opened", fields=["door", "received_at"], condition=Q(became="opened")
            ),
            models.Index(
                name="alert_by_incident",
                fields=["incident", "received_at"],
                condition=Q(incident__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change} {self.key}"


class Signal(models.Model):
    """What one key of a door said last, and the incident that it opened or joined.

    `changes` counts how often it went to and fro since it was last steady, `changed_at` is when
    it did so last. `is_acknowledged` is what the sender says, not one of ours.
    """

    door = models.ForeignKey(
        "records.Door", models.PROTECT, related_name="signals", db_index=False, db_constraint=False
    )
    key = models.TextField()
    is_firing = models.BooleanField()
    is_acknowledged = models.BooleanField(default=False)
    is_coalesced = models.BooleanField(default=False)
    incident = models.ForeignKey(
        "records.IncidentRow",
        models.PROTECT,
        related_name="signals",
        db_constraint=False,
    )
    changes = models.IntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "signal"
        constraints = [
            models.UniqueConstraint(name="signal_once_a_key", fields=["door", "key"]),
        ]

    def __str__(self) -> str:
        return f"{self.door_id} {self.key}"
