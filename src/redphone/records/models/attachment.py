"""Files that came with a report or were added to a case later."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Attachment(models.Model):
    """A file as it came: a screenshot, a part of a mail, a recording of a call.

    It came with `report`, or was added later to the case `stream`. `name` and `content_type` are
    what the sender said, and nothing of ours believes them. `digest` is the SHA-256 of the bytes,
    in hexadecimal, and stands in the entry too, so that a file that was changed shows. `left_out`
    says why `content` is empty, when the file was too large to keep.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(
        "records.Report",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        db_index=False,
    )
    stream = models.TextField(blank=True, default="")
    name = models.TextField()
    content_type = models.TextField(default="application/octet-stream")
    size = models.BigIntegerField()
    digest = models.TextField()
    content = models.BinaryField()
    left_out = models.TextField(blank=True, default="")
    actor = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "attachment"
        constraints = [
            models.CheckConstraint(
                name="attachment_of_report_or_stream",
                condition=Q(report__isnull=False, stream="")
                | (Q(report__isnull=True) & ~Q(stream="")),
            ),
        ]
        indexes = [
            models.Index(
                name="attachment_by_report",
                fields=["report"],
                condition=Q(report__isnull=False),
            ),
            models.Index(name="attachment_by_stream", fields=["stream"], condition=~Q(stream="")),
        ]

    def __str__(self) -> str:
        return self.name
