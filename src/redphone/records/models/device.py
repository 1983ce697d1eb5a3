"""What a person can be reached on, and in which order they want it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class DeviceKind(models.TextChoices):
    """The value is the name of the channel that reaches it."""

    VOICE = "voice", "Telephone call"
    SMS = "sms", "SMS"
    PUSH = "push", "Push to a browser"
    MAIL = "mail", "E-mail"
    APP = "app", "Chat or push app"


class Device(models.Model):
    """One way to reach one of the desk's own people.

    `address` may be shown to its owner: a number in E.164, a mail address, for a push or an app a
    name without secrets. What the service needs beyond it lies in `sealed` (see `records.sealed`,
    purpose "device"). Nothing but its code is sent to it before `verified_at`, and nothing after
    `off_at`; `code_hash` is the code that was sent, good until `code_until`, for `code_tries` more
    tries. `heard_at` is when it last confirmed that something arrived.
    """

    person = models.ForeignKey("records.Person", models.CASCADE, related_name="devices")
    kind = models.TextField(choices=DeviceKind.choices)
    name = models.TextField(blank=True, default="")
    address = models.TextField()
    sealed = models.TextField(blank=True, default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    code_hash = models.TextField(blank=True, default="")
    code_until = models.DateTimeField(null=True, blank=True)
    code_tries = models.SmallIntegerField(default=0)
    off_at = models.DateTimeField(null=True, blank=True)
    off_why = models.TextField(blank=True, default="")
    heard_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "device"
        ordering = ["person", "id"]
        constraints = [
            models.CheckConstraint(
                name="device_kind_known", condition=Q(kind__in=DeviceKind.values)
            ),
            models.UniqueConstraint(name="device_once", fields=["person", "kind", "address"]),
        ]
        indexes = [models.Index(name="device_by_address", fields=["kind", "address"])]

    def __str__(self) -> str:
        return self.name or f"{self.get_kind_display()} {self.address}"

    @property
    def is_working(self) -> bool:
        return self.verified_at is not None and self.off_at is None


class Urgency(models.TextChoices):
    """Which of a person's two rules holds: for what can't wait, or for all else."""

    URGENT = "urgent", "When someone needs an answer now"
    CALM = "calm", "Everything else"


class RuleStep(models.Model):
    """A step of a personal rule: `device` is tried `after_s` seconds after the page was made."""

    person = models.ForeignKey("records.Person", models.CASCADE, related_name="rule_steps")
    urgency = models.TextField(choices=Urgency.choices)
    position = models.SmallIntegerField()
    device = models.ForeignKey(Device, models.CASCADE, related_name="rule_steps")
    after_s = models.IntegerField(default=0)

    class Meta:
        db_table = "rule_step"
        ordering = ["person", "urgency", "position"]
        constraints = [
            models.CheckConstraint(
                name="rule_step_urgency_known", condition=Q(urgency__in=Urgency.values)
            ),
            models.CheckConstraint(
                name="rule_step_within_an_hour", condition=Q(after_s__gte=0, after_s__lte=3600)
            ),
            models.UniqueConstraint(
                name="rule_step_in_order", fields=["person", "urgency", "position"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device} after {self.after_s} s"
