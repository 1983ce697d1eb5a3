"""The ledger's own tables: entries, the words beside them, and checkpoints over both."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q


class WordsRows(models.QuerySet["Words"]):
    def erase(self, *, at: datetime) -> int:
        """Blank these words for good; how many were there to erase.

        The entries stay, with the hash of what was said. The salt goes with the words, so that
        nobody can find them again by hashing guesses.
        """
        return self.filter(erased_at=None).update(text="", salt=b"", erased_at=at)


class Words(models.Model):
    """What a person wrote in a stream, where it can be erased.

    The database refuses to delete a row, and to change one other than by erasing it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.TextField()
    text = models.TextField()
    salt = models.BinaryField()
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = WordsRows.as_manager()

    class Meta:
        db_table = "words"
        verbose_name_plural = "words"
        constraints = [
            models.CheckConstraint(
                name="words_erased_are_blank",
                condition=Q(erased_at__isnull=True) | Q(text="", salt=b""),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class EntryRow(models.Model):
    """One entry of a stream's timeline. The database refuses to change or remove it.

    `at` is when it happened and `recorded_at` when it was written; `hash` covers the entry and
    the hash of the one before it.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.TextField()
    seq = models.IntegerField()
    kind = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.TextField()
    data = models.JSONField(default=dict)
    words = models.ForeignKey(
        Words, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    hash = models.BinaryField()

    class Meta:
        db_table = "entry"
        verbose_name = "entry"
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(name="entry_stream_seq_unique", fields=["stream", "seq"]),
            models.CheckConstraint(name="entry_seq_counts_from_1", condition=Q(seq__gte=1)),
        ]
        indexes = [
            # Who was paged in a quarter is asked without reading all timelines.
            models.Index(
                name="entry_pages_by_time",
                fields=["at"],
                condition=Q(kind__in=["asked", "acknowledged"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stream}/{self.seq} {self.kind}"


class Checkpoint(models.Model):
    """A signed hash over the heads of all streams. It leaves the machine, so a rewrite shows."""

    at = models.DateTimeField()
    root = models.BinaryField()
    entries = models.BigIntegerField()
    signature = models.BinaryField()

    class Meta:
        db_table = "checkpoint"
        indexes = [models.Index(name="checkpoint_by_time", fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} over {self.entries} entries"
