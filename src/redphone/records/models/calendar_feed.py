"""Secret addresses under which calendars read who is on call."""

from __future__ import annotations

from django.db import models


class CalendarFeed(models.Model):
    """One person's address for their own duties, or for a team's when `team` is set.

    Only the SHA-256 of its secret is found by; `sealed` is the secret as its owner is shown it.
    `content` is a mark of what was last given out, and `changed_at` since when it says that.
    """

    person = models.ForeignKey("records.Person", models.CASCADE, related_name="feeds")
    team = models.ForeignKey(
        "records.Team", models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    digest = models.TextField()
    sealed = models.TextField()
    made_at = models.DateTimeField()
    content = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "calendar_feed"
        constraints = [
            models.UniqueConstraint(name="calendar_feed_digest_unique", fields=["digest"]),
            models.UniqueConstraint(
                name="calendar_feed_once", fields=["person", "team"], nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.team or 'own duties'}"
