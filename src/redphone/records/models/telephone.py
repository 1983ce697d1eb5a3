"""What all workers know of telephone providers, and the SMS that people have sent us."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class TelephoneProvider(models.Model):
    """How a provider does, by the name that its setting gives it.

    `failing_since` is set from its first failure to its next success. Until `open_until` it is
    asked last. `said` are its last words of trouble; `failures` counts them in a row.
    """

    name = models.TextField(primary_key=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    open_until = models.DateTimeField(null=True, blank=True)
    failures = models.IntegerField(default=0)
    said = models.TextField(blank=True, default="")
    worked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "telephone_provider"

    def __str__(self) -> str:
        return self.name


class TextMeaning(models.TextChoices):
    NEW = "new", "Not looked at yet"
    TAKE = "take", "Takes an incident"
    PASS = "pass", "Can't come"
    STOP = "stop", "Wants no more SMS"
    START = "start", "Wants SMS again"
    UNCLEAR = "unclear", "Not understood"
    REPORT = "report", "A report"
    NOTHING = "nothing", "Only kept"


class ReceivedText(models.Model):
    """An SMS as it came. The provider's own name for it makes a repeated one the same one.

    `person` is whom its number belongs to, of the desk's own people; `answer` what was sent back,
    "" for nothing. `case_ref` is the case that it was made.
    """

    id = models.BigAutoField(primary_key=True)
    provider_id = models.TextField(unique=True)
    sender = models.TextField()
    receiver = models.TextField(blank=True, default="")
    body = models.TextField(blank=True, default="")
    at = models.DateTimeField()
    person = models.ForeignKey(
        "records.Person", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    meaning = models.TextField(choices=TextMeaning.choices, default=TextMeaning.NEW)
    answer = models.TextField(blank=True, default="")
    case_ref = models.TextField(null=True, blank=True)

    class Meta:
        db_table = "received_text"
        constraints = [
            models.CheckConstraint(
                name="received_text_meaning_known", condition=Q(meaning__in=TextMeaning.values)
            )
        ]
        indexes = [models.Index(name="received_text_by_sender", fields=["sender", "at"])]

    def __str__(self) -> str:
        return f"{self.sender}: {self.body[:40]}"
