"""Telling the programs elsewhere: claim a post, write its body, hand it over, note the end.

At least once, and of one incident in order: a post waits until those before it have been taken or
given up. As with deliveries, each try is bracketed by two commits, and a worker that dies leaves a
lease that runs out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.db.models import F, Q

from redphone.actions import links
from redphone.actions.deliveries import Backoff
from redphone.actions.webhooks import SEALED_FOR
from redphone.channels.webhook.send import Answer
from redphone.channels.webhook.signature import headers
from redphone.records import policies
from redphone.records.models import EntryRow, IncidentRow, Person, Webhook, WebhookPost
from redphone.records.models.webhook import PostState as State
from redphone.records.sealed import SealBroken, unseal

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""After so long a post that says `sending` has lost its worker, and is taken again."""

POST_AGAIN = Backoff(first=timedelta(seconds=5), most=timedelta(hours=1))
CALL_AGAIN = Backoff(first=timedelta(seconds=2), most=timedelta(minutes=5))
"""How long a post waits after it was not taken; how long a webhook that did not answer at all."""

TOLD_IN_WORDS = frozenset(
    {"update_posted", "resolved", "reported", "responded", "declined", "published"}
)
"""Entries whose words were written for customers. All other words stay in the house."""

HEAD = """
    select p.id
    from webhook w cross join lateral (
        select id from webhook_post q
        where q.webhook_id = w.id and q.state = 'pending' and q.next_try_at <= %(at)s
          and not exists (
            select 1 from webhook_post e
            where e.webhook_id = q.webhook_id and e.incident = q.incident and e.id < q.id
              and e.state in ('pending', 'sending') and q.incident <> ''
          )
        order by q.id limit 1
    ) first
    join webhook_post p on p.id = first.id
    where w.disabled_at is null and (w.paused_until is null or w.paused_until <= %(at)s)
    order by p.next_try_at, p.id
    limit 1
"""
"""The next post: of each webhook that answers the first that is due and has none of its incident
before it; of these the one that has waited longest."""

CLAIM = f"""
    with head as ({HEAD} for update of p skip locked)
    update webhook_post p
    set state = 'sending', sending_since = %(at)s, tries = tries + 1
    from head where p.id = head.id and p.state = 'pending'
    returning p.id
"""

Now = Callable[[], datetime]


class Line(Protocol):
    """What hands a body over: `redphone.channels.webhook.send.Line`, or its fake."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


def send_waiting(*, line: Line, now: Now) -> int:
    """Post until nothing is due any more; how many tries were made."""
    done = 0
    _take_back(at=now())
    while (post := claim(at=now())) is not None:
        send(post, line, now=now)
        done += 1
    return done


def claim(*, at: datetime) -> WebhookPost | None:
    """Take the next post that is due and has none of its incident before it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"at": at})
        found = cursor.fetchone()
    if found is None:
        return None
    return WebhookPost.objects.select_related("webhook").get(pk=found[0])


def _take_back(*, at: datetime) -> None:
    """Take posts from workers that have died; give up those whose time is over."""
    lost = WebhookPost.objects.filter(state=State.SENDING, sending_since__lt=at - LEASE)
    lost.update(state=State.PENDING, sending_since=None, error="its worker was lost")
    over = WebhookPost.objects.filter(state=State.PENDING, deadline_at__lte=at)
    over.update(state=State.FAILED, sending_since=None)


def send(post: WebhookPost, line: Line, *, now: Now) -> State:
    """One try of a claimed post, and what came of it."""
    at = now()
    try:
        body = json.dumps(payload(post), ensure_ascii=False).encode()
        signed = headers(post.message_id, body, secrets=_secrets(post.webhook, at), at=at)
        told = {"Content-Type": "application/json", "User-Agent": "Redphone", **signed}
        answer = line.post(post.webhook.url, body, told)
    except SealBroken as error:
        answer = Answer(detail=str(error), is_refused=True)
    except Exception as error:  # One bad post must not hold up the others; its row says why.
        log.exception("post %s could not be written", post.pk)
        answer = Answer(detail=repr(error))
    return _record(post, answer, at=now())


