"""What the rows of both streams share: cases and incidents."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Status(models.TextChoices):
    """Where a stream stands. An open one is worked on; the others are ended."""

    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    CLOSED = "closed", "Closed"
    DECLINED = "declined", "Declined"


class StreamRow(models.Model):
    """A stream as its entries left it: what the ledger locks, writes and replays against.

    `number` comes from the column's own sequence, and `ref`, the stream's name everywhere, is
    computed from it by the database: nobody can give it another. Who needs the ref before the
    row is inserted takes the number from the sequence first.

    `head` is the number of the last entry and `head_hash` its hash. `state` is what the entries
    add up to. The columns `next_due_…` are a copy of the soonest running deadline, or null.
    """

    number = models.BigAutoField(primary_key=True)
    head = models.IntegerField(default=0)
    head_hash = models.BinaryField(default=bytes)
    policy = models.ForeignKey(
        "records.PolicyVersion", models.PROTECT, related_name="+", db_index=False
    )
    state = models.JSONField()
    title = models.TextField()
    status = models.TextField(choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    next_due_at = models.DateTimeField(null=True, blank=True)
    next_due_kind = models.TextField(null=True, blank=True)
    next_due_clause = models.TextField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.status == Status.OPEN


def stream_constraints(noun: str) -> list[models.BaseConstraint]:
    """What holds for the rows of each stream; the names begin with its noun.

    A status that says that something ended has the moment at which it did, and an open stream has
    none: a reopened one has lost them.
    """
    moments = {
        "resolved": Q(status__in=(Status.RESOLVED, Status.CLOSED), resolved_at__isnull=True),
        "closed": Q(status=Status.CLOSED, closed_at__isnull=True),
        "declined": Q(status=Status.DECLINED, declined_at__isnull=True),
    }
    never_ended = Q(resolved_at__isnull=True, closed_at__isnull=True, declined_at__isnull=True)
    return [
        models.UniqueConstraint(name=f"{noun}_ref_unique", fields=["ref"]),
        models.CheckConstraint(name=f"{noun}_status_known", condition=Q(status__in=Status.values)),
        models.CheckConstraint(
            name=f"{noun}_open_has_no_end", condition=~Q(status=Status.OPEN) | never_ended
        ),
        *(
            models.CheckConstraint(name=f"{noun}_{word}_has_moment", condition=~broken)
            for word, broken in moments.items()
        ),
    ]
