"""A worker is killed at every single write on the path of a page: nothing is lost or said twice.

Each time a process of its own goes the whole way (claim, bundle, send, record, receipt, answer,
end of calls) and dies by SIGKILL before its n-th write; then another goes the same way to its end.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.integration.deadly import Dead, is_killed

from redphone.actions import deliveries, hangups, paging, receipts
from redphone.channels.fake import Line, Telephones
from redphone.channels.switchboard import Switchboard
from redphone.core.message import Message, Outcome
from redphone.core.stream import DeskError
from redphone.records.models import Delivery, Device, EntryRow, Person
from redphone.records.models.delivery import DeliveryState as State

if TYPE_CHECKING:
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STRIDE = 1 if "REDPHONE_CRASHES" in os.environ else 4
"""With REDPHONE_CRASHES set it dies at every write in turn, which takes minutes; else at some."""


class Sink(Line):
    """A provider that outlives us: what it has taken is in a file."""

    def __init__(self, file: Path, dead: Dead | None) -> None:
        super().__init__(Telephones(), "sms")
        self._file, self._dead = file, dead

    def send(self, message: Message) -> Outcome:
        if self._dead:
            self._dead.step()
        with self._file.open("a") as file:
            file.write(json.dumps({"key": message.key, "count": message.count}) + "\n")
        return super().send(message)


def go(file: Path, ana: int, begin: datetime, dead: Dead | None = None) -> None:
    """The whole way of three pages to one telephone, as workers, callbacks and the clock go it."""

    def board() -> Switchboard:
        return Switchboard(dict.fromkeys(("mail", "sms", "voice"), lambda: Sink(file, dead)))

    for at in (begin, begin + 62 * SECOND):
        _send(board, at)
        for row in Delivery.objects.filter(state=State.SENT, channel="sms", bundled_into=None):
            receipts.delivered(row.pk, at=at + SECOND)
    rung = Delivery.objects.filter(person=ana, channel="sms", purpose="page")
    for row in rung.filter(state=State.DELIVERED, bundled_into=None).order_by("-id"):
        try:
            paging.answer_delivery(row.pk, ana, through="sms", at=begin + 70 * SECOND, is_all=True)
        except DeskError:
            continue
    hangups.hang_up_waiting(channel=board, now=lambda: begin + 71 * SECOND)
    _send(board, begin + 72 * SECOND)


def _send(board: Callable[[], Switchboard], at: datetime) -> None:
    deliveries.send_waiting(channel=board, now=lambda: at)


def report_three(cast: Cast, number: int, begin: datetime) -> set[str]:
    refs = set()
    for name in "abc":
        key = f"{number}-{name}"
        taken = cast.report(cast.mira, f"Trouble {key}", at=begin - SECOND, join_key=key)
        refs.add(str(taken.incident))
    # The first of them rings at once, the others in a moment: as in a storm.
    late = sorted(refs, key=lambda ref: int(ref[4:]))[1:]
    Delivery.objects.filter(stream__in=late).update(next_try_at=begin + 10 * SECOND)
    return refs


def spoken_for(file: Path, refs: set[str]) -> tuple[set[str], Counter[str]]:
    """The incidents that the messages in the sink have told of, and how often each key came."""
    keys = [json.loads(line)["key"] for line in file.read_text().splitlines()]
    told: set[str] = set()
    for key in keys:
        row = Delivery.objects.get(key=key)
        if row.channel == "sms" and row.purpose == "page":
            ids = row.payload.get("says") or [row.pk]
            told |= set(Delivery.objects.filter(pk__in=ids).values_list("stream", flat=True))
    return told & refs, Counter(keys)


def test_a_kill_at_any_write_loses_no_page_and_doubles_none(cast: Cast, tmp_path: Path) -> None:
    """EMG-1 to EMG-5."""
    Device.objects.create(
        person=cast.ana, kind="sms", address="+442079460321", verified_at=NOON, created_at=NOON
    )
    write = random.SystemRandom().randrange(STRIDE) + 1 - STRIDE
    while True:
        write += STRIDE
        file = tmp_path / f"{write}.jsonl"
        file.touch()
        # So far apart that no limit of one round holds back the next.
        begin = NOON + write * timedelta(hours=2)
        refs = report_three(cast, write, begin)

        was_killed = is_killed(write, partial(go, file, cast.ana.pk, begin))
        go(file, cast.ana.pk, begin + timedelta(minutes=3))
        go(file, cast.ana.pk, begin + timedelta(minutes=6))

        check(cast.ana, refs, file, f"killed before write {write}")
        if not was_killed:
            break
    assert write > 30


def check(ana: Person, refs: set[str], file: Path, when: str) -> None:
    rows = Delivery.objects.filter(stream__in=refs)
    told, keys = spoken_for(file, refs)
    assert told == refs, when
    left = rows.filter(state__in=[State.PENDING, State.SENDING, State.FAILED])
    assert list(left.values_list("key", "state", "error")) == [], when
    assert not rows.filter(hang_up_at__isnull=False).exists(), when
    taken = EntryRow.objects.filter(stream__in=refs, kind="acknowledged", actor=ana.actor)
    assert Counter(taken.values_list("stream", flat=True)) == Counter(refs), when
    tries = dict(Delivery.objects.filter(key__in=keys).values_list("key", "tries"))
    assert all(count <= tries[key] <= 2 for key, count in keys.items()), when
