"""Cases: one customer's emergency, a row each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat

from redphone.records.models.customer import Plan
from redphone.records.models.stream import Status, StreamRow, stream_constraints


class CaseRow(StreamRow):
    """A case. It belongs to exactly one incident, and was opened by exactly one report.

    `plan` null is an unknown caller, who gets the Enterprise clock until known. The incident keeps
    no count of its cases, for a storm of reports may lock no row in common: count them here.
    """

    ref = models.GeneratedField(
        expression=Concat(
            Value("RP-"),
            Cast("number", models.TextField()),
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )
    incident = models.ForeignKey(
        "records.IncidentRow", models.PROTECT, null=True, blank=True, related_name="cases"
    )
    customer = models.ForeignKey(
        "records.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
        db_index=False,
    )
    reporter = models.ForeignKey(
        "records.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    report = models.OneToOneField("records.Report", models.PROTECT, related_name="case")
    plan = models.TextField(choices=Plan.choices, null=True, blank=True)
    channel = models.TextField()
    off_channel = models.BooleanField(default=False)
    issue_type = models.TextField()
    urgent = models.BooleanField(default=True)
    first_response_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "case"
        verbose_name = "case"
        constraints = [
            *stream_constraints("case"),
            models.CheckConstraint(
                name="case_plan_known", condition=Q(plan__isnull=True) | Q(plan__in=Plan.values)
            ),
        ]
        indexes = [
            models.Index(name="case_by_customer", fields=["customer", "-opened_at"]),
            models.Index(name="case_by_opening", fields=["-opened_at"]),
            # The first case of an incident, also of one that thousands have joined.
            models.Index(name="case_by_incident", fields=["incident", "number"]),
            models.Index(
                name="case_open_by_due",
                fields=["next_due_at"],
                condition=Q(status=Status.OPEN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.title}"
