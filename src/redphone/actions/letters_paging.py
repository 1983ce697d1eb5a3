"""What follows a page: that somebody has it, that many ring at once, that a device is dead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Min

from redphone.actions import links, wording
from redphone.actions.letter import Letter
from redphone.actions.scene import Scene
from redphone.core.ringing import ANSWERED
from redphone.core.targets import ClockKind
from redphone.core.updates import Purpose
from redphone.records.models import CaseRow, DeadlineRow, Delivery, Device
from redphone.records.models.clocks import Outcome

MOST_NAMED = 20
LADDERS = [kind.value for kind in ClockKind if kind.is_ladder]


def taken(scene: Scene) -> Letter:
    """One line for who was rung: they may sleep on. Source: POL-1."""
    says = f"{scene.ref}: taken by {scene.name_of(scene.entry.actor)}"
    return Letter(
        subject=says,
        lines=(f"{says}. Nothing is asked of you now.",),
        link=("Look at it, or help", links.incident(scene.ref)),
        short=says,
        spoken=(f"{says}.", "Nothing is asked of you now."),
    )


def device_off(scene: Scene) -> Letter:
    """A device of somebody's is dead: told to its owner, and to the managers."""
    data: dict[str, Any] = dict(scene.entry.data)
    device = Device.objects.filter(pk=data["device"]).first()
    is_own = scene.person is not None and scene.person.actor == data["to"]
    owner = "you" if is_own else scene.name_of(data["to"])
    what = device.get_kind_display() if device else data["channel"]
    shown = f"{what} {device.name or device.address}" if device and is_own else what
    says = f"{shown}: nothing reaches {owner} there any more"
    do = "Put it right, or add another one" if is_own else "Ask them to put it right"
    return Letter(
        subject=says,
        lines=(
            f"{says}. It is switched off, and pages go to what else there is.",
            f"{do}: without a device that works nobody can be on call.",
        ),
        facts=(("The provider said", device.off_why if device else "–"),),
        link=("See your devices", links.devices()) if is_own else None,
        short=says,
    )


def together(scene: Scene, first: Letter, pages: list[Delivery]) -> Letter:
    """One message for several pages: the first of them, how many more, and the worst deadline."""
    head, more = pages[0].stream, len(pages) - 1
    refs = [page.stream for page in pages]
    due = worst_deadline(refs)
    by = f", first deadline {scene.due(due)}" if due else ""
    says = f"{head}, and {more} more"
    assert scene.person is not None
    link = links.answer(scene.delivery.pk, scene.person.pk)
    listed = wording.listed(refs, most=MOST_NAMED)
    if scene.delivery.purpose != Purpose.PAGE:
        is_asked = Purpose(scene.delivery.purpose) in ANSWERED
        own = (first.link[0], link) if is_asked and first.link else first.link
        return replace(_asked_together(first, listed, more), link=own)
    return replace(
        first,
        subject=f"Page {says}{by}",
        lines=(f"{len(pages)} incidents ring for you: {listed}{by}.", *first.lines),
        link=("See them all, take one or all", link),
        short=f"{says} ring for you{by}",
        spoken=(
            f"{len(pages)} incidents ring for you. The first is {head}.",
            *(first.spoken or first.lines[:1]),
            *((f"The first deadline is {scene.due(due)}.",) if due else ()),
        ),
    )


def _asked_together(first: Letter, listed: str, more: int) -> Letter:
    """The same question of several incidents, in the words of the first one."""
    beside = f"The same is asked of {more} more: {listed}."
    return replace(
        first,
        subject=f"{first.subject}, and {more} more",
        lines=(*first.lines, beside),
        short=f"{first.short or first.subject}. And {more} more",
        spoken=(*(first.spoken or first.lines), f"And {more} more."),
    )


def worst_deadline(incidents: list[str]) -> datetime | None:
    """The next moment that was promised to anybody in these incidents; no step of a ladder."""
    cases = CaseRow.objects.filter(incident__ref__in=incidents).values_list("ref", flat=True)
    running = DeadlineRow.objects.filter(
        stream__in=[*incidents, *cases], outcome=Outcome.RUNNING
    ).exclude(kind__in=LADDERS)
    found: datetime | None = running.aggregate(soonest=Min("due_at"))["soonest"]
    return found


LETTERS: dict[Purpose, Callable[[Scene], Letter]] = {
    Purpose.TAKEN: taken,
    Purpose.DEVICE_OFF: device_off,
}
