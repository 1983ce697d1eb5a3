"""Codes, tests and news on their way to a device: what belongs to no case and no incident."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class DeviceMessagePurpose(models.TextChoices):
    CODE = "code", "A code"
    TEST = "test", "A test"
    NEWS = "news", "News of another device"
    DUTY = "duty", "News of one's duty"


class DeviceMessageState(models.TextChoices):
    PENDING = "pending", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    TAKEN = "taken", "Taken by the provider"
    FAILED = "failed", "Not sent"


class DeviceMessage(models.Model):
    """One such message for one device, written before it is sent and kept for a day after it.

    What was sent is counted by these rows, for whom (`person`) and where to (`channel`,
    `address`), so that they outlive their device. `sealed` is the code (see `records.sealed`,
    purpose "device-code"), and is emptied once it is sent or too old: only so is it the same at
    each try. `said` is what the provider answered; `about` names the device that news are of, or
    says all that became of one's duty.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey("records.Person", models.CASCADE, related_name="+")
    device = models.ForeignKey(
        "records.Device", models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    purpose = models.TextField(choices=DeviceMessagePurpose.choices)
    channel = models.TextField()
    address = models.TextField()
    sealed = models.TextField(blank=True, default="")
    about = models.TextField(blank=True, default="")
    state = models.TextField(
        choices=DeviceMessageState.choices, default=DeviceMessageState.PENDING
    )
    tries = models.SmallIntegerField(default=0)
    most_tries = models.SmallIntegerField(default=20)
    next_try_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    sending_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    provider = models.TextField(blank=True, default="")
    said = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "device_message"
        constraints = [
            models.CheckConstraint(
                name="device_message_purpose_known",
                condition=Q(purpose__in=DeviceMessagePurpose.values),
            ),
            models.CheckConstraint(
                name="device_message_state_known",
                condition=Q(state__in=DeviceMessageState.values),
            ),
            models.CheckConstraint(
                name="device_message_sending_has_moment",
                condition=~Q(state=DeviceMessageState.SENDING) | Q(sending_since__isnull=False),
            ),
            models.CheckConstraint(
                name="device_message_tries_are_bounded",
                condition=Q(tries__gte=0, tries__lte=F("most_tries")),
            ),
            models.CheckConstraint(
                name="device_message_forgets_its_code",
                condition=Q(sealed="")
                | Q(state__in=[DeviceMessageState.PENDING, DeviceMessageState.SENDING]),
            ),
        ]
        indexes = [
            models.Index(
                name="device_message_waiting",
                fields=["next_try_at", "id"],
                condition=Q(state__in=[DeviceMessageState.PENDING, DeviceMessageState.SENDING]),
            ),
            # By which one counts how much was sent to an address, whoever asked for it.
            models.Index(
                name="device_message_by_address", fields=["channel", "address", "created_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel}, {self.state}"
