"""Chat and push apps: the process that speaks for Apprise, against a server of our own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from redphone.channels import Channel
from redphone.channels.apprise.child import without_secrets
from redphone.channels.apprise.fake import FakeApps, FakeAppServer
from redphone.channels.apprise.send import Apps, outcome
from redphone.channels.apprise.words import posted
from redphone.core.message import Message, Sent

PAGE = Message(
    key="INC-101/2/person:1/app:4/page",
    to="ntfy ·12ab",
    subject="Page INC-101: System Outage: nobody can reach the dashboard",
    lines=("System Outage, reported 03:00 CET. Affected: Acme (Enterprise).", "Bo is next."),
    thread="INC-101",
    quote="We lose money every minute!",
    facts=(("First response", "by 03:15 CET (POL-2)"),),
    link=("I have it: acknowledge", "https://desk.example/a/token/"),
    callback="https://desk.example/phone/token",
    is_urgent=True,
    channel="app",
    short="INC-101 rings for you",
)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAppServer]:
    with FakeAppServer() as server:
        yield server


@pytest.fixture(scope="module")
def real_apps() -> Iterator[Apps]:
    with Apps(["127.0.0.1"]) as apps:
        yield apps


@pytest.fixture
def apps(real_apps: Apps, server: FakeAppServer) -> Apps:
    server.status, server.delay = 200, 0.0
    server.headers.clear()
    server.posts.clear()
    return real_apps


def to(server: FakeAppServer, scheme: str, rest: str = "") -> Message:
    return replace(PAGE, secret=f"{scheme}://{server.place}/{rest}")


@pytest.mark.parametrize("kind", ["fake", "real"])
def test_a_message_without_its_address_is_refused(kind: str) -> None:
    channel: Channel = FakeApps() if kind == "fake" else Apps()

    with channel as line:
        said = line.send(PAGE)

    assert said.sent is Sent.REFUSED


def test_a_test_message_of_the_desk_goes_to_the_address_that_it_names(
    apps: Apps, server: FakeAppServer
) -> None:
    canary = replace(PAGE, to=f"json://{server.place}/canary", key="canary-1", link=None)

    assert apps.send(canary).sent is Sent.TAKEN
    assert server.posts[0].path == "/canary"


def test_ntfy_gets_the_page_with_buttons_and_its_loudest_priority(
    apps: Apps, server: FakeAppServer
) -> None:
    said = apps.send(to(server, "ntfy", "topic-of-ana"))

    assert said.sent is Sent.TAKEN
    (post,) = server.posts
    assert post.body["topic"] == "topic-of-ana"
    assert post.body["title"] == PAGE.subject
    assert post.headers["X-Priority"] == "max"
    assert post.headers["X-Click"] == "https://desk.example/a/token/"
    take, see = post.headers["X-Actions"].split("; ")
    assert take == (
        "http, Take it, https://desk.example/phone/token/take, method=POST, clear=true"
    )
    assert see == "view, Open, https://desk.example/a/token/"


def test_what_is_not_urgent_is_not_loud(apps: Apps, server: FakeAppServer) -> None:
    calm = replace(to(server, "ntfy", "topic"), is_urgent=False, key="INC-101/9/person:1/app/x")

    apps.send(calm)

    (post,) = server.posts
    assert "X-Priority" not in post.headers
    assert post.headers["X-Actions"] == "view, Open, https://desk.example/a/token/"


def test_a_text_says_what_rings_what_is_due_and_where_to_answer(
    apps: Apps, server: FakeAppServer
) -> None:
    apps.send(to(server, "json", "hook"))

    (post,) = server.posts
    assert post.path == "/hook"
    assert post.body["title"] == PAGE.subject
    assert post.body["message"] == (
        "INC-101 rings for you\nFirst response: by 03:15 CET (POL-2)\n"
        "I have it: acknowledge: https://desk.example/a/token/"
    )


def test_customers_and_their_words_stay_out_of_apps() -> None:
    asked = posted(replace(PAGE, secret="tgram://123456789:abcdefg_hijklmnop/12315544/"))

    assert "Acme" not in asked.body
    assert "money" not in asked.body


def test_pushover_rings_until_it_is_seen() -> None:
    url = "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@tttttttttttttttttttttttttttttt"

    asked = posted(replace(PAGE, secret=url))

    assert asked.url == (
        f"{url}?priority=emergency&interval=30&expire=1800"
        "&url=https%3A%2F%2Fdesk.example%2Fa%2Ftoken%2F&url_title=I%20have%20it%3A%20acknowledge"
    )


def test_what_the_owner_chose_in_the_address_is_kept() -> None:
    asked = posted(replace(PAGE, secret="ntfys://ntfy.example/topic?priority=low"))

    assert "priority=low" in asked.url
    assert "priority=max" not in asked.url


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (404, Sent.REFUSED),
        (410, Sent.REFUSED),
        (403, Sent.REFUSED),
        (400, Sent.TRY_AGAIN),
        (500, Sent.TRY_AGAIN),
        (503, Sent.TRY_AGAIN),
        (302, Sent.TRY_AGAIN),
    ],
)
def test_only_a_service_that_knows_the_address_no_more_refuses_for_good(
    apps: Apps, server: FakeAppServer, status: int, sent: Sent
) -> None:
    server.status, server.headers = status, {"Location": f"http://{server.place}/elsewhere"}

    said = apps.send(to(server, "json", "a-secret-path"))

    assert said.sent is sent
    assert [post.path for post in server.posts] == ["/a-secret-path"]
    assert "a-secret-path" not in said.detail


def test_a_service_that_is_busy_says_for_how_long(apps: Apps, server: FakeAppServer) -> None:
    server.status, server.headers = 429, {"Retry-After": "40"}

    said = apps.send(to(server, "json"))

    assert said.sent is Sent.TRY_AGAIN
    assert said.retry_after == timedelta(seconds=40)


def test_a_server_that_is_away_is_tried_again(apps: Apps) -> None:
    said = apps.send(replace(PAGE, secret="json://127.0.0.1:1/a-secret-path"))

    assert said.sent is Sent.TRY_AGAIN
    assert "a-secret-path" not in said.detail


def test_a_service_that_never_answers_is_cut_off_and_the_next_one_is_sent(
    server: FakeAppServer,
) -> None:
    server.status, server.delay = 200, 30.0
    with Apps(["127.0.0.1"], within=3.0) as apps:
        began = time.monotonic()
        late = apps.send(to(server, "json"))
        took = time.monotonic() - began
        server.delay = 0.0
        next_one = apps.send(to(server, "json"))

    assert late.sent is Sent.TRY_AGAIN
    assert "longer than 3 seconds" in late.detail
    assert took < 6
    assert next_one.sent is Sent.TAKEN


def test_nothing_near_us_is_reached_by_a_name_that_leads_there(server: FakeAppServer) -> None:
    server.posts.clear()
    port = server.place.rpartition(":")[2]
    with Apps() as apps:
        # An address that is no IP address to us, and one to the system's own look-up.
        said = apps.send(replace(PAGE, secret=f"jsons://2130706433:{port}/"))

    assert said.sent is Sent.REFUSED
    assert "not in the public internet" in said.detail
    assert server.posts == []


def test_the_process_gets_none_of_our_secrets(
    server: FakeAppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDPHONE_SECRET_KEY", "very secret")
    with Apps(["127.0.0.1"]) as apps:
        apps.send(to(server, "json"))
        assert apps._child is not None
        around = Path(f"/proc/{apps._child.pid}/environ").read_text()

    assert "very secret" not in around
    assert os.environ["PATH"] in around


def test_every_part_of_an_address_is_taken_out_of_what_a_plugin_says() -> None:
    url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general?key=s%C3%A9cret"

    said = without_secrets("no T1JJ3T3L2 for TIiajkdnlazkcOXrIdevi7FQ, sécret, slack", url)

    assert said == "no … for …, …, slack"


def test_an_answer_without_any_words_is_tried_again() -> None:
    assert outcome({"is_taken": False}).sent is Sent.TRY_AGAIN
