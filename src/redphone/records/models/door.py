"""Doors for machines: where a monitor's alerts come in, and whose they are."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Door(models.Model):
    """A way in for one monitor. Only the SHA-256 of its token, in hexadecimal, is kept.

    `prefix` is the start of the token. `format` is a slug of `redphone.channels.alerts`. A door
    without `customer` is for the house's own monitors. `component` is the slug of what it speaks
    for, `issue_type` a hint for triage, `mapping` tells the generic reader where to look.
    `sealed_secret` is what the sender signs with, encrypted. Of more than `most_a_minute` new
    troubles in a minute the others become one.
    """

    name = models.TextField()
    format = models.TextField()
    digest = models.TextField()
    prefix = models.TextField()
    customer = models.ForeignKey(
        "records.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    component = models.TextField(blank=True, default="")
    issue_type = models.TextField(blank=True, default="")
    mapping = models.JSONField(default=dict, blank=True)
    sealed_secret = models.TextField(blank=True, default="")
    most_a_minute = models.IntegerField(default=10)
    opens_for_tests = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "door"
        constraints = [
            models.UniqueConstraint(name="door_digest_unique", fields=["digest"]),
            models.CheckConstraint(name="door_lets_some_open", condition=Q(most_a_minute__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
