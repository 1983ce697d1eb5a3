"""What the desk's own people are told, in words for someone who was asleep a minute ago."""

from __future__ import annotations

from collections.abc import Callable

from redphone.actions import links, wording
from redphone.actions.letter import Letter
from redphone.actions.letters_page import (
    callees_of,
    incident_of,
    next_due,
    page,
    said_aloud,
    spoken_names,
    title_of,
)
from redphone.actions.scene import Scene
from redphone.core.asks import Ask
from redphone.core.stream import moment
from redphone.core.updates import Purpose
from redphone.records.models import Delivery


def offer(scene: Scene) -> Letter:
    """Somebody is asked to take over the incident management. Source: POL-3, FAQ-4."""
    by = scene.name_of(scene.entry.actor)
    assert scene.person is not None
    return Letter(
        subject=f"{scene.ref}: {by} asks you to manage it",
        lines=(
            f"{by} asks you to be the incident manager of {scene.ref}, {title_of(scene)}.",
            "Until you accept, nothing changes hands. You can also say no there.",
        ),
        quote=scene.entry.words,
        facts=next_due(scene),
        link=("See it, and accept or say no", links.answer(scene.delivery.pk, scene.person.pk)),
        footer=(
            f"The link answers in the name of {scene.person.name}: keep it to yourself. "
            f"Everything else is at {links.incident(scene.ref)}"
        ),
        is_urgent=True,
        is_automatic=False,
        short=f"{scene.ref}: {by} asks you to be its incident manager",
        spoken=(
            f"{by} asks you to be the incident manager of {said_aloud(scene)}.",
            "Until you accept, nothing changes hands.",
        ),
    )


def warning(scene: Scene) -> Letter:
    """A deadline comes near. Source: POL-2, POL-4."""
    data = scene.entry.data
    what = wording.CLOCK_NAMES[data["kind"]]
    due = scene.due(moment(data["due_at"]))
    return Letter(
        subject=f"{scene.ref}: due soon: {what}",
        lines=(
            f"{what}: by {due}.",
            f"{wording.listed(data['clauses'])} says: {data['says']}. It is a {data['strength']}.",
        ),
        facts=(("About", title_of(scene)),),
        link=("Go there", links.of_stream(scene.ref)),
        is_urgent=data["strength"] == "promise",
    )


def missed(scene: Scene) -> Letter:
    """A deadline has passed. Source: POL-2, POL-4."""
    data = scene.entry.data
    what = wording.CLOCK_NAMES[data["kind"]]
    told = "The customers are told." if data["strength"] == "promise" else "No customer is told."
    return Letter(
        subject=f"{scene.ref}: missed: {what}",
        lines=(
            f"{what}: it was due {scene.due(moment(data['due_at']))}, and did not happen.",
            f"{wording.listed(data['clauses'])} says: {data['says']}. "
            f"It is a {data['strength']}. {told}",
        ),
        facts=(("About", title_of(scene)), *next_due(scene)),
        link=("Go there", links.of_stream(scene.ref)),
        is_urgent=data["strength"] == "promise",
    )


def exhausted(scene: Scene) -> Letter:
    """Every step was called and nobody has answered. Source: EMG-1, EMG-2, EMG-3, EMG-4, EMG-5."""
    incident = incident_of(scene)
    lane = scene.entry.data["lane"]
    asked = [ask for ask in incident.asks if ask.lane == lane and ask.answered_at is None]
    rounds = scene.policy.ladder.rounds
    assert scene.person is not None
    return Letter(
        subject=f"{scene.ref}: nobody answers",
        lines=(
            f"Nobody has answered for {scene.ref}, {title_of(scene)}, open since "
            f"{scene.when(incident.opened_at)}. The whole ladder was called {rounds} times.",
            "The desk pages nobody more by itself. Call someone, or take it yourself.",
        ),
        facts=tuple(_asked(scene, ask) for ask in asked[-6:]),
        link=("I have it: acknowledge", links.answer(scene.delivery.pk, scene.person.pk)),
        footer=(
            f"The link answers in the name of {scene.person.name}: keep it to yourself. "
            f"Everything else is at {links.incident(scene.ref)}"
        ),
        is_urgent=True,
        short=f"{scene.ref}: nobody answers, the whole ladder was called {rounds} times",
        spoken=(
            f"Nobody has answered for {said_aloud(scene)}.",
            f"The whole ladder was called {rounds} times. The desk pages nobody more by itself.",
        ),
    )


def _asked(scene: Scene, ask: Ask) -> tuple[str, str]:
    people = wording.listed(scene.name_of(person) for person in ask.people)
    return (
        wording.listed(spoken_names(callees_of(ask))),
        f"{people or 'nobody on call'}, {scene.when(ask.at)}",
    )


def undelivered(scene: Scene) -> Letter:
    """A message did not reach its receiver, and someone who can act is told."""
    data = scene.entry.data
    failed = Delivery.objects.filter(key=data["key"]).select_related("person", "contact").first()
    if failed and failed.person:
        whom = failed.person.name
    elif failed and failed.contact:
        whom = f"{failed.contact.name} of {failed.contact.customer}"
    else:
        whom = "the address given with a report"
    refused = data["why"] == "refused"
    return Letter(
        subject=f"{scene.ref}: {_nothing(failed)} reaches {whom}",
        lines=(
            f"A message about {scene.ref} ({data['purpose'].replace('_', ' ')}) could not be "
            f"delivered to {whom}: " + _WHY.get(data["why"], "every try failed."),
            _consequence(data["purpose"], is_contact=bool(failed and failed.contact and refused)),
        ),
        facts=(("What was said of it", failed.error if failed else "–"),),
        link=("Go there", links.of_stream(scene.ref)),
        is_urgent=data["purpose"] == Purpose.PAGE,
    )


_WHY = {
    "refused": "the address is refused.",
    "no_line": "the desk has nothing that reaches them.",
    "no_receipt": "nothing confirmed that it arrived.",
}


def _nothing(failed: Delivery | None) -> str:
    return "no mail" if failed is None or failed.channel == "mail" else "no page"


def _consequence(purpose: str, *, is_contact: bool) -> str:
    if purpose == Purpose.PAGE:
        return "The ladder goes on without them. Put their address right, or call them."
    if is_contact:
        return "Nothing more is sent there until somebody puts it right. Reach them another way."
    return "Reach them another way, and put the address right."


LETTERS: dict[Purpose, Callable[[Scene], Letter]] = {
    Purpose.PAGE: page,
    Purpose.OFFER: offer,
    Purpose.WARNING: warning,
    Purpose.MISSED: missed,
    Purpose.EXHAUSTED: exhausted,
    Purpose.UNDELIVERED: undelivered,
}
