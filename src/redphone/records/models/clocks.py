"""Running clocks and what became of them: one row a clock, for cases and incidents alike."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    RUNNING = "running", "Running"
    KEPT = "kept", "Kept"
    MISSED = "missed", "Missed"
    DROPPED = "dropped", "Dropped"


class Strength(models.TextChoices):
    """A promise is owed to a customer, and a miss is told to them; a target is the desk's own."""

    PROMISE = "promise", "Promise"
    TARGET = "target", "Target"


class DeadlineRow(models.Model):
    """The clock `key` of a stream, as the core last computed it.

    `next_at` is the moment at which the clock loop must look again: the warning or the due moment,
    whichever is still ahead; null when neither is. Only running rows are in the loop's index, so
    that a clock that has ended costs it nothing. `claims` are all clauses that apply, with the
    deadline each gives; `explanation` says how the winning one was counted.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.TextField()
    key = models.TextField()
    kind = models.TextField()
    lane = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    clause = models.TextField(blank=True, default="")
    strength = models.TextField(choices=Strength.choices)
    claims = models.JSONField(default=list)
    explanation = models.JSONField(default=dict)
    outcome = models.TextField(choices=Outcome.choices, default=Outcome.RUNNING)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "deadline"
        constraints = [
            models.UniqueConstraint(name="deadline_stream_key_unique", fields=["stream", "key"]),
            models.CheckConstraint(
                name="deadline_outcome_known", condition=Q(outcome__in=Outcome.values)
            ),
            models.CheckConstraint(
                name="deadline_strength_known", condition=Q(strength__in=Strength.values)
            ),
            models.CheckConstraint(
                name="deadline_running_has_no_end",
                condition=~Q(outcome=Outcome.RUNNING) | Q(ended_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                name="deadline_running_by_next",
                fields=["next_at"],
                condition=Q(outcome=Outcome.RUNNING),
            ),
            models.Index(
                name="deadline_ended_by_time",
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.key} {self.outcome}"
