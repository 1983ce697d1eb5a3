"""A page in words for someone who was asleep a minute ago, in a line, and for an ear.

Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from redphone.actions import links, wording
from redphone.actions.letter import Letter
from redphone.actions.scene import Scene
from redphone.core import chat
from redphone.core.asks import Ask
from redphone.core.incident import Incident
from redphone.core.ladder import Reason
from redphone.records.models import CaseRow, EntryRow
from redphone.records.queries.people import names

PAGE_LASTS = timedelta(hours=24)
"""How long the link of a page works, unless the incident ends sooner."""

MOST_CLOCKS = 4


def page(scene: Scene) -> Letter:
    """Somebody is asked: what it is, who is hit, what is due, and what happens if they don't.

    What was reported of a data security incident stays behind the sign-in.

    Source: POL-1, POL-2, EMG-1, EMG-2, EMG-3, EMG-4, EMG-5.
    """
    incident = incident_of(scene)
    if scene.entry.data["lane"].startswith(chat.LANE):
        return _chat_page(scene, incident)
    secret = scene.is_guarded
    title = "details on its page" if secret else scene.row.title
    until = scene.delivery.created_at + PAGE_LASTS
    assert scene.person is not None
    return Letter(
        subject=f"Page {scene.ref}: {scene.kind_names}: {title}",
        lines=(
            f"{scene.kind_names}, reported {scene.when(incident.started_at)}. {_who(scene)}",
            *_why(scene, incident),
            _else(scene),
        ),
        quote="" if secret else _reported(scene),
        facts=next_due(scene),
        link=("I have it: acknowledge", links.answer(scene.delivery.pk, scene.person.pk)),
        footer=(
            f"The link answers in the name of {scene.person.name}: keep it to yourself. It works "
            f"once, until {scene.when(until)} or the incident ends. "
            f"Everything else is at {links.incident(scene.ref)}"
        ),
        is_urgent=True,
        short=_short(scene),
        spoken=_spoken(scene),
    )


def _short(scene: Scene) -> str:
    """A page in one line. A telephone that lies about says nothing of a guarded one.

    Source: EMG-2.
    """
    if scene.is_guarded:
        return f"{scene.ref}: details on its page{_first_due(scene)}"
    hit = wording.listed(each.name for each in scene.affected)
    parts = (scene.kind_names, hit, scene.row.title)
    return f"{scene.ref}{_first_due(scene)}: {'. '.join(filter(None, parts))}"


def _spoken(scene: Scene) -> tuple[str, ...]:
    """The same for an ear: two sentences. Voicemail may record it. Source: EMG-2."""
    number = digits(scene.ref)
    if scene.is_guarded:
        return (f"Incident {number}. What it is stands on its page{_first_due(scene)}.",)
    hit = wording.listed(each.name for each in scene.affected)
    who = f" at {hit}" if hit else ""
    return (
        f"Incident {number}: {scene.kind_names}{who}{_first_due(scene)}.",
        f"{scene.row.title.rstrip('.!')}.",
    )


def digits(ref: str) -> str:
    """ "1 0 2 4": a voice would make a long number of it."""
    return " ".join(ref.rpartition("-")[2])


def said_aloud(scene: Scene) -> str:
    """An incident as a voice names it, in no words of anybody's. Source: EMG-2."""
    number = f"Incident {digits(scene.ref)}"
    return number if scene.is_guarded else f"{number}, {scene.kind_names}"


def _first_due(scene: Scene) -> str:
    """ ", due 03:15 CET": the next promise to anybody; "" without one."""
    due = next((clock.due_at for clock in scene.clocks if clock.due_at), None)
    return f", due {scene.when(due)}" if due else ""


def _chat_page(scene: Scene, incident: Incident) -> Letter:
    """A customer waits in a chat: who has it is asked first, then the ladder.

    Source: FAQ-2, FAQ-3; clauses.md, row 9.
    """
    case = scene.entry.data["lane"].removeprefix(chat.LANE)
    waits = chat.find(incident.chats, case)
    since = waits.since if waits and waits.since else scene.entry.at
    until = scene.delivery.created_at + PAGE_LASTS
    title = "details on its page" if scene.is_guarded else scene.row.title
    why = (
        "You have this chat" if scene.entry.data["step"] == 0 else "Whoever has it did not answer"
    )
    assert scene.person is not None
    return Letter(
        subject=f"Page {scene.ref}: a customer waits in the chat: {title}",
        lines=(
            f"They wrote in the chat of {case} {scene.when(since)}, and nobody has answered. "
            f"{_who(scene)}",
            f"{why}. Answer at {links.case(case)}#chat: only words to them end this.",
            _else(scene),
        ),
        quote="" if scene.is_guarded else _last_words(case),
        facts=next_due(scene),
        link=("I have it: acknowledge", links.answer(scene.delivery.pk, scene.person.pk)),
        footer=(
            f"The link answers in the name of {scene.person.name}: keep it to yourself. It works "
            f"once, until {scene.when(until)} or the incident ends. Acknowledging gives you two "
            "minutes to write to them."
        ),
        is_urgent=True,
        short=f"{scene.ref}: a customer waits in the chat of {case}",
        spoken=(f"A customer waits in a chat of incident {digits(scene.ref)}, unanswered.",),
    )


