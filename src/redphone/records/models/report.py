"""What came in, kept as it came, before anything else can fail."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q, Value


class Report(models.Model):
    """One report. It is stored first and made a case after.

    `raw` is what arrived, byte for byte, and `content_type` says what those bytes are; the other
    columns are what could be read in it. `fields` are the things of FAQ-6, as far as they were
    told. `notes` is what the channel says of how it came (`unreadable`, `sender`, `spf`…), for
    responders' eyes. `files` are the digests of what was attached. `join_key` is an exact key
    under which reports of the same trouble join one incident.
    `idempotency_key` makes a repeated request give the first answer again; it is the caller's own,
    so it counts within `idempotency_scope` (`api:7`, `email`).

    A report without `opened_at` is not a case yet: the sweep tries it again at `next_try_at`.

    Source: FAQ-2, FAQ-6.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.TextField()
    received_at = models.DateTimeField()
    raw = models.BinaryField()
    content_type = models.TextField(default="application/octet-stream")
    idempotency_scope = models.TextField(blank=True, default="")
    idempotency_key = models.TextField(null=True, blank=True)
    sender = models.ForeignKey(
        "records.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    customer = models.ForeignKey(
        "records.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    off_channel = models.BooleanField(default=False)
    description = models.TextField(blank=True, default="")
    contact = models.TextField(blank=True, default="")
    fields = models.JSONField(default=dict, blank=True)
    # The database knows these defaults too: the last release, which may still run beside this one
    # during an upgrade, does not write them.
    notes = models.JSONField(default=dict, blank=True, db_default=Value({}, models.JSONField()))
    files = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    join_key = models.TextField(null=True, blank=True)
    case_ref = models.TextField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    attempts = models.IntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "report"
        constraints = [
            models.UniqueConstraint(
                name="report_idempotency_key_once",
                fields=["idempotency_scope", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
            ),
            models.CheckConstraint(
                name="report_opened_iff_case",
                condition=Q(opened_at__isnull=True, case_ref__isnull=True)
                | Q(opened_at__isnull=False, case_ref__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="report_not_yet_a_case",
                fields=["next_try_at", "received_at"],
                condition=Q(opened_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.id}"
