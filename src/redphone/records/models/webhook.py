"""Programs elsewhere that are told what happens here, and what each was told."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Webhook(models.Model):
    """Where an integrator's program is told, of which `events`: all of them when there are none.

    `secret` signs what is sent; it and the one before it, which counts until `old_secret_until`,
    are sealed (`redphone.records.sealed`). While `paused_until` is ahead nothing is tried, since
    the other end did not answer; `failures` counts those in a row. A webhook is never deleted:
    `disabled_at` ends it, and `disabled_why` says why.
    """

    name = models.TextField()
    url = models.TextField()
    events = ArrayField(models.TextField(), default=list, blank=True)
    secret = models.TextField()
    old_secret = models.TextField(blank=True, default="")
    old_secret_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.TextField()
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.TextField(blank=True, default="")

    class Meta:
        db_table = "webhook"
        constraints = [
            models.CheckConstraint(
                name="webhook_old_secret_has_end",
                condition=Q(old_secret="") | Q(old_secret_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PostState(models.TextChoices):
    PENDING = "pending", "Waiting"
    SENDING = "sending", "Being sent"
    TAKEN = "taken", "Taken"
    FAILED = "failed", "Given up"
    SKIPPED = "skipped", "Skipped by hand"


class WebhookPost(models.Model):
    """One entry to be told to one webhook. Of one incident they go out in their order.

    `seq` 0 is a test that belongs to no stream. `status` is the last HTTP status that came back,
    `answer` the beginning of what came with it.
    """

    id = models.BigAutoField(primary_key=True)
    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="posts", db_index=False)
    event = models.TextField()
    stream = models.TextField(blank=True, default="")
    seq = models.IntegerField(default=0)
    incident = models.TextField(blank=True, default="")
    state = models.TextField(choices=PostState.choices, default=PostState.PENDING)
    tries = models.IntegerField(default=0)
    next_try_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    sending_since = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    status = models.IntegerField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    answer = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_post"
        constraints = [
            models.CheckConstraint(
                name="webhook_post_state_known", condition=Q(state__in=PostState.values)
            ),
            models.CheckConstraint(
                name="webhook_post_sending_has_moment",
                condition=~Q(state=PostState.SENDING) | Q(sending_since__isnull=False),
            ),
            models.UniqueConstraint(
                name="webhook_post_once",
                fields=["webhook", "stream", "seq"],
                condition=Q(seq__gt=0),
            ),
        ]
        indexes = [
            models.Index(
                name="webhook_post_unfinished",
                fields=["webhook", "incident", "id"],
                condition=Q(state__in=[PostState.PENDING, PostState.SENDING]),
            ),
            models.Index(name="webhook_post_newest", fields=["webhook", "-id"]),
            models.Index(name="webhook_post_by_time", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.stream}/{self.seq} {self.state}"

    @property
    def message_id(self) -> str:
        """The same at every try and at every replay, so that receivers can drop a double."""
        return f"evt_{self.stream}_{self.seq}" if self.seq else f"evt_test_{self.pk}"
