"""Handing pushes to browsers' push services, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from redphone.channels.push import words
from redphone.channels.push.keys import PushKey
from redphone.channels.push.subscription import BadSubscription, Subscription, parse
from redphone.channels.webhook.address import Allowed
from redphone.channels.webhook.send import Answer, Line
from redphone.core.message import Message, Outcome, Sent

WITHIN = 10.0
"""Seconds for one push service to take one push."""

RECEIPT_WITHIN = timedelta(seconds=30)
"""The service worker tells us itself that a push has arrived."""

SHORTEST_SECRET = 8
TOO_LARGE = 413
GONE = frozenset({404, 410})


class WebPush:
    """Push to browsers. `key` gives the desk's key; `contact` is whom a service writes to."""

    def __init__(
        self,
        key: Callable[[], PushKey],
        *,
        contact: str,
        now: Callable[[], datetime],
        allow: Iterable[str] = (),
        line: Line | None = None,
    ) -> None:
        self._key = key
        self._contact = contact
        self._now = now
        self._line = line or Line(Allowed.read(allow), within=WITHIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Each service is called anew: most messages go to different ones."""

    def send(self, message: Message) -> Outcome:
        """Hand one push over. See `redphone.channels.Channel.send`."""
        try:
            to = parse(message.secret)
        except BadSubscription as error:
            return Outcome(sent=Sent.REFUSED, detail=f"no subscription of a browser: {error}")
        answer = self._post(to, message, words.payload(message))
        if answer.status == TOO_LARGE:
            answer = self._post(to, message, words.payload(message, is_short=True))
        return outcome(answer, to, message)

    def _post(self, to: Subscription, message: Message, payload: bytes) -> Answer:
        key, at = self._key(), self._now()
        headers = {
            "Authorization": key.authorization(to.endpoint, contact=self._contact, at=at),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": f"{words.lasts(message).total_seconds():.0f}",
            "Urgency": "high" if message.is_urgent else "normal",
            "Topic": words.topic(message),
        }
        return self._line.post(to.endpoint, encrypted(payload, to), headers)


def encrypted(payload: bytes, to: Subscription) -> bytes:
    """For the eyes of this browser only (RFC 8291): its push service can't read it."""
    # Loaded at the first push: it brings much with it that only sends.
    from pywebpush import WebPusher

    keys = {"p256dh": to.p256dh, "auth": to.auth}
    pusher = WebPusher({"endpoint": to.endpoint, "keys": keys})
    body = pusher.encode(payload, "aes128gcm")["body"]
    assert isinstance(body, bytes)
    return body


def outcome(answer: Answer, to: Subscription, message: Message) -> Outcome:
    """What a service's answer means. Only one that is gone takes nothing for good."""
    if answer.is_taken:
        return Outcome(
            sent=Sent.TAKEN,
            provider=to.host,
            receipt_within=RECEIPT_WITHIN if message.is_urgent and message.callback else None,
        )
    if answer.is_refused or answer.status in GONE:
        gone = "the browser takes no more pushes from us"
        return Outcome(sent=Sent.REFUSED, detail=answer.detail if answer.is_refused else gone)
    wait = answer.retry_after
    return Outcome(
        sent=Sent.TRY_AGAIN,
        detail=f"{to.host} answered {answer.status or 'nothing'}: {_said(answer, to)}"[:300],
        retry_after=timedelta(seconds=wait) if wait else None,
    )


def _said(answer: Answer, to: Subscription) -> str:
    """Its words, without the secret part of the address, which error pages like to repeat."""
    said = answer.detail
    for part in urlsplit(to.endpoint).path.split("/"):
        said = said.replace(part, "…") if len(part) > SHORTEST_SECRET else said
    return said
