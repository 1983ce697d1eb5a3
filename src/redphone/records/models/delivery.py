"""What must be sent to whom: a row before the send, kept as the receipt after it."""

from __future__ import annotations

import re

from django.db import models
from django.db.models import Q

_TO_A_DEVICE = re.compile(r"/(?:voice|sms|push|app|mail):[0-9]+(?::[0-9]+)?/[a-z_]+$")
"""How the key ends of what was meant for one device."""


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    STALE = "stale", "No longer true when its turn came"
    CANCELLED = "cancelled", "Cancelled"


class Delivery(models.Model):
    """One message to one address on one channel, tried up to `most_tries` times.

    `key` names the entry, the person and the channel (`RP-1001/3/person:5/mail`), so that it is
    written once however often its entry is worked on. Lower `priority` goes first: 0 is the first
    page of an incident. After `deadline_at` it is not worth sending. `answered_at` is when a page
    was acknowledged through it. `device` is what it goes to, None for an address alone. After
    `receipt_due_at` a channel that confirms should have: `delivered_at` is when it did, `provider`
    names who carries it. `bundled_into` is the message that says this one too. `loud_at` is when
    it began to ring, `hang_up_at` since when its call is to be ended: somebody has it.

    `purpose` is one of the core's (`redphone.core.updates.Purpose`), which needs no migration to
    tell something new.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.TextField()
    stream = models.TextField()
    seq = models.IntegerField()
    purpose = models.TextField()
    channel = models.TextField(default="mail")
    person = models.ForeignKey(
        "records.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        db_index=False,
    )
    contact = models.ForeignKey(
        "records.Contact",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
        db_index=False,
    )
    address = models.TextField()
    state = models.TextField(choices=DeliveryState.choices, default=DeliveryState.PENDING)
    priority = models.SmallIntegerField(default=5)
    tries = models.SmallIntegerField(default=0)
    most_tries = models.SmallIntegerField(default=5)
    next_try_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    sending_since = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.TextField(blank=True, default="")
    provider_id = models.TextField(blank=True, default="")
    error = models.TextField(blank=True, default="")
    payload = models.JSONField(default=dict)
    answered_at = models.DateTimeField(null=True, blank=True)
    device = models.ForeignKey(
        "records.Device",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
        db_index=False,
    )
    provider = models.TextField(blank=True, default="", db_default="")
    delivered_at = models.DateTimeField(null=True, blank=True)
    receipt_due_at = models.DateTimeField(null=True, blank=True)
    bundled_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="bundled", db_index=False
    )
    loud_at = models.DateTimeField(null=True, blank=True)
    hang_up_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "delivery"
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(name="delivery_key_unique", fields=["key"]),
            models.CheckConstraint(
                name="delivery_state_known", condition=Q(state__in=DeliveryState.values)
            ),
            models.CheckConstraint(
                name="delivery_sending_has_moment",
                condition=~Q(state=DeliveryState.SENDING) | Q(sending_since__isnull=False),
            ),
            models.CheckConstraint(
                name="delivery_sent_has_moment",
                condition=~Q(state__in=[DeliveryState.SENT, DeliveryState.DELIVERED])
                | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="delivery_tries_are_bounded",
                condition=Q(tries__gte=0, tries__lte=models.F("most_tries")),
            ),
        ]
        indexes = [
            models.Index(
                name="delivery_pending_in_order",
                fields=["priority", "next_try_at", "id"],
                condition=Q(state=DeliveryState.PENDING),
            ),
            models.Index(
                name="delivery_sending_by_start",
                fields=["sending_since"],
                condition=Q(state=DeliveryState.SENDING),
            ),
            models.Index(name="delivery_by_stream", fields=["stream", "seq"]),
            # By which a reply or a bounce is known for an answer to it.
            models.Index(
                name="delivery_by_message_id", fields=["message_id"], condition=~Q(message_id="")
            ),
            models.Index(
                name="delivery_receipt_due",
                fields=["receipt_due_at"],
                condition=Q(state=DeliveryState.SENT, receipt_due_at__isnull=False),
            ),
            # By which an SMS finds the page that it answers.
            models.Index(
                name="delivery_by_person",
                fields=["person", "created_at"],
                condition=Q(person__isnull=False),
            ),
            models.Index(
                name="delivery_loud_by_person",
                fields=["person", "loud_at"],
                condition=Q(loud_at__isnull=False),
            ),
            models.Index(
                name="delivery_waits_for_device",
                fields=["device", "next_try_at"],
                condition=Q(state=DeliveryState.PENDING, device__isnull=False),
            ),
            models.Index(
                name="delivery_by_carrier",
                fields=["bundled_into"],
                condition=Q(bundled_into__isnull=False),
            ),
            models.Index(
                name="delivery_to_hang_up",
                fields=["hang_up_at"],
                condition=Q(hang_up_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"

    @property
    def is_to_a_device(self) -> bool:
        """Whether it was meant for one device, which may be gone by now: its key names it."""
        return _TO_A_DEVICE.search(self.key) is not None
