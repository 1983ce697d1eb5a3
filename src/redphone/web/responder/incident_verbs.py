"""What people can do with an incident: the table of verbs behind its room."""

from __future__ import annotations

from datetime import timedelta

from redphone.actions import cases, components, incidents, runbooks, updates
from redphone.core.review import SECTIONS
from redphone.core.updates import Stage
from redphone.web.responder import forms
from redphone.web.responder.verbs import Call, Verb


def _acknowledge(call: Call) -> None:
    incidents.acknowledge(incident=call.ref, by=call.by, at=call.at)


def _confirm(call: Call) -> None:
    incidents.confirm(
        incident=call.ref,
        types=tuple(call.data["types"]),
        by=call.by,
        why=call.data["words"],
        at=call.at,
    )


def _decline(call: Call) -> None:
    incidents.decline(incident=call.ref, by=call.by, reason=call.data["words"], at=call.at)


def _publish(call: Call) -> None:
    incidents.publish(
        incident=call.ref,
        is_public=call.data["is_public"],
        by=call.by,
        why=call.data["words"],
        at=call.at,
    )


def _take(call: Call) -> None:
    incidents.take(incident=call.ref, by=call.by, at=call.at, why=call.data["words"])


def _own(call: Call) -> None:
    incidents.own(incident=call.ref, by=call.by, at=call.at)


def _offer(call: Call) -> None:
    incidents.offer(
        incident=call.ref, to=call.data["to"], by=call.by, note=call.data["words"], at=call.at
    )


def _refuse(call: Call) -> None:
    incidents.refuse(incident=call.ref, by=call.by, note=call.data["words"], at=call.at)


def _note(call: Call) -> None:
    incidents.note(incident=call.ref, by=call.by, words=call.data["words"], at=call.at)


def _name_cause(call: Call) -> None:
    incidents.name_cause(
        incident=call.ref,
        by=call.by,
        words=call.data["words"],
        is_outside=call.data["is_outside"],
        at=call.at,
    )


def _name_customer(call: Call) -> None:
    incidents.name_customer(
        incident=call.ref,
        customer=call.data["customer"],
        evidence=call.data["evidence"],
        by=call.by,
        words=call.data["words"],
        at=call.at,
    )


def _contain(call: Call) -> None:
    incidents.contain(incident=call.ref, by=call.by, evidence=call.data["words"], at=call.at)


def _resolve(call: Call) -> None:
    incidents.resolve(incident=call.ref, by=call.by, words=call.data["words"], at=call.at)


def _reopen(call: Call) -> None:
    incidents.reopen(incident=call.ref, by=call.by, why=call.data["words"], at=call.at)


def _close(call: Call) -> None:
    incidents.close(incident=call.ref, by=call.by, at=call.at)


def _call_next_step(call: Call) -> None:
    incidents.call_next_step(incident=call.ref, lane=call.data["lane"], by=call.by, at=call.at)


def _skip_to(call: Call) -> None:
    lane, step = call.data["step"]
    incidents.skip_to_step(
        incident=call.ref, lane=lane, step=step, by=call.by, why=call.data["words"], at=call.at
    )


def _publish_report(call: Call) -> None:
    sections = {name: call.data[name] for name in SECTIONS}
    incidents.publish_report(incident=call.ref, by=call.by, sections=sections, at=call.at)


def _gather(call: Call) -> None:
    incidents.gather(
        incident=call.ref, component=call.data["component"] or None, by=call.by, at=call.at
    )


def _set_component(call: Call) -> None:
    components.set_state(
        component=call.data["component"],
        state=call.data["state"],
        incident=call.ref,
        by=call.by,
        at=call.at,
    )


def _post_update(call: Call) -> None:
    updates.post_update(
        incident=call.ref,
        by=call.by,
        words=call.data["words"],
        next_at=call.at + timedelta(minutes=call.data["minutes"]),
        stage=Stage(call.data["stage"]),
        at=call.at,
    )


def _start_runbook(call: Call) -> None:
    runbooks.start(incident=call.ref, slug=call.data["runbook"], by=call.by, at=call.at)


