"""What customers are told: plain words, when the next news comes, and what clause promises it.

Nobody reads another customer's name or words here, and what was reported of a data security
incident is written only to those who are named for it (the outbox chooses them).
"""

from __future__ import annotations

from collections.abc import Callable

from redphone.actions import links, wording
from redphone.actions.letter import Letter
from redphone.actions.scene import Scene
from redphone.core import targets
from redphone.core.clocks import Claim, Clock
from redphone.core.incident import Incident
from redphone.core.policy import Strength
from redphone.core.review import SECTIONS
from redphone.core.stream import moment
from redphone.core.targets import ClockKind
from redphone.core.updates import Purpose, Stage
from redphone.records import chain
from redphone.records.models import CaseRow, EntryRow

STAGES = {
    Stage.INVESTIGATING: "We are looking for the cause",
    Stage.CAUSE_FOUND: "We know the cause",
    Stage.RECOVERING: "We are putting it right",
    Stage.MONITORING: "We believe that it is over, and are watching",
}

HEADINGS = dict(
    zip(SECTIONS, ("What happened when", "Root cause", "Resolution", "Prevention"), strict=True)
)


def receipt(scene: Scene) -> Letter:
    """Their report has arrived, and by when a person answers. Source: POL-2, FAQ-2, FAQ-3."""
    promise = _promise(scene.clock(ClockKind.FIRST_RESPONSE))
    answer = (
        f"A person will answer you by {scene.due(promise.due_at)} ({promise.clause})."
        if promise
        else "A person has looked at it already; their answer comes in a mail of its own."
    )
    return Letter(
        subject=f"{scene.ref}: we have your report",
        lines=(
            f"Your report reached us at {scene.when(scene.state.opened_at)}. It is {scene.ref}.",
            answer,
            "This mail is automatic and counts as no answer. To tell us more, reply to it.",
        ),
        # Anybody may give any address with a report: strangers' words are not sent on there.
        quote=scene.entry.words if scene.person else "",
        link=_own_page(scene),
        footer=_by_phone(scene),
    )


def _promise(clock: Clock | None) -> Claim | None:
    """The strictest promise among a clock's claims: our own targets are not told to customers."""
    claims = clock.claims if clock else ()
    return next((claim for claim in claims if claim.strength is Strength.PROMISE), None)


def reply(scene: Scene) -> Letter:
    """A person's answer. Source: POL-2, FAQ-3."""
    by = scene.name_of(scene.entry.actor)
    return Letter(
        subject=f"{scene.ref}: {by} has answered",
        lines=(f"{by} of {scene.policy.company} writes:",),
        quote=scene.entry.words,
        link=_own_page(scene),
        footer=f"Reply to this mail to answer. {_by_phone(scene)}",
        is_automatic=False,
    )


def update(scene: Scene) -> Letter:
    """What changed or was tried, and when the next news come. Source: POL-4, FAQ-3."""
    data = scene.entry.data
    stage = STAGES[Stage(data["stage"])]
    next_at = moment(data["next_at"])
    return Letter(
        subject=f"{_subject(scene)}: {stage[0].lower()}{stage[1:]}",
        lines=(f"{stage}. This is our update of {scene.when(scene.entry.at)}:",),
        quote=scene.entry.words,
        facts=(("Next update", f"by {scene.due(next_at)} ({_update_clause(scene)})"),),
        link=_status_page(scene, is_public=data["is_public"]),
        footer=_by_phone(scene),
        is_automatic=False,
    )


def _update_clause(scene: Scene) -> str:
    owed = targets.direct_updates(_incident(scene), scene.policy)
    return min(owed, key=lambda target: target.within.length).clause


def missed(scene: Scene) -> Letter:
    """We did not keep a promise: an apology, with what was promised. Source: POL-2, POL-4."""
    data = scene.entry.data
    what = wording.PROMISED.get(data["kind"], "something")
    due = scene.when(moment(data["due_at"]))
    return Letter(
        subject=f"{_subject(scene)}: we are late, and we are sorry",
        lines=(
            f"We promised you {what} by {due} ({wording.listed(data['clauses'])}: "
            f"{data['says']}). We have not kept that promise. We are sorry.",
            "The miss is on record, and it changes nothing about how urgent your case is to us. "
            "You need do nothing.",
        ),
        link=_own_page(scene),
        footer=_by_phone(scene),
    )


def declined(scene: Scene) -> Letter:
    """It was no emergency: why, and how to have that looked at again. Source: FAQ-5, FAQ-8."""
    plan = getattr(scene.state, "plan", None)
    review = scene.policy.plan(plan).escalation
    appeal = (
        f"A support manager looks at it within {review.review_within.within} "
        f"({review.review_within.clause})."
        if review
        else "A support manager looks at it."
    )
    return Letter(
        subject=f"{scene.ref}: not handled as an emergency",
        lines=(
            f"{scene.name_of(scene.entry.actor)} has looked at your report and decided that it "
            "is no emergency. The reason:",
        ),
        quote=scene.entry.words,
        facts=(
            ("If you disagree", f"write to {scene.policy.escalations}. {appeal}"),
            ("Costs", "none"),
        ),
        link=_own_page(scene),
        footer=_by_phone(scene),
        is_automatic=False,
    )


