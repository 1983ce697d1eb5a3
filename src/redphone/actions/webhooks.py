"""Looking after webhooks: make one, end it, change its secret, send again what was sent before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from redphone.channels.webhook.address import AddressRefused, read
from redphone.channels.webhook.signature import new_secret
from redphone.core.stream import DeskError
from redphone.records.models import Webhook, WebhookPost
from redphone.records.models.webhook import PostState
from redphone.records.sealed import seal
from redphone.records.webhooks import WORTH_TELLING_FOR

OLD_SECRET_COUNTS_FOR = timedelta(hours=24)
"""After a change of secrets both sign for so long, so that the receiver can follow in its time."""

SEALED_FOR = "webhook"

TEST = "test"
"""The event that tells nothing but that the line works."""

MOST_AGAIN = 10_000
"""Posts that one request sends again at most, the oldest first."""


class WebhookError(DeskError):
    """The webhook can't be made or changed like that."""


class WebhookNameMissing(WebhookError):
    """A webhook needs a name that says who is told."""


class BadAddress(WebhookError):
    """This address can't be posted to."""


class UnknownEvent(WebhookError):
    """An event is named like incident.opened, or incident.* for all of them."""


class NoSuchWebhook(WebhookError):
    """There is no such webhook any more. Make a new one."""


class NothingToSend(WebhookError):
    """Nothing was sent in that time that could be sent again. Choose an earlier moment."""


def create(
    *, name: str, url: str, events: Iterable[str], by: str, at: datetime
) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is shown this once. An empty `events` is all of them.

    Where the name leads is looked at again at every post.

    Raises:
        WebhookNameMissing, BadAddress, UnknownEvent: see each.
    """
    if not name.strip():
        raise WebhookNameMissing
    try:
        read(url.strip())
    except AddressRefused as error:
        raise BadAddress(str(error)) from error
    wanted = sorted({event.strip().lower() for event in events if event.strip()})
    if unknown := next((each for each in wanted if not _is_event(each)), ""):
        raise UnknownEvent(f"{unknown} is none.")
    secret = new_secret()
    webhook = Webhook.objects.create(
        name=name.strip(),
        url=url.strip(),
        events=wanted,
        secret=seal(secret, purpose=SEALED_FOR),
        created_at=at,
        created_by=by,
    )
    return webhook, secret


def _is_event(text: str) -> bool:
    stream, _, kind = text.partition(".")
    return stream in {"case", "incident"} and (kind == "*" or kind.replace("_", "").isalpha())


def change_secret(*, webhook: int, at: datetime) -> tuple[Webhook, str]:
    """A new secret, shown this once. The old one signs too for a day.

    Raises:
        NoSuchWebhook: it has been ended.
    """
    secret = new_secret()
    with transaction.atomic():
        row = _locked(webhook)
        row.old_secret, row.secret = row.secret, seal(secret, purpose=SEALED_FOR)
        row.old_secret_until = at + OLD_SECRET_COUNTS_FOR
        row.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return row, secret


def end(*, webhook: int, why: str, at: datetime) -> Webhook:
    """Tell it nothing more. What was told stays to be looked at.

    Raises:
        NoSuchWebhook: it has been ended.
    """
    with transaction.atomic():
        row = _locked(webhook)
        row.disabled_at, row.disabled_why = at, why
        row.save(update_fields=["disabled_at", "disabled_why"])
    return row


def test(*, webhook: int, at: datetime) -> None:
    """Send it an event that tells only that the line works.

    Raises:
        NoSuchWebhook: it has been ended.
    """
    with transaction.atomic():
        row = _locked(webhook)
        WebhookPost.objects.create(
            webhook=row,
            event=TEST,
            next_try_at=at,
            deadline_at=at + timedelta(minutes=10),
            created_at=at,
        )
        _try_now(row)


def replay(*, webhook: int, since: datetime, at: datetime) -> int:
    """Send again all that it was told, or should have been, since a moment; how many these are.

    Each keeps its message id, so that a receiver that had it already can tell.

    Raises:
        NoSuchWebhook: it has been ended.
        NothingToSend: there is nothing of that time.
    """
    with transaction.atomic():
        row = _locked(webhook)
        old = WebhookPost.objects.filter(webhook=row, created_at__gte=since, seq__gt=0)
        ended = old.filter(state__in=[PostState.TAKEN, PostState.FAILED, PostState.SKIPPED])
        ids = list(ended.order_by("id").values_list("pk", flat=True)[:MOST_AGAIN])
        if not ids:
            raise NothingToSend
        _again(ids, at)
        _try_now(row)
    return len(ids)


def send_again(*, webhook: int, post: int, at: datetime) -> None:
    """Send one post again, or at once if it waits for its next try.

    Raises:
        NoSuchWebhook: it has been ended.
    """
    with transaction.atomic():
        row = _locked(webhook)
        _again(list(row.posts.filter(pk=post).values_list("pk", flat=True)), at)
        _try_now(row)


def skip(*, webhook: int, post: int) -> None:
    """Give up one post that waits, so that the later ones of its incident go on.

    Raises:
        NoSuchWebhook: it has been ended.
    """
    with transaction.atomic():
        row = _locked(webhook)
        waiting = row.posts.filter(pk=post, state=PostState.PENDING)
        waiting.update(state=PostState.SKIPPED)


def _again(ids: list[int], at: datetime) -> None:
    WebhookPost.objects.filter(pk__in=ids).exclude(state=PostState.SENDING).update(
        state=PostState.PENDING, tries=0, next_try_at=at, deadline_at=at + WORTH_TELLING_FOR
    )


def _try_now(row: Webhook) -> None:
    Webhook.objects.filter(pk=row.pk).update(paused_until=None)


def _locked(webhook: int) -> Webhook:
    row = Webhook.objects.select_for_update().filter(pk=webhook, disabled_at=None).first()
    if row is None:
        raise NoSuchWebhook
    return row
