"""Keys for programs that speak for a person."""

from __future__ import annotations

from django.db import models


class ApiToken(models.Model):
    """A bearer token of the API. Only its SHA-256, in hexadecimal, is kept.

    `prefix` is the start of the token, shown so that people can tell theirs apart.
    """

    name = models.TextField()
    person = models.ForeignKey("records.Person", models.CASCADE, related_name="api_tokens")
    digest = models.TextField()
    prefix = models.TextField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "api_token"
        constraints = [models.UniqueConstraint(name="api_token_digest_unique", fields=["digest"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def actor(self) -> str:
        """The name under which entries know what was done with this token."""
        return f"api:{self.pk}"
