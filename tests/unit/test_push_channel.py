"""Web Push, against a push service that opens what we send as a browser would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from redphone import clock
from redphone.channels.push.fake import FakeBrowser, FakePushServer
from redphone.channels.push.keys import new_key
from redphone.channels.push.send import WebPush, encrypted, outcome
from redphone.channels.push.subscription import BadSubscription, parse
from redphone.channels.webhook.send import Answer
from redphone.core.message import Message, Sent

NOW = clock.now()
"""A signature is checked by the real clock."""
KEY, OTHER_KEY = new_key(), new_key()

PAGE = Message(
    key="INC-101/2/person:1/push:4/page",
    to="Chrome on Android",
    subject="Page INC-101: System Outage: nobody can reach the dashboard",
    lines=("System Outage, reported 03:00 CET. Affected: Acme (Enterprise).", "Bo is next."),
    thread="INC-101",
    quote="We lose money every minute!",
    facts=(("First response", "by 03:15 CET (POL-2)"), ("Next update", "by 03:30 CET (POL-4)")),
    link=("I have it: acknowledge", "https://desk.example/a/token/"),
    callback="https://desk.example/phone/token",
    is_urgent=True,
    channel="push",
)


@pytest.fixture
def service() -> Iterator[FakePushServer]:
    with FakePushServer() as service:
        yield service


@pytest.fixture
def browser(service: FakePushServer) -> FakeBrowser:
    return FakeBrowser(service, KEY.public)


@pytest.fixture
def push() -> WebPush:
    return WebPush(
        lambda: KEY, contact="mailto:desk@redphone.example", now=lambda: NOW, allow=["127.0.0.1"]
    )


def to(browser: FakeBrowser, message: Message = PAGE) -> Message:
    return replace(message, secret=browser.subscription.as_text())


def test_a_browser_reads_what_rings_what_is_due_and_where_to_answer(
    push: WebPush, browser: FakeBrowser
) -> None:
    said = push.send(to(browser))

    assert said.sent is Sent.TAKEN
    assert said.receipt_within == timedelta(seconds=30)
    (pushed,) = browser.pushes
    assert pushed.told == {
        "kind": "page",
        "act": "Take it",
        "title": "Page INC-101: System Outage: nobody can reach the dashboard",
        "body": "First response: by 03:15 CET (POL-2)\nNext update: by 03:30 CET (POL-4)",
        "tag": "INC-101",
        "link": "https://desk.example/a/token/",
        "callback": "https://desk.example/phone/token",
        "count": 1,
        "is_urgent": True,
    }


def test_customers_and_their_words_stay_off_a_locked_screen(
    push: WebPush, browser: FakeBrowser
) -> None:
    push.send(to(browser))

    shown = json.dumps(browser.pushes[0].told)
    assert "Acme" not in shown
    assert "money" not in shown


def test_a_page_is_pressing_short_lived_and_replaced_by_the_next_of_its_incident(
    push: WebPush, browser: FakeBrowser
) -> None:
    push.send(to(browser))
    push.send(to(browser, replace(PAGE, key="INC-101/9/person:1/push:4/taken", is_urgent=False)))
    push.send(to(browser, replace(PAGE, thread="INC-102")))

    first, taken, other = (pushed.headers for pushed in browser.pushes)
    assert (first["TTL"], first["Urgency"]) == ("300", "high")
    assert (taken["TTL"], taken["Urgency"]) == ("300", "normal")
    assert first["Topic"] == taken["Topic"] != other["Topic"]
    assert "INC" not in first["Topic"]


def test_taken_by_somebody_rings_nobody(push: WebPush, browser: FakeBrowser) -> None:
    taken = replace(
        PAGE,
        key="INC-101/9/person:1/push:4/taken",
        subject="INC-101: taken by Ana",
        is_urgent=False,
        facts=(),
    )

    said = push.send(to(browser, taken))

    assert said.receipt_within is None
    assert browser.pushes[0].told["kind"] == "taken"


def test_a_service_reads_nothing_but_lengths(browser: FakeBrowser) -> None:
    body = encrypted(b'{"title": "System Outage"}', browser.subscription)

    assert b"Outage" not in body
    assert browser.open(body) == {"title": "System Outage"}


def test_a_push_says_who_posts_to_whom_and_until_when(
    push: WebPush, service: FakePushServer, browser: FakeBrowser
) -> None:
    push.send(to(browser))

    token = browser.pushes[0].headers["Authorization"].removeprefix("vapid t=").split(",")[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == service.address
    assert claims["sub"] == "mailto:desk@redphone.example"
    assert timedelta(0) < datetime.fromtimestamp(claims["exp"], UTC) - NOW < timedelta(hours=24)


def test_a_browser_that_was_given_another_key_is_tried_again_and_not_switched_off(
    push: WebPush, service: FakePushServer
) -> None:
    stranger = FakeBrowser(service, OTHER_KEY.public)

    said = push.send(to(stranger))

    assert said.sent is Sent.TRY_AGAIN
    assert "403" in said.detail
    assert stranger.pushes == []


def test_a_browser_that_is_gone_takes_nothing_for_good(
    push: WebPush, service: FakePushServer, browser: FakeBrowser
) -> None:
    del service.browsers[browser.name]

    assert push.send(to(browser)).sent is Sent.REFUSED


@pytest.mark.parametrize("status", [429, 500, 503, 400, 302])
def test_what_may_pass_is_tried_again(
    push: WebPush, service: FakePushServer, browser: FakeBrowser, status: int
) -> None:
    service.status, service.headers = status, {"Retry-After": "20", "Location": "/push/x"}

    said = push.send(to(browser))

    assert said.sent is Sent.TRY_AGAIN
    assert said.retry_after == timedelta(seconds=20)


def test_what_a_service_repeats_of_the_address_is_not_kept(browser: FakeBrowser) -> None:
    answer = Answer(status=500, detail=f"cannot POST {browser.subscription.endpoint}")

    said = outcome(answer, browser.subscription, PAGE)

    assert browser.name not in said.detail
    assert said.detail.endswith("/push/…")


def test_a_push_that_is_too_large_is_sent_shorter(
    push: WebPush, service: FakePushServer, browser: FakeBrowser
) -> None:
    service.most_bytes = 360

    said = push.send(to(browser))

    assert said.sent is Sent.TAKEN
    assert browser.pushes[0].told["body"] == ""
    assert browser.pushes[0].told["callback"] == PAGE.callback


def test_the_longest_message_fits(push: WebPush, browser: FakeBrowser) -> None:
    long = replace(PAGE, subject="ж" * 5000, short="ж" * 5000, facts=(("ж" * 500, "ж" * 500),))

    assert push.send(to(browser, long)).sent is Sent.TAKEN


def test_a_push_to_something_near_us_is_refused(browser: FakeBrowser) -> None:
    careful = WebPush(lambda: KEY, contact="mailto:a@b.example", now=lambda: NOW)

    said = careful.send(to(browser))

    assert said.sent is Sent.REFUSED
    assert "not in the public internet" in said.detail
    assert browser.pushes == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"endpoint": "https://push.example/x"}',
        '{"endpoint": 5, "keys": {"p256dh": "x", "auth": "x"}}',
        '{"endpoint": "file:///etc/passwd", "keys": {"p256dh": "AA", "auth": "AA"}}',
        '{"endpoint": "https://push.example/x", "keys": {"p256dh": "AA", "auth": "AA"}}',
        '{"endpoint": "https://push.example/x", "keys": {"p256dh": "é", "auth": "\\u0000"}}',
        "[" * 3000,
        "x" * 5000,
    ],
)
def test_what_is_no_subscription_is_told_so(text: str) -> None:
    with pytest.raises(BadSubscription):
        parse(text)


def test_a_key_that_is_no_point_on_the_curve_is_refused(browser: FakeBrowser) -> None:
    wrong = json.loads(browser.subscription.as_text())
    wrong["keys"]["p256dh"] = "BA" + "A" * 85

    with pytest.raises(BadSubscription):
        parse(json.dumps(wrong))


def test_a_message_without_a_subscription_is_refused(push: WebPush) -> None:
    assert push.send(PAGE).sent is Sent.REFUSED
