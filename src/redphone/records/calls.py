"""Calls as the core reads them: callbacks to rows and back, and the row that they add up to."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from redphone.core import hotline
from redphone.core.hotline import Callback, Step
from redphone.records.chain import storable
from redphone.records.models import Call, CallEvent, Person, Recording
from redphone.records.models.call import RecordingState

LOOK_AFTER = timedelta(seconds=5)
"""How long a call has to be silent before the sweep looks at it: callbacks come out of order."""


def keep(told: Callback, *, query: str = "", raw: bytes = b"") -> hotline.Call:
    """Commit one callback, once however often it comes, and bring the call's row up to it."""
    told = _storable(told)
    with transaction.atomic(durable=True):
        row = _locked(told)
        CallEvent.objects.bulk_create(
            [
                CallEvent(
                    call=row,
                    key=_key(told),
                    step=told.step.value,
                    received_at=told.at,
                    query=storable(query),
                    raw=raw,
                    told=msgspec.to_builtins(told, builtin_types=()),
                )
            ],
            ignore_conflicts=True,
        )
        call = replay(row.sid)
        _project(row, call, told.at)
        _keep_recordings(row, call, told.at)
    return call


def _locked(told: Callback) -> Call:
    Call.objects.bulk_create(
        [Call(sid=told.call, started_at=told.at, last_heard_at=told.at)], ignore_conflicts=True
    )
    return Call.objects.select_for_update().get(sid=told.call)


def _storable(told: Callback) -> Callback:
    """The same with what PostgreSQL can keep: no null characters, no halves of surrogates."""
    text = {
        name: storable(value)
        for name in Callback.__dataclass_fields__
        if name != "step" and isinstance(value := getattr(told, name), str)
    }
    return replace(told, **text)  # type: ignore[arg-type]


def _key(told: Callback) -> str:
    """What a callback says, without when it came. A PIN is its turn: none is guessed twice."""
    if told.step is Step.PIN and told.customer is not None:
        told = replace(told, digits="", customer=0)
    return hashlib.sha256(hotline.says(told).encode("utf-8", "replace")).hexdigest()


def replay(sid: str) -> hotline.Call:
    """The call that its callbacks add up to."""
    told = CallEvent.objects.filter(call=sid).values_list("told", flat=True)
    return hotline.replay(sid, (msgspec.convert(each, Callback) for each in told))


def _project(row: Call, call: hotline.Call, at: datetime) -> None:
    """Set the row's columns from what was heard."""
    row.caller, row.called = call.caller, call.called
    row.is_rehearsal = call.is_rehearsal
    row.started_at = call.started_at or row.started_at
    row.last_heard_at = max(row.last_heard_at, at)
    row.look_at = at + LOOK_AFTER
    taken = call.taken
    is_there = taken and Person.objects.filter(pk=taken.person).exists()
    row.taken_by_id = taken.person if taken and is_there else None
    row.taken_at = taken.taken_at if taken and is_there else None
    row.ended_at, row.end = call.ended_at, call.end
    row.call_back_since = call.ended_at if call.needs_call_back else None
    row.save()


def _keep_recordings(row: Call, call: hotline.Call, at: datetime) -> None:
    Recording.objects.bulk_create(
        [
            Recording(
                call=row,
                name=each.name,
                url=each.url,
                account=call.account,
                next_try_at=at,
                state=RecordingState.REFUSED if call.is_rehearsal else RecordingState.WAITING,
                why="A rehearsal has no sound" if call.is_rehearsal else "",
            )
            for each in call.recordings
            if each.url
        ],
        ignore_conflicts=True,
    )
