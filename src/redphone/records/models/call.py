"""Calls to the hotline: what was told, what it adds up to, and who is to be called back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Call(models.Model):
    """A call. Its columns are what its callbacks add up to; `redphone.core.hotline` says how.

    `sid` is the provider's name for the caller's line. `report` is null until it was taken in.
    `done` names what the desk has done about it, so that nothing is done twice. `look_at` is when
    the sweep looks at it again, null when nothing more is to come of it. A call has to be called
    back from `call_back_since` on, until somebody did at `called_back_at`.
    """

    sid = models.TextField(primary_key=True)
    caller = models.TextField(blank=True, default="")
    called = models.TextField(blank=True, default="")
    is_rehearsal = models.BooleanField(default=False)
    report = models.ForeignKey(
        "records.Report",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        db_index=False,
    )
    case_ref = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    last_heard_at = models.DateTimeField()
    look_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(
        "records.Person", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end = models.TextField(blank=True, default="")
    call_back_since = models.DateTimeField(null=True, blank=True)
    called_back_at = models.DateTimeField(null=True, blank=True)
    called_back_by = models.ForeignKey(
        "records.Person", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    done = models.JSONField(default=list)

    class Meta:
        db_table = "call"
        constraints = [
            models.CheckConstraint(
                name="call_back_done_by_somebody",
                condition=Q(called_back_at__isnull=True, called_back_by__isnull=True)
                | Q(called_back_at__isnull=False, called_back_by__isnull=False),
            ),
            models.CheckConstraint(
                name="call_taken_by_somebody",
                condition=Q(taken_at__isnull=True, taken_by__isnull=True)
                | Q(taken_at__isnull=False, taken_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="call_to_call_back",
                fields=["call_back_since"],
                condition=Q(call_back_since__isnull=False, called_back_at__isnull=True),
            ),
            models.Index(
                name="call_to_look_at", fields=["look_at"], condition=Q(look_at__isnull=False)
            ),
            models.Index(
                name="call_by_caller", fields=["caller", "started_at"], condition=~Q(caller="")
            ),
            models.Index(name="call_by_case", fields=["case_ref", "started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.sid} {self.case_ref}"


class CallEvent(models.Model):
    """One callback as it came, once however often it came. PINs are struck out of `raw`.

    `key` is a digest of what it says; `told` is what could be read in it.
    """

    id = models.BigAutoField(primary_key=True)
    call = models.ForeignKey(Call, models.CASCADE, related_name="events", db_index=False)
    key = models.TextField()
    step = models.TextField()
    received_at = models.DateTimeField()
    query = models.TextField(blank=True, default="")
    raw = models.BinaryField(default=bytes)
    told = models.JSONField(default=dict)

    class Meta:
        db_table = "call_event"
        constraints = [
            models.UniqueConstraint(name="call_event_once", fields=["call", "key"]),
        ]
        indexes = [
            models.Index(
                name="call_event_wrong_pin",
                fields=["received_at"],
                condition=Q(step="pin", told__customer=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id} {self.step}"


class RecordingState(models.TextChoices):
    WAITING = "waiting", "Waiting to be fetched"
    KEPT = "kept", "Kept"
    REFUSED = "refused", "Not fetched"
    GIVEN_UP = "given_up", "Could not be fetched"


class Recording(models.Model):
    """Something that was recorded in a call, to be fetched from the provider.

    `attachment` is where its bytes are once it is kept; `why` says what kept it from that.
    """

    id = models.BigAutoField(primary_key=True)
    call = models.ForeignKey(Call, models.CASCADE, related_name="recordings", db_index=False)
    name = models.TextField()
    url = models.TextField()
    account = models.TextField(blank=True, default="")
    state = models.TextField(choices=RecordingState.choices, default=RecordingState.WAITING)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    why = models.TextField(blank=True, default="")
    attachment = models.ForeignKey(
        "records.Attachment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        db_table = "recording"
        constraints = [
            models.UniqueConstraint(name="recording_once", fields=["call", "name"]),
            models.CheckConstraint(
                name="recording_state_known", condition=Q(state__in=RecordingState.values)
            ),
            models.CheckConstraint(
                name="recording_kept_is_there",
                condition=~Q(state=RecordingState.KEPT) | Q(attachment__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="recording_to_fetch",
                fields=["next_try_at"],
                condition=Q(state=RecordingState.WAITING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class CustomerPin(models.Model):
    """A customer's PIN for the hotline, as a keyed digest: nobody can read it back.

    The digest is unique, so that a PIN names one customer and is found by its index.
    """

    customer = models.OneToOneField(
        "records.Customer", models.CASCADE, primary_key=True, related_name="pin"
    )
    digest = models.TextField()
    made_at = models.DateTimeField()
    made_by = models.TextField()

    class Meta:
        db_table = "customer_pin"
        constraints = [
            models.UniqueConstraint(name="customer_pin_unique", fields=["digest"]),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
