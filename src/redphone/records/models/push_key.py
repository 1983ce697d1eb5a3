"""The desk's own key for pushes to browsers: one, however many machines share the database."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PushKeyRow(models.Model):
    """The private key, sealed (see `records.sealed`, purpose "push-key").

    Each browser's subscription is bound to it: it is made once, and never changes by itself.
    """

    THE_ONE = 1

    id = models.SmallIntegerField(primary_key=True, default=THE_ONE)
    sealed = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "push_key"
        constraints = [models.CheckConstraint(name="push_key_only_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return "the key for pushes"