def resolved(scene: Scene) -> Letter:
    """It is over: what was done, what if it comes back, and when the report comes.

    Source: POL-5, POL-8, FAQ-7.
    """
    back = wording.length(scene.policy.reopen_within.length)
    return Letter(
        subject=f"{_subject(scene)}: resolved",
        lines=(f"The trouble is over since {scene.when(scene.entry.at)}.",),
        quote=scene.entry.words,
        facts=(
            ("If it comes back", f"tell us within {back}, and the same incident goes on"),
            *_report_due(scene),
        ),
        link=_status_page(scene, is_public=targets.is_public(_incident(scene), scene.policy)),
        footer=_by_phone(scene),
        is_automatic=False,
    )


def _report_due(scene: Scene) -> tuple[tuple[str, str], ...]:
    """When the post-incident report comes, for those whose plan has one."""
    promise = _promise(scene.clock(ClockKind.POST_INCIDENT_REPORT))
    plan = scene.policy.plan(scene.customer.plan) if scene.customer else None
    if promise is None or plan is None or plan.post_incident_report is None:
        return ()
    return (("Post-incident report", f"by {scene.when(promise.due_at)} ({promise.clause})"),)


def reopened(scene: Scene) -> Letter:
    """The trouble is back, and the same clocks go on. Source: EMG-1, POL-4, POL-8."""
    clock = scene.clock(ClockKind.NEXT_UPDATE)
    due = (
        f" You hear from us by {scene.due(clock.due_at)} ({clock.deciding.clause})."
        if clock and clock.due_at
        else ""
    )
    return Letter(
        subject=f"{_subject(scene)}: it is back",
        lines=(
            "What we had called resolved has come back, and we are working on it again. "
            f"No clock begins anew.{due}",
        ),
        link=_status_page(scene, is_public=targets.is_public(_incident(scene), scene.policy)),
        footer=_by_phone(scene),
    )


def catch_up(scene: Scene) -> Letter:
    """All that was said so far, for who was found late. Source: POL-4."""
    told = _said_before(scene)
    incident = _incident(scene)
    clock = scene.clock(ClockKind.NEXT_UPDATE)
    facts = (
        (("Next update", f"by {scene.due(clock.due_at)} ({clock.deciding.clause})"),)
        if clock and clock.due_at
        else ()
    )
    return Letter(
        subject=f"{_subject(scene)}: you are affected",
        lines=(
            f"An incident of ours affects you: {scene.kind_names}, "
            f"since {scene.when(incident.started_at)}. From now on you get every update.",
            "This is all that was said so far:" if told else "Nothing was said about it so far.",
        ),
        quote="\n\n".join(told),
        facts=facts,
        link=_status_page(scene, is_public=targets.is_public(incident, scene.policy)),
        footer=_by_phone(scene),
    )


def _said_before(scene: Scene) -> list[str]:
    rows = EntryRow.objects.filter(
        stream=scene.ref,
        kind__in=("update_posted", "resolved", "reopened"),
        seq__lt=scene.delivery.seq,
    )
    entries = [chain.entry_of(row) for row in rows.select_related("words").order_by("seq")]
    return [
        f"{scene.when(entry.at)}: "
        + ("It came back." if entry.kind == "reopened" else entry.words or "(erased)")
        for entry in entries
    ]


def report(scene: Scene) -> Letter:
    """The post-incident report itself. Source: POL-5, FAQ-7."""
    text = scene.entry.words
    for name, heading in HEADINGS.items():
        text = text.replace(f"{name}: ", f"{heading.upper()}\n", 1)
    incident = _incident(scene)
    ended = incident.resolved_at
    return Letter(
        subject=f"{_subject(scene)}: post-incident report",
        lines=(
            f"This is our report on {scene.ref}, {scene.kind_names}, from "
            f"{scene.when(incident.started_at)}{f' to {scene.when(ended)}' if ended else ''}.",
        ),
        quote=text,
        footer=f"If you have questions, reply to this mail. {_by_phone(scene)}",
        is_automatic=False,
    )


def _subject(scene: Scene) -> str:
    """An incident's own title may be somebody's words: its issue type says enough."""
    if isinstance(scene.state, Incident):
        name = "Security notice" if scene.is_guarded else scene.kind_names
        return f"{name} ({scene.ref})"
    return scene.ref


def _own_page(scene: Scene) -> tuple[str, str] | None:
    """Their own case's page; whoever reported without an account gets a signed address of it."""
    if not isinstance(scene.row, CaseRow) or scene.delivery.contact_id:
        return None
    if scene.person is None:
        return ("See your case", links.reported(scene.row.report_id))
    return ("See your case", links.own_case(scene.ref))


def _status_page(scene: Scene, *, is_public: bool) -> tuple[str, str] | None:
    return ("See the status page", links.status_page()) if is_public else None


def _by_phone(scene: Scene) -> str:
    clause = f" ({scene.policy.hotline_clause})" if scene.policy.hotline_clause else ""
    return f"By phone at any hour: {scene.policy.hotline}{clause}."


def _incident(scene: Scene) -> Incident:
    assert isinstance(scene.state, Incident)
    return scene.state


LETTERS: dict[Purpose, Callable[[Scene], Letter]] = {
    Purpose.RECEIPT: receipt,
    Purpose.REPLY: reply,
    Purpose.UPDATE: update,
    Purpose.MISSED: missed,
    Purpose.DECLINED: declined,
    Purpose.RESOLVED: resolved,
    Purpose.REOPENED: reopened,
    Purpose.CATCH_UP: catch_up,
    Purpose.REPORT: report,
}
