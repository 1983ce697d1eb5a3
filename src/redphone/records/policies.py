"""Policies as the core reads them: the current one, and the version that a stream is pinned to.

A version never changes, so what was read once is kept for the life of the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import transaction

from redphone.core.hours import BusinessHours
from redphone.core.policy import Policy
from redphone.core.policy.file import PolicyUnreadable, load_policy
from redphone.core.policy.steps import strangers
from redphone.records.calendars import business_hours
from redphone.records.models import Person, PolicyVersion
from redphone.records.models.person import Role


class NoPolicy(RuntimeError):
    """No policy has been published yet. Start the desk with `redphone up`, or publish one."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A version of the policy: its row, its values, and its calendar."""

    id: int
    policy: Policy
    hours: BusinessHours


@lru_cache(maxsize=64)
def pinned(version_id: int) -> Pinned:
    """The version with this row number."""
    row = PolicyVersion.objects.get(pk=version_id)
    policy = _loaded(row.text, f"policy {row.version}")
    return Pinned(version_id, policy, business_hours(policy.hours))


@lru_cache(maxsize=16)
def _loaded(text: str, filename: str) -> Policy:
    """The values of a text. What it says never changes, and reading it takes a while."""
    return load_policy(text, filename=filename)


def current() -> Pinned:
    """The version that new streams are opened under.

    Raises:
        NoPolicy: none was published.
    """
    found = PolicyVersion.objects.filter(is_current=True).values_list("pk", flat=True).first()
    if found is None:
        raise NoPolicy(NoPolicy.__doc__)
    return pinned(found)


def publish(text: str, *, filename: str, at: datetime) -> Pinned:
    """Make a policy the current one; the same text again changes nothing.

    Raises:
        PolicyUnreadable: the file has mistakes, or a ladder calls somebody whom the desk does not
            know; the message lists them all, with their lines.
    """
    policy = _loaded(text, filename)
    _refuse_strangers(text, policy, filename)
    with transaction.atomic():
        PolicyVersion.objects.filter(is_current=True).exclude(digest=policy.digest).update(
            is_current=False
        )
        row, _ = PolicyVersion.objects.get_or_create(
            digest=policy.digest,
            defaults={
                "name": policy.name,
                "version": policy.version,
                "text": text,
                "loaded_at": at,
            },
        )
        PolicyVersion.objects.filter(pk=row.pk).update(is_current=True)
    return pinned(row.pk)


def _refuse_strangers(text: str, policy: Policy, filename: str) -> None:
    """What was published once holds, though somebody has left since: their step says so."""
    colleagues = Person.objects.filter(is_active=True).exclude(role=Role.CUSTOMER)
    if not colleagues.exists() or PolicyVersion.objects.filter(digest=policy.digest).exists():
        return
    known = set(colleagues.values_list("email", flat=True))
    if found := strangers(text, policy, known=known):
        raise PolicyUnreadable(filename, found)
