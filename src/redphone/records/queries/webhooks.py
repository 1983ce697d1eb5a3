"""Webhooks, for who looks after them: how each stands, and what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from redphone.records.ledger import NoSuchStream
from redphone.records.models import Webhook, WebhookPost
from redphone.records.models.webhook import PostState
from redphone.records.queries import rights
from redphone.records.queries.asker import Asker

RIGHT = "webhooks.change"
PER_PAGE = 50
UNFINISHED = (PostState.PENDING, PostState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A webhook with what waits for it, and since when the oldest of that does."""

    row: Webhook
    waiting: int
    waits_since: datetime | None


def webhooks(asker: Asker) -> list[Standing]:
    """All webhooks, those that are told something first, then the newest.

    Raises:
        NotYours, NotAllowed: the asker does not look after webhooks.
    """
    rights.require(asker, RIGHT)
    waits = Q(posts__state__in=UNFINISHED)
    found = Webhook.objects.annotate(
        waiting=Count("posts", filter=waits), since=Min("posts__created_at", filter=waits)
    ).order_by("-created_at")
    standing = [Standing(row=row, waiting=row.waiting, waits_since=row.since) for row in found]
    return sorted(standing, key=lambda each: each.row.disabled_at is not None)


def webhook(asker: Asker, number: int) -> Standing:
    """One webhook.

    Raises:
        NotYours, NotAllowed: the asker does not look after webhooks.
        NoSuchStream: there is none of that number.
    """
    rights.require(asker, RIGHT)
    row = Webhook.objects.filter(pk=number).first()
    if row is None:
        raise NoSuchStream
    waits = row.posts.filter(state__in=UNFINISHED)
    found = waits.aggregate(count=Count("pk"), since=Min("created_at"))
    return Standing(row=row, waiting=found["count"], waits_since=found["since"])


def posts(row: Webhook, *, below: int | None = None) -> Sequence[WebhookPost]:
    """What a webhook was told, newest first, one more than a page holds."""
    found = WebhookPost.objects.filter(webhook=row)
    if below is not None:
        found = found.filter(pk__lt=below)
    return list(found.order_by("-pk")[: PER_PAGE + 1])
