"""Test messages to ourselves: whether what we hand to a provider comes out at the other end."""

from __future__ import annotations

from django.db import models


class Canary(models.Model):
    """One test message by one channel and provider. `arrived_at` stays empty while it is away.

    `token` is what it carries and is known by when it comes back; `due_at` is when it should have.
    `error` is what the provider said when it took nothing.
    """

    id = models.BigAutoField(primary_key=True)
    channel = models.TextField()
    provider = models.TextField(blank=True, default="")
    token = models.TextField(unique=True)
    sent_at = models.DateTimeField()
    due_at = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        db_table = "canary"
        verbose_name_plural = "canaries"
        indexes = [
            models.Index(name="canary_latest", fields=["channel", "provider", "-sent_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.sent_at:%H:%M:%S}"