def _tick(call: Call) -> None:
    runbooks.tick(
        incident=call.ref,
        slug=call.data["runbook"],
        step=call.data["step"],
        by=call.by,
        words=call.data["words"],
        at=call.at,
    )


def _join(call: Call) -> None:
    cases.move(
        case=call.data["case"],
        to=call.ref,
        by=call.by,
        why="Tells of the same trouble.",
        at=call.at,
    )


VERBS: dict[str, Verb] = {
    "acknowledge": Verb(
        right="incident.acknowledge", do=_acknowledge, done="You have it. The ringing has ended."
    ),
    "update": Verb(
        right="incident.post_update",
        do=_post_update,
        form=forms.Update,
        done="The update is on its way. The timeline shows whom it reached.",
    ),
    "confirm": Verb(
        right="incident.confirm",
        do=_confirm,
        form=forms.Confirm,
        done="Confirmed. Clocks and ladders follow.",
    ),
    "decline": Verb(
        right="incident.decline",
        do=_decline,
        form=forms.Decline,
        done="Declined: its clocks have ended, and the customers are sent your reason.",
    ),
    "publish": Verb(
        right="incident.publish",
        do=_publish,
        form=forms.Publish,
        done="Decided: the status page goes by it.",
    ),
    "take": Verb(
        right="incident.take",
        do=_take,
        form=forms.Take,
        done="You are the incident manager now.",
    ),
    "own": Verb(right="incident.own", do=_own, done="You are the senior owner now."),
    "offer": Verb(
        right="incident.offer",
        do=_offer,
        form=forms.Offer,
        done="Offered. You stay the incident manager until they accept.",
    ),
    "refuse": Verb(
        right="incident.refuse", do=_refuse, form=forms.Refuse, done="You have said no to it."
    ),
    "note": Verb(right="incident.note", do=_note, form=forms.Note, done="Noted."),
    "cause": Verb(
        right="incident.name_cause", do=_name_cause, form=forms.Cause, done="The cause is named."
    ),
    "name-customer": Verb(
        right="incident.name_customer",
        do=_name_customer,
        form=forms.NameCustomer,
        done="On the list of the affected; they are sent all that was said so far.",
    ),
    "contain": Verb(
        right="incident.contain",
        do=_contain,
        form=forms.Contain,
        done="Contained, with your evidence on record.",
    ),
    "resolve": Verb(
        right="incident.resolve",
        do=_resolve,
        form=forms.Resolve,
        done="Resolved, with all of its cases. Everyone affected is told.",
    ),
    "reopen": Verb(
        right="incident.reopen",
        do=_reopen,
        form=forms.Reopen,
        done="Open again; the same clocks go on.",
    ),
    "close": Verb(right="incident.close", do=_close, done="Closed."),
    "call-next": Verb(
        right="incident.call_next_step",
        do=_call_next_step,
        form=forms.CallNext,
        done="The next step is being called.",
    ),
    "skip-to": Verb(
        right="incident.skip_to_step",
        do=_skip_to,
        form=forms.SkipTo,
        done="That step is being called. The ladder goes on from it.",
    ),
    "report": Verb(
        right="incident.publish_report",
        do=_publish_report,
        form=forms.PublishReport,
        done="The post-incident report is on its way to everyone who was promised one.",
    ),
    "gather": Verb(
        right="incident.gather",
        do=_gather,
        form=forms.Gather,
        done="Done: it holds for reports from now on.",
    ),
    "component": Verb(
        right="incident.set_component",
        do=_set_component,
        form=forms.SetComponent,
        done="The status page says so now.",
    ),
    "start-runbook": Verb(
        right="incident.start_runbook",
        do=_start_runbook,
        form=forms.StartRunbook,
        done="The runbook is started.",
    ),
    "tick": Verb(right="incident.tick", do=_tick, form=forms.Tick, done="Ticked."),
    "join": Verb(right="case.move", do=_join, form=forms.Join, done="The case joined."),
}
"""By the name in the address: `/incidents/INC-101/<name>/`."""
