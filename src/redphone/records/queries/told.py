"""What became of the messages of an entry: whom it rang, by what, and whom else it told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from redphone.core.updates import Purpose
from redphone.records.models import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One try at a page. `at` is when it went, or when it will; `answered` if it was taken by it.

    `state` is the delivery's. One that went inside of another's message has `is_bundled`.
    """

    person: str
    channel: str
    state: str
    at: datetime
    answered: bool
    is_bundled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the messages of an entry, its pages one by one, soonest first.

    The other messages are counted: addresses by how far their message has come. `unneeded` are
    those that were no longer true, or no longer wanted, when their turn came.
    """

    pages: tuple[Rung, ...] = ()
    addresses: int = 0
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    unneeded: int = 0
    mails: int = 0

    @property
    def by_mail_alone(self) -> bool:
        return self.mails == self.addresses


def told(stream: str, seqs: Iterable[int]) -> dict[int, Told]:
    """What became of the messages of these entries; an entry that sent none is left out."""
    of_these = Delivery.objects.filter(stream=stream, seq__in=list(seqs))
    pages = _pages(of_these.filter(purpose=Purpose.PAGE))
    counted = _counted(of_these.exclude(purpose=Purpose.PAGE))
    return {
        seq: Told(pages=tuple(pages.get(seq, ())), **counted.get(seq, {}))
        for seq in pages.keys() | counted.keys()
    }


def _pages(found: QuerySet[Delivery]) -> dict[int, list[Rung]]:
    grouped: dict[int, list[Rung]] = {}
    for row in found.select_related("person").order_by("id"):
        grouped.setdefault(row.seq, []).append(
            Rung(
                person=row.person.name if row.person else row.address,
                channel=row.channel,
                state=row.state,
                at=row.loud_at or row.sent_at or row.next_try_at,
                answered=row.answered_at is not None,
                is_bundled=row.bundled_into_id is not None,
            )
        )
    return {seq: sorted(each, key=lambda rung: rung.at) for seq, each in grouped.items()}


def _counted(found: QuerySet[Delivery]) -> dict[int, dict[str, Any]]:
    rows: Any = found.values("seq").annotate(
        addresses=Count("id"),
        sent=Count("id", filter=Q(state__in=["sent", "delivered"])),
        failed=Count("id", filter=Q(state="failed")),
        waiting=Count("id", filter=Q(state__in=["pending", "sending"])),
        unneeded=Count("id", filter=Q(state__in=["stale", "cancelled"])),
        mails=Count("id", filter=Q(channel="mail")),
    )
    return {
        row["seq"]: {name: number for name, number in row.items() if name != "seq"} for row in rows
    }