def _secrets(webhook: Webhook, at: datetime) -> list[str]:
    found = [unseal(webhook.secret, purpose=SEALED_FOR)]
    if webhook.old_secret and webhook.old_secret_until and at < webhook.old_secret_until:
        found.append(unseal(webhook.old_secret, purpose=SEALED_FOR))
    return found


def payload(post: WebhookPost) -> dict[str, Any]:
    """What a post tells: the entry, who did it, and where to look; words only if customers' own,
    and none where data may be at risk.

    It is read anew at each try, so that what was erased meanwhile is told to nobody.
    """
    if not post.seq:
        return {"type": post.event, "timestamp": post.created_at.isoformat(), "data": {}}
    entry = EntryRow.objects.select_related("words").get(stream=post.stream, seq=post.seq)
    data: dict[str, Any] = {
        "stream": post.stream,
        "incident": post.incident,
        "seq": post.seq,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "actor": {"id": entry.actor, "name": _name(entry.actor)},
        "details": entry.data,
        "link": links.of_stream(post.stream),
    }
    if entry.kind in TOLD_IN_WORDS and not is_guarded(post.incident):
        data["words"] = entry.words.text if entry.words else ""
    return {"type": post.event, "timestamp": entry.at.isoformat(), "data": data}


def is_guarded(incident: str) -> bool:
    """Whether only those who are named may read what happened: a program names nobody.

    Source: EMG-2.
    """
    row = IncidentRow.objects.filter(ref=incident).only("types", "policy_id").first()
    if row is None:
        return False
    policy = policies.pinned(row.policy_id).policy
    return any(policy.issue_type(slug).notification_regulations for slug in row.types)


def _name(actor: str) -> str:
    if not actor.startswith("person:"):
        return actor
    found = Person.objects.filter(pk=int(actor.removeprefix("person:")))
    return found.values_list("name", flat=True).first() or ""


def _record(post: WebhookPost, answer: Answer, *, at: datetime) -> State:
    """Write down how a try ended. What was taken is taken, whoever holds the row by now."""
    mine = WebhookPost.objects.filter(pk=post.pk, state=State.SENDING, tries=post.tries)
    said = {"status": answer.status, "answer": answer.detail, "sending_since": None}
    if answer.is_taken:
        WebhookPost.objects.filter(pk=post.pk).exclude(state=State.TAKEN).update(
            state=State.TAKEN, taken_at=at, error="", **said
        )
        answered = Q(failures__gt=0) | Q(failing_since__isnull=False)
        Webhook.objects.filter(answered, pk=post.webhook_id).update(
            failures=0, failing_since=None, paused_until=None
        )
        return State.TAKEN
    why = f"HTTP {answer.status}" if answer.status else answer.detail
    log.warning("webhook post %s, try %d: %s", post.pk, post.tries, why)
    if answer.is_gone:
        _disable(post.webhook, at)
    wait = max(POST_AGAIN.after(post.tries), timedelta(seconds=answer.retry_after or 0))
    mine.update(state=State.PENDING, next_try_at=at + wait, error=why, **said)
    _note_failure(post.webhook, answer, at)
    return State.PENDING


def _disable(webhook: Webhook, at: datetime) -> None:
    why = "It answered 410 Gone: it wants to be told nothing more."
    Webhook.objects.filter(pk=webhook.pk, disabled_at=None).update(
        disabled_at=at, disabled_why=why
    )


def _note_failure(webhook: Webhook, answer: Answer, at: datetime) -> None:
    """Who did not answer is left in peace for a while; who only disliked one post is not."""
    failing = Webhook.objects.filter(pk=webhook.pk)
    failing.filter(failing_since=None).update(failing_since=at)
    if answer.is_down and not answer.is_refused:
        pause = max(
            CALL_AGAIN.after(webhook.failures + 1), timedelta(seconds=answer.retry_after or 0)
        )
        failing.update(failures=F("failures") + 1, paused_until=at + pause)


def is_waiting(*, at: datetime) -> bool:
    """Whether a worker is wanted: a post is due, its time is over, or it has lost its worker."""
    lost = Q(state=State.SENDING, sending_since__lt=at - LEASE)
    if WebhookPost.objects.filter(lost | Q(state=State.PENDING, deadline_at__lte=at)).exists():
        return True
    with connection.cursor() as cursor:
        cursor.execute(HEAD, {"at": at})
        return cursor.fetchone() is not None
