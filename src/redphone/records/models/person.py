"""Everyone who can sign in: the desk's own people and the customers'."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from redphone.records.phones import e164


class Role(models.TextChoices):
    """What a person is to the desk. Everyone but a customer is one of its own people."""

    CUSTOMER = "customer", "Customer"
    RESPONDER = "responder", "Responder"
    INCIDENT_MANAGER = "incident_manager", "Incident manager"
    SUPPORT_MANAGER = "support_manager", "Support manager"
    EXECUTIVE = "executive", "Executive"
    ADMIN = "admin", "Admin"


class PersonManager(BaseUserManager["Person"]):
    """Django's door for making users; it demands the name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """A person who can sign in; without a password, not until one is set.

        Raises:
            ValueError: there is no e-mail address to sign in with.
        """
        if not email:
            raise ValueError("A person signs in with an e-mail address. Give one.")
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """An admin, who may do everything."""
        allowed = {"role": Role.ADMIN, "is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **(allowed | fields))

    def get_by_natural_key(self, username: str | None) -> Person:
        """The person with this address, however its letters were typed."""
        return self.get(email=self.normalize_email(username))

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The one spelling under which an address is stored: without capitals or spaces around."""
        return (email or "").strip().lower()


class Person(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address.

    The address is stored in lower case, which makes it unique whatever capitals people type.
    `is_senior` says that they count as senior support (POL-1).
    """

    email = models.EmailField("e-mail address", unique=True)
    name = models.TextField()
    role = models.TextField(choices=Role.choices, default=Role.RESPONDER)
    is_senior = models.BooleanField(default=False)
    phone = models.TextField(blank=True, default="")
    phone_e164 = models.TextField(blank=True, default="", db_default="", editable=False)
    time_zone = models.TextField(default="UTC")
    customer = models.ForeignKey(
        "records.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects = PersonManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        db_table = "person"
        verbose_name_plural = "people"
        constraints = [
            models.CheckConstraint(
                name="person_email_is_lower_case", condition=Q(email=Lower("email"))
            ),
            models.CheckConstraint(name="person_role_known", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="person_customer_role_iff_customer",
                condition=Q(role=Role.CUSTOMER, customer__isnull=False)
                | (~Q(role=Role.CUSTOMER) & Q(customer__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                name="person_by_phone", fields=["phone_e164"], condition=~Q(phone_e164="")
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it, with its number in the spelling by which callers are found."""
        self.phone_e164 = e164(self.phone) or ""
        columns = kwargs.get("update_fields")
        if columns is not None and "phone" in columns:
            kwargs["update_fields"] = {*columns, "phone_e164"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.name.partition(" ")[0] or self.email

    @property
    def actor(self) -> str:
        """The name under which entries know this person."""
        return f"person:{self.pk}"

    @property
    def is_customer(self) -> bool:
        return self.role == Role.CUSTOMER
