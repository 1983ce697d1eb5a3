"""A person's own rules: on what they are tried, in which order, after how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from redphone.actions.device_codes import NoSuchDevice
from redphone.core.stream import DeskError
from redphone.records.models import Device, Person, RuleStep
from redphone.records.models.device import Urgency

MOST_STEPS = 20
LONGEST = timedelta(hours=1)


class RuleError(DeskError):
    """The rule can't be saved like that."""


class TooManySteps(RuleError):
    """A rule has twenty steps at most. By then somebody else has been called for long."""


class TooLate(RuleError):
    """A step comes within an hour of the page, and not before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`device` is tried `after` the page was made."""

    device: int
    after: timedelta


def change(*, person: int, urgency: Urgency, steps: Sequence[Step]) -> None:
    """Put a rule in the place of the one before; without steps, what the desk does by itself.

    Raises:
        NoSuchDevice: a step names a device of somebody else.
        TooManySteps, TooLate: see each.
    """
    if len(steps) > MOST_STEPS:
        raise TooManySteps
    if any(not timedelta() <= step.after <= LONGEST for step in steps):
        raise TooLate
    # The same device twice at the same moment is one try.
    ordered = sorted(dict.fromkeys(steps), key=lambda step: step.after)
    with transaction.atomic():
        list(Person.objects.select_for_update(no_key=True).filter(pk=person))
        mine = Device.objects.filter(person=person, pk__in={step.device for step in steps})
        if mine.count() != len({step.device for step in steps}):
            raise NoSuchDevice
        RuleStep.objects.filter(person=person, urgency=urgency).delete()
        RuleStep.objects.bulk_create(
            RuleStep(
                person_id=person,
                urgency=urgency,
                position=position,
                device_id=step.device,
                after_s=int(step.after.total_seconds()),
            )
            for position, step in enumerate(ordered)
        )
