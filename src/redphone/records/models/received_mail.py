"""Every mail that came in, and what became of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Became(models.TextChoices):
    """What became of a mail. One that waits is in hand, and the sweep takes it up again."""

    WAITING = "waiting", "In hand"
    OPENED = "opened", "Opened a case"
    ADDED = "added", "Added to its case"
    NOTED = "noted", "Noted on its incident"
    ACKNOWLEDGED = "acknowledged", "Acknowledged a page"
    BOUNCE = "bounce", "A mail of ours came back"
    AUTO_REPLY = "auto_reply", "An answering machine"
    COALESCED = "coalesced", "One of many: kept beside its case"
    OURS = "ours", "A mail of our own"
    PARKED = "parked", "Parked"
    SET_ASIDE = "set_aside", "Set aside by a person"


class ReceivedMail(models.Model):
    """A mail as it came, and what became of it.

    `raw` is the mail byte for byte; it is empty when `report` keeps it. `key` makes a mail that
    comes twice one mail. `stream` is the case or incident that it was put to, and `delivery` the
    message of ours that it answers. `why` says in one sentence why it became that. `notes` is what
    the door knows of how it came (`spf`, `dkim`, `dmarc`, …). `settled_by` is the actor who put a
    parked one somewhere.

    A waiting mail is taken up by the sweep at `next_try_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.TextField()
    door = models.TextField()
    received_at = models.DateTimeField()
    message_id = models.TextField(blank=True, default="")
    sender = models.TextField(blank=True, default="")
    mail_from = models.TextField(blank=True, default="")
    recipients = models.JSONField(default=list, blank=True)
    subject = models.TextField(blank=True, default="")
    words = models.TextField(blank=True, default="")
    kind = models.TextField()
    became = models.TextField(choices=Became.choices, default=Became.WAITING)
    why = models.TextField(blank=True, default="")
    notes = models.JSONField(default=dict, blank=True)
    raw = models.BinaryField(default=bytes)
    report = models.ForeignKey(
        "records.Report", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    stream = models.TextField(blank=True, default="")
    delivery = models.ForeignKey(
        "records.Delivery", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    settled_by = models.TextField(blank=True, default="")
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        db_table = "received_mail"
        constraints = [
            models.UniqueConstraint(name="received_mail_once", fields=["key"]),
            models.CheckConstraint(
                name="received_mail_became_known", condition=Q(became__in=Became.values)
            ),
            models.CheckConstraint(
                name="received_mail_waits_for_a_moment",
                condition=Q(became=Became.WAITING, next_try_at__isnull=False)
                | (~Q(became=Became.WAITING) & Q(next_try_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="received_mail_opened_has_report",
                condition=~Q(became=Became.OPENED) | Q(report__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="received_mail_by_message_id",
                fields=["message_id"],
                condition=~Q(message_id=""),
            ),
            models.Index(name="received_mail_by_sender", fields=["sender", "received_at"]),
            models.Index(
                name="received_mail_by_report",
                fields=["report"],
                condition=Q(report__isnull=False),
            ),
            models.Index(
                name="received_mail_by_stream", fields=["stream"], condition=~Q(stream="")
            ),
            models.Index(
                name="received_mail_waiting",
                fields=["next_try_at"],
                condition=Q(became=Became.WAITING),
            ),
            models.Index(
                name="received_mail_parked",
                fields=["-received_at"],
                condition=Q(became=Became.PARKED),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.id)
