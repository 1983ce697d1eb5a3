"""What the desk writes to its own people when nobody seems to be at work, or one has too much.

Source: POL-1, POL-3, POL-8; clauses.md, rows 15 to 17.
"""

from __future__ import annotations

from collections.abc import Callable

from redphone.actions import links, wording
from redphone.actions.letter import Letter
from redphone.actions.letters_page import incident_of, said_aloud, title_of
from redphone.actions.scene import Scene
from redphone.core.stream import is_person
from redphone.core.updates import Purpose

PARTS = {"senior_owner": "a senior owner", "incident_manager": "an incident manager"}
"""What is wanted, as a sentence says it."""

TAKES = {"senior_owner": "I own it as a senior", "incident_manager": "I manage it"}


def still_on_it(scene: Scene) -> Letter:
    """Whoever has it has done nothing for long: one touch says that they are still on it."""
    assert scene.person is not None
    incident = incident_of(scene)
    since = incident.deed_at or incident.opened_at
    wait = wording.length(scene.policy.ladder.unanswered_after.length)
    return Letter(
        subject=f"{scene.ref}: are you still on it?",
        lines=(
            f"You have {scene.ref}, {title_of(scene)}. Nothing was written there since "
            f"{scene.when(since)}.",
            f"If nobody says within {wait} that they are at work, the ladder goes on to the step "
            "after yours.",
        ),
        link=("Yes, still on it", links.answer(scene.delivery.pk, scene.person.pk)),
        footer=(
            f"The link answers in the name of {scene.person.name}: keep it to yourself. "
            f"An update, a note or a ticked step answers too: {links.incident(scene.ref)}"
        ),
        is_urgent=True,
        short=f"{scene.ref}: are you still on it? Nothing since {scene.when(since)}",
        spoken=(
            f"You have {said_aloud(scene)}. Nothing was written there since {scene.when(since)}.",
            "Are you still on it?",
        ),
    )


def wanted(scene: Scene) -> Letter:
    """A part that somebody must have is free, and it is nearly too late."""
    part = scene.entry.data["what"]
    clock = next((clock for clock in scene.clocks if clock.kind == part), None)
    by = f" by {scene.due(clock.due_at)}" if clock and clock.due_at else ""
    found = bool(scene.entry.data["people"])
    who = "You can take it." if found else "Nobody who could take it was found. See who can."
    assert scene.person is not None
    return Letter(
        subject=f"{scene.ref}: {PARTS[part]} is wanted",
        lines=(
            f"{scene.ref}, {title_of(scene)}, has to have {PARTS[part]}{by}, and has none.",
            who,
        ),
        link=(TAKES[part], links.answer(scene.delivery.pk, scene.person.pk)),
        footer=(
            f"The link accepts in the name of {scene.person.name}: keep it to yourself. "
            f"Everything else is at {links.incident(scene.ref)}"
        ),
        is_urgent=True,
        short=f"{scene.ref}: {PARTS[part]} is wanted{by}",
        spoken=(f"{said_aloud(scene)} has to have {PARTS[part]}{by}, and has none.", who),
    )


def second(scene: Scene) -> Letter:
    """Somebody manages two emergencies, or was offered a second: one each is the rule."""
    data, entry = scene.entry.data, scene.entry
    whom = data.get("to") or (incident_of(scene).manager if entry.kind == "reopened" else None)
    name = scene.name_of(whom or entry.actor)
    others = wording.listed(data["beside"])
    did = "was offered" if data.get("to") else "manages"
    return Letter(
        subject=f"{scene.ref}: {name} has two emergencies",
        lines=(
            f"{name} {did} {scene.ref}, {title_of(scene)}, and is the incident manager of "
            f"{others}.",
            "One each is the rule. See whether somebody else can take one of them.",
        ),
        quote=entry.words if is_person(entry.actor) else "",
        link=("Open the incident", links.incident(scene.ref)),
        is_urgent=True,
        short=f"{scene.ref}: {name} {did} it beside {others}. One each is the rule",
        spoken=(
            f"{name} {did} {said_aloud(scene)}, and is the incident manager of {others}.",
            "One each is the rule. See whether somebody else can take one of them.",
        ),
    )


LETTERS: dict[Purpose, Callable[[Scene], Letter]] = {
    Purpose.STILL_ON_IT: still_on_it,
    Purpose.WANTED: wanted,
    Purpose.SECOND: second,
}
