"""Keys with which a vendor's own pages say who is in front of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Algorithm(models.TextChoices):
    """How a token is signed. The key says so, never the token."""

    EDDSA = "EdDSA", "Public key (EdDSA, Ed25519)"
    HS256 = "HS256", "Shared secret (HS256)"


class IdentityKey(models.Model):
    """A key of a vendor's dashboard, known to its tokens by `kid`.

    For EdDSA `public_key` is what checks them, as PEM. For HS256 `sealed_secret` is the shared
    secret, encrypted under a key that comes from SECRET_KEY. `origins` are the sites whose pages
    may show our form in a frame.
    """

    kid = models.TextField()
    name = models.TextField()
    algorithm = models.TextField(choices=Algorithm.choices)
    public_key = models.TextField(blank=True, default="")
    sealed_secret = models.TextField(blank=True, default="")
    origins = models.JSONField(default=list, blank=True)
    made_by = models.TextField()
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "identity_key"
        constraints = [
            models.UniqueConstraint(name="identity_key_kid_unique", fields=["kid"]),
            models.CheckConstraint(
                name="identity_key_has_what_checks",
                condition=(Q(algorithm=Algorithm.EDDSA, sealed_secret="") & ~Q(public_key=""))
                | (Q(algorithm=Algorithm.HS256, public_key="") & ~Q(sealed_secret="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kid})"


class UsedToken(models.Model):
    """A token that opened something, so that the same one opens nothing again.

    It is remembered, by the SHA-256 of its `jti`, until it would have expired anyway.
    """

    key = models.ForeignKey(IdentityKey, models.CASCADE, related_name="+", db_index=False)
    jti = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "identity_token_used"
        constraints = [
            models.UniqueConstraint(name="identity_token_used_once", fields=["key", "jti"]),
        ]

    def __str__(self) -> str:
        return self.jti
