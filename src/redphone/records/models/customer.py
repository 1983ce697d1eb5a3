"""Customers, with their plan, and the people to tell when something is wrong."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from redphone.records.phones import e164


class Plan(models.TextChoices):
    """What was bought; the policy's promises go by it."""

    ENTERPRISE = "enterprise", "Enterprise"
    PRO = "pro", "Pro"


class Customer(models.Model):
    """An organisation with a plan. Cases keep the plan that they were opened under."""

    name = models.TextField()
    slug = models.SlugField(max_length=80, db_index=False)
    plan = models.TextField(choices=Plan.choices)
    account_manager = models.ForeignKey(
        "records.Person",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
    )
    time_zone = models.TextField(default="UTC")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "customer"
        constraints = [
            models.UniqueConstraint(name="customer_name_unique", fields=["name"]),
            models.UniqueConstraint(name="customer_slug_unique", fields=["slug"]),
            models.CheckConstraint(name="customer_plan_known", condition=Q(plan__in=Plan.values)),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Someone to tell directly. Only verified and reachable contacts are written to.

    `security` marks a named security contact. `unreachable_at` and `unreachable_why` are set when
    a message could not be delivered for good, and cleared when somebody has put it right.

    Source: EMG-2, EMG-4, EMG-5.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    name = models.TextField()
    email = models.EmailField(blank=True, default="")
    phone = models.TextField(blank=True, default="")
    phone_e164 = models.TextField(blank=True, default="", db_default="", editable=False)
    verified_at = models.DateTimeField(null=True, blank=True)
    security = models.BooleanField(default=False)
    unreachable_at = models.DateTimeField(null=True, blank=True)
    unreachable_why = models.TextField(blank=True, default="")

    class Meta:
        db_table = "contact"
        constraints = [
            models.CheckConstraint(
                name="contact_has_email_or_phone", condition=~Q(email="") | ~Q(phone="")
            ),
            # Nobody is told the same thing twice because an address was entered twice.
            models.UniqueConstraint(
                "customer",
                Lower("email"),
                name="contact_email_once_per_customer",
                condition=~Q(email=""),
            ),
        ]
        indexes = [
            models.Index(
                name="contact_reachable",
                fields=["customer", "security"],
                condition=Q(verified_at__isnull=False, unreachable_at__isnull=True),
            ),
            models.Index(
                name="contact_by_phone", fields=["phone_e164"], condition=~Q(phone_e164="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it, with its number in the spelling by which callers are found."""
        self.phone_e164 = e164(self.phone) or ""
        columns = kwargs.get("update_fields")
        if columns is not None and "phone" in columns:
            kwargs["update_fields"] = {*columns, "phone_e164"}
        super().save(*args, **kwargs)

    @property
    def is_reachable(self) -> bool:
        return self.verified_at is not None and self.unreachable_at is None
