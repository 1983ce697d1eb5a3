"""Beside the conversations, whose words are entries: what is still to be joined, what was seen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class HeldMessage(models.Model):
    """A message that came in a flood: stored, and soon written into its case with its neighbours.

    `message` is the sender's own id for it, so that it is kept once however often it is sent.
    """

    id = models.BigAutoField(primary_key=True)
    case = models.TextField()
    message = models.TextField()
    actor = models.TextField()
    text = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "chat_held"
        constraints = [
            models.UniqueConstraint(name="chat_held_message_once", fields=["case", "message"]),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.message}"


class ChatSight(models.Model):
    """How far one side of a conversation has been looked at: up to which entry, and when.

    It is what an open page says of itself, so it is shown and proves nothing.
    """

    id = models.BigAutoField(primary_key=True)
    case = models.TextField()
    by_desk = models.BooleanField()
    seq = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "chat_sight"
        constraints = [
            models.UniqueConstraint(name="chat_sight_once_a_side", fields=["case", "by_desk"]),
            models.CheckConstraint(name="chat_sight_counts_from_1", condition=Q(seq__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.case} to {self.seq}"
