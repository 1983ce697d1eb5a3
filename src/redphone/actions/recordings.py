"""Recordings of calls: fetched from the provider at least once, kept with the case once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from redphone.channels.hotline.fetch import Fetched, NotFetched
from redphone.core import case as cases
from redphone.core.report import Attached
from redphone.core.stream import SYSTEM
from redphone.records import attachments, calls, ledger, live
from redphone.records.models import Recording
from redphone.records.models.call import RecordingState

log = logging.getLogger(__name__)

WAITS = (5, 15, 60, 300, 900, 1800, 3600, 3600, 3600, 3600)
"""Seconds after each try that failed: we are often told of a recording before it is there."""

TAKES = timedelta(minutes=10)
"""How long a try may take until somebody else takes it up: its process was killed."""

Fetch = Callable[[str, str], Fetched | NotFetched]
"""Fetches an address; the second is the account's name at the provider."""


def fetch_waiting(*, at: datetime, fetch: Fetch, limit: int = 5) -> int:
    """Try to fetch the recordings whose time has come; how many were kept."""
    kept = 0
    for _ in range(limit):
        row = _claim(at)
        if row is None:
            break
        kept += _try(row, at, fetch)
    return kept


def _claim(at: datetime) -> Recording | None:
    """Take a recording in hand; nobody else tries it meanwhile."""
    with transaction.atomic(durable=True):
        rows = Recording.objects.select_for_update(skip_locked=True, of=("self",))
        rows = rows.filter(state=RecordingState.WAITING, next_try_at__lte=at)
        # What has no case yet has nowhere to go; the sweep sees to that first.
        row = rows.exclude(call__case_ref="").order_by("next_try_at").first()
        if row is not None:
            row.tries += 1
            row.next_try_at = at + TAKES
            row.save(update_fields=["tries", "next_try_at"])
    return row


def _try(row: Recording, at: datetime, fetch: Fetch) -> bool:
    found = fetch(row.url, row.account)
    if isinstance(found, Fetched):
        return _keep(row, found, at)
    is_over = found.for_good or row.tries > len(WAITS)
    if is_over:
        row.state = RecordingState.REFUSED if found.for_good else RecordingState.GIVEN_UP
        log.error("recording %s of call %s: %s", row.name, row.call_id, found.why)
    else:
        row.next_try_at = at + timedelta(seconds=WAITS[row.tries - 1])
    row.why = found.why
    row.save(update_fields=["state", "next_try_at", "why"])
    if is_over:
        live.tell([row.call.case_ref])
    return False


def _keep(row: Recording, found: Fetched, at: datetime) -> bool:
    """Put it on the case, in the transaction that says so. Whoever is second keeps nothing."""
    with ledger.writing(at=at) as book:
        row = (
            Recording.objects.select_for_update(of=("self",)).select_related("call").get(pk=row.pk)
        )
        if row.state == RecordingState.KEPT:
            return False
        stream = book.case(row.call.case_ref)
        file = Attached(
            name=_name(row, found), content_type=found.content_type, content=found.content
        )
        kept = attachments.rows([file], stream=stream.ref, actor=SYSTEM, at=at)
        attachments.keep(kept)
        entry = cases.add(
            stream.state,
            by=SYSTEM,
            words=_words(row),
            at=at,
            files=[kept[0].digest],
            through="hotline",
        )
        book.append(stream, entry)
        row.state, row.attachment, row.why = RecordingState.KEPT, kept[0], ""
        row.save(update_fields=["state", "attachment", "why"])
    return True


def _words(row: Recording) -> str:
    known = {each.name: each.seconds for each in calls.replay(row.call_id).recordings}
    seconds = known.get(row.name)
    return f"Recorded on the phone{f', {seconds} seconds' if seconds else ''}."


def _name(row: Recording, found: Fetched) -> str:
    ending = "mp3" if "mpeg" in found.content_type or "mp3" in found.content_type else "wav"
    plain = re.sub(r"[^A-Za-z0-9]+", "", row.name)[-12:]
    return f"hotline-{plain or 'recording'}.{ending}"