def _last_words(case: str) -> str:
    """What the customer wrote last."""
    theirs = EntryRow.objects.filter(stream=case, kind__in=["opened", "added"])
    found = theirs.order_by("-seq").values_list("words__text", flat=True).first()
    return _shortened(found or "")


def _who(scene: Scene) -> str:
    named = [f"{each.name} ({scene.policy.plan(each.plan).name})" for each in scene.affected]
    return f"Affected: {wording.listed(named)}." if named else "It is not known yet who is hit."


def _why(scene: Scene, incident: Incident) -> tuple[str, ...]:
    data = scene.entry.data
    teams = wording.listed(spoken_names(data.get("names", data["teams"]))) or "the desk"
    asks = [ask for ask in incident.asks if ask.lane == data["lane"] and ask.at <= scene.entry.at]
    before = [ask for ask in asks if ask.step != data["step"] or ask.turn != data["turn"]]
    return (f"You are asked as {teams}{_reason(scene, before)}.",)


def _reason(scene: Scene, before: list[Ask]) -> str:
    last = wording.listed(spoken_names(callees_of(before[-1]))) if before else "the step before"
    match scene.entry.data["reason"]:
        case Reason.REOPENED:
            return ": the trouble is back"
        case Reason.UNANSWERED:
            wait = wording.length(scene.policy.ladder.unanswered_after.length)
            return f": {last} did not answer within {wait}"
        case Reason.NOBODY_ON_CALL:
            return f": nobody is on call for {last}"
        case Reason.NOBODY_REACHED:
            return f": no page reaches {last}"
        case Reason.DECLINED:
            return f": {last} can't come"
        case Reason.NO_PROGRESS:
            return ": the emergency goes on"
        case Reason.BY_HAND | Reason.SKIPPED:
            return f": {scene.name_of(scene.entry.actor)} wants you"
        case Reason.WENT_QUIET:
            return ": whoever had it did not say whether they are still on it"
        case Reason.UNATTENDED:
            return ": a customer waits in the chat, and nobody has picked it up"
    return ", first of all"


def _else(scene: Scene) -> str:
    """What happens if nobody answers."""
    lane = scene.entry.data["lane"]
    turns = [turn for turn in scene.turns if turn.lane == lane]
    climbing = {Reason.UNANSWERED, Reason.NOBODY_ON_CALL, Reason.NOBODY_REACHED}
    climbing |= {Reason.DECLINED, Reason.EXHAUSTED}
    turn = next((turn for turn in turns if turn.reason in climbing), None)
    if turn is None:
        return "Somebody has answered; you are asked all the same."
    if turn.reason is Reason.EXHAUSTED:
        return f"If nobody answers by {scene.due(turn.due_at)}, the managers are told."
    teams = wording.listed(spoken_names(turn.names)) or "whoever has the chat"
    return f"If nobody answers, {teams} will be paged at {scene.due(turn.due_at)}."


def _reported(scene: Scene) -> str:
    return scene.share("reported", lambda: _first_words(scene.ref))


def _first_words(incident: str) -> str:
    cases = CaseRow.objects.filter(incident__ref=incident).exclude(status="declined")
    first = cases.order_by("number").values_list("report__description", flat=True).first()
    return _shortened(first or "")


def _shortened(text: str, most: int = 600) -> str:
    plain = text.strip()
    return plain if len(plain) <= most else plain[:most].rsplit(" ", 1)[0] + " …"


def next_due(scene: Scene) -> tuple[tuple[str, str], ...]:
    """The next deadlines, each with its clause."""
    return tuple(
        (
            wording.CLOCK_NAMES[clock.kind],
            f"by {scene.due(clock.due_at)} ({clock.deciding.clause})",
        )
        for clock in scene.clocks[:MOST_CLOCKS]
        if clock.due_at
    )


def callees_of(ask: Ask) -> tuple[str, ...]:
    """Whom a step names; an older state of an incident knows its teams only."""
    return ask.names or ask.teams


def spoken_names(named: Iterable[str]) -> list[str]:
    """Teams and roles, and people by their names where a step has their address."""
    each = list(named)
    known = names(each)
    return [known[name] for name in each]


def title_of(scene: Scene) -> str:
    return scene.kind_names if scene.is_guarded else f"“{scene.row.title}”"


def incident_of(scene: Scene) -> Incident:
    assert isinstance(scene.state, Incident)
    return scene.state
