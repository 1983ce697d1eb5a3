"""Every version of the policy that a stream was ever opened under."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PolicyVersion(models.Model):
    """A policy file as it was loaded. `digest` is the SHA-256 of its text, in hexadecimal.

    A stream is pinned to its version, so versions are never deleted. New streams are opened under
    the current one.
    """

    digest = models.TextField()
    name = models.TextField()
    version = models.TextField()
    text = models.TextField()
    loaded_at = models.DateTimeField()
    is_current = models.BooleanField(default=False)

    class Meta:
        db_table = "policy_version"
        constraints = [
            models.UniqueConstraint(name="policy_version_digest_unique", fields=["digest"]),
            models.UniqueConstraint(
                name="policy_version_one_current",
                fields=["is_current"],
                condition=Q(is_current=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
