"""Two people in one conversation, each in a browser of their own, on lines that break."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import free_port, serve
from tests.browser.vendor import Vendor, serving

from redphone import clock
from redphone.actions import cases, chat, chat_desk, identity_keys
from redphone.actions.chat import Message, Writer
from redphone.records.models import CaseRow, EntryRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Open, Window
    from tests.conftest import Cast

    from redphone.records.models import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOON = 5_000
"""Milliseconds within which the other side sees what was written."""


def start(person: Person, words: str = "Nobody can log in, it is down for everyone.") -> str:
    writer = Writer(
        actor=person.actor, scope=person.actor, sender=person.pk, customer=person.customer_id
    )
    sent = chat.start(Message(id=str(uuid.uuid4()), text=words), writer, at=clock.now())
    return str(sent.case)


def write(page: Page, words: str) -> None:
    page.locator("[data-say] textarea").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def bubbles(page: Page) -> list[str]:
    return page.locator("[data-lines] .bubble").all_inner_texts()


def forgive(seat: Window) -> None:
    """A browser complains by itself of a line that broke: here that was the test's own doing."""
    seat.page.goto("about:blank")
    seat.complaints.clear()


def told(ref: str) -> list[str]:
    rows = EntryRow.objects.filter(stream=ref, words__isnull=False).order_by("seq")
    return [row.words.text for row in rows if row.words]


def test_two_people_talk_live(cast: Cast, window: Open, axe: Callable[[Page], list[str]]) -> None:
    jon = window(cast.jon).open("/chat/")
    jon.get_by_label("What is wrong?").fill("Nobody can log in, it is down for everyone.")
    jon.get_by_role("button", name="Start the chat").click()
    expect(jon.get_by_text("We have your message")).to_be_visible()

    ana = window(cast.ana).open("/now/")
    expect(ana.get_by_text("1 customer waits in chat")).to_be_visible()
    ana.locator("#waiting-chats a.title").click()
    ana.get_by_role("button", name="Pick up").click()
    expect(jon.get_by_text("Ana Reyes has your chat")).to_be_visible(timeout=SOON)

    write(ana, "I am Ana. I look at it now.")
    expect(jon.get_by_text("I am Ana. I look at it now.")).to_be_visible(timeout=SOON)
    expect(ana.locator("[data-lines] li.mine [data-mark]").last).to_have_text("seen", timeout=SOON)

    jon.locator("[data-say] textarea").fill("Thank you! It says 502.")
    jon.keyboard.press("Enter")
    expect(ana.get_by_text("Thank you! It says 502.").first).to_be_visible(timeout=SOON)
    assert bubbles(jon) == bubbles(ana)
    assert axe(jon) == []
    assert axe(ana) == []


@pytest.mark.parametrize("dark", [False, True])
def test_it_works_with_one_thumb_in_the_dark(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]], dark: bool
) -> None:
    ref = start(cast.jon)
    ana = window(cast.ana, narrow=True, dark=dark).open(f"/cases/{ref}/#chat")
    write(ana, "I look at it now.")
    jon = window(cast.jon, narrow=True, dark=dark).open(f"/chat/{ref}/")

    expect(jon.get_by_text("Ana Reyes is with you")).to_be_visible()
    assert axe(jon) == []
    assert axe(ana) == []
    for page in (jon, ana):
        button = page.get_by_role("button", name="Send", exact=True).bounding_box()
        assert button is not None
        assert button["height"] >= 44


def test_words_typed_without_a_connection_go_out_when_it_is_back(cast: Cast, window: Open) -> None:
    ref = start(cast.jon)
    seat = window(cast.jon)
    jon = seat.open(f"/chat/{ref}/")
    ana = window(cast.ana).open(f"/cases/{ref}/")
    write(jon, "one")
    expect(ana.locator(".bubble", has_text="one").last).to_be_visible(timeout=SOON)

    seat.context.set_offline(True)
    write(jon, "two")
    write(jon, "three")
    expect(jon.get_by_text("not sent yet, trying again").first).to_be_visible()
    write(ana, "Words of Ana while he is away.")
    expect(ana.locator(".bubble", has_text="while he is away")).to_be_visible(timeout=SOON)
    # Her words stand at once; wait until they are in the ledger too.
    expect(ana.locator(".pending")).to_have_count(0, timeout=10_000)
    assert "two" not in told(ref)
    seat.context.set_offline(False)

    expect(ana.locator(".bubble", has_text="three").last).to_be_visible(timeout=20_000)
    expect(jon.locator(".bubble", has_text="while he is away")).to_be_visible(timeout=20_000)
    expect(jon.locator(".pending")).to_have_count(0, timeout=SOON)
    assert told(ref)[1:] == ["one", "Words of Ana while he is away.", "two", "three"]
    assert bubbles(jon) == bubbles(ana) == told(ref)
    forgive(seat)


def test_an_answer_that_is_lost_after_the_commit_doubles_nothing(cast: Cast, window: Open) -> None:
    """The server has taken the words, and the browser never hears of it."""
    ref = start(cast.jon)
    seat = window(cast.jon)
    jon = seat.open(f"/chat/{ref}/")
    lost: list[object] = []

    def once(route: object) -> None:
        if not lost:
            lost.append(route.fetch())  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    jon.route(f"**/chat/{ref}/", once)
    write(jon, "only once")

    expect(jon.locator(".pending")).to_have_count(0, timeout=10_000)
    assert len(lost) == 1
    assert told(ref)[1:] == ["only once"]
    assert bubbles(jon).count("only once") == 1
    forgive(seat)


def test_words_survive_a_reload_before_they_were_sent(cast: Cast, window: Open) -> None:
    ref = start(cast.jon)
    seat = window(cast.jon)
    jon = seat.open(f"/chat/{ref}/")
    jon.route(f"**/chat/{ref}/", lambda route: route.abort())
    write(jon, "kept in the browser")
    expect(jon.get_by_text("not sent yet, trying again")).to_be_visible()

    jon.unroute(f"**/chat/{ref}/")
    jon.reload()

    expect(jon.locator(".pending")).to_have_count(0, timeout=10_000)
    assert told(ref)[1:] == ["kept in the browser"]
    assert bubbles(jon).count("kept in the browser") == 1
    forgive(seat)


@pytest.fixture
def own_server(site: str) -> Iterator[Callable[[], tuple[str, int]]]:
    """Start a server that may be killed, again and again at one address; its process group."""
    running: list[subprocess.Popen[bytes]] = []
    port = free_port()

    def begin() -> tuple[str, int]:
        for dead in running:
            dead.wait(timeout=10)
        running.append(serve(port))
        return f"http://localhost:{port}", running[-1].pid

    yield begin
    for server in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=10)


def test_it_goes_on_after_the_server_was_killed(
    cast: Cast, window: Open, own_server: Callable[[], tuple[str, int]]
) -> None:
    """kill -9 in the middle of a conversation, and a new server on the same address."""
    ref = start(cast.jon)
    site, group = own_server()
    seat = window(cast.jon, at=site)
    jon = seat.open(f"/chat/{ref}/")
    write(jon, "before")
    expect(jon.locator(".pending")).to_have_count(0, timeout=SOON)

    os.killpg(group, signal.SIGKILL)
    write(jon, "while it is away")
    expect(jon.get_by_text("not sent yet, trying again")).to_be_visible()
    own_server()
    answer = Message(id=str(uuid.uuid4()), text="Words of Ana.")
    chat_desk.answer(answer, case=ref, by=cast.ana.actor, at=clock.now())

    expect(jon.locator(".bubble", has_text="Words of Ana.")).to_be_visible(timeout=30_000)
    expect(jon.locator(".pending")).to_have_count(0, timeout=30_000)
    assert sorted(told(ref)[1:]) == ["Words of Ana.", "before", "while it is away"]
    assert bubbles(jon) == told(ref)
    forgive(seat)


def test_it_works_without_scripts(cast: Cast, window: Open) -> None:
    jon = window(cast.jon, scripts=False).open("/chat/")
    jon.get_by_label("What is wrong?").fill("Nobody can log in.")
    jon.get_by_role("button", name="Start the chat").click()
    jon.locator("[name=text]").fill("It says 502.")
    jon.get_by_role("button", name="Send", exact=True).click()
    ref = jon.url.rstrip("/").rpartition("/")[2]
    answer = Message(id=str(uuid.uuid4()), text="Words of Ana.")
    chat_desk.answer(answer, case=ref, by=cast.ana.actor, at=clock.now())

    jon.get_by_role("link", name="Look for answers").click()

    assert bubbles(jon) == ["Nobody can log in.", "It says 502.", "Words of Ana."]
    assert told(ref) == bubbles(jon)


def test_a_conversation_can_be_held_by_the_keyboard_alone(cast: Cast, window: Open) -> None:
    ref = start(cast.jon)
    ana = window(cast.ana).open(f"/cases/{ref}/")
    ana.locator("#chat .log").focus()
    for _ in range(12):
        ana.keyboard.press("Tab")
        if ana.evaluate("document.activeElement.id") == "chat_text":
            break
    ana.keyboard.type("By the keyboard.")
    ana.keyboard.press("Enter")

    expect(ana.locator(".bubble", has_text="By the keyboard.")).to_be_visible()
    expect(ana.locator(".pending")).to_have_count(0, timeout=SOON)
    assert ana.evaluate("document.activeElement.id") == "chat_text"
    assert told(ref)[-1] == "By the keyboard."


def test_an_end_while_the_page_is_open_changes_what_can_be_said(cast: Cast, window: Open) -> None:
    ref = start(cast.jon)
    jon = window(cast.jon).open(f"/chat/{ref}/")
    cases.decline(case=ref, by=cast.ana.actor, reason="It was a test.", at=clock.now())

    jon.get_by_role("button", name="I still need help").wait_for(timeout=SOON)
    jon.locator("[data-say] textarea").fill("It is none!")
    jon.get_by_role("button", name="I still need help").click()

    jon.wait_for_url(lambda url: ref not in url, timeout=SOON)
    expect(jon.locator(".bubble", has_text="It is none!")).to_be_visible()


def test_a_customer_talks_from_the_vendor_s_own_page(
    cast: Cast, window: Open, site: str, axe: Callable[[Page], list[str]]
) -> None:
    """On another site, with a strict policy, by a token; and again after the page was loaded."""
    with serving(Vendor(desk=site, more='data-open="chat"')) as vendor:
        key, secret = identity_keys.create(
            name="Dashboard",
            algorithm="HS256",
            origins=[vendor.origin],
            by=cast.rosa.actor,
            at=clock.now(),
        )
        vendor.kid, vendor.secret = key.kid, secret
        vendor.claims = {"sub": "7", "email": cast.jon.email, "customer": "petrel"}
        seat = window(at=vendor.origin)
        page = seat.open("/")
        page.locator("#redphone button").click()
        frame = page.frame_locator("iframe")
        expect(frame.get_by_text("Writing as Jon Bell")).to_be_visible()
        frame.get_by_label("What is wrong?").fill("Nobody can log in, it is down for everyone.")
        frame.get_by_role("button", name="Start the chat").click()
        expect(frame.get_by_text("We have your message")).to_be_visible()
        row = CaseRow.objects.get()
        assert (row.plan, row.reporter_id) == ("pro", cast.jon.pk)

        answer = Message(id=str(uuid.uuid4()), text="Words of Ana.")
        chat_desk.answer(answer, case=row.ref, by=cast.ana.actor, at=clock.now())
        expect(frame.locator(".bubble", has_text="Words of Ana.")).to_be_visible(timeout=SOON)
        frame.locator("[data-say] textarea").fill("Thank you!")
        frame.get_by_role("button", name="Send", exact=True).click()
        expect(frame.locator(".pending")).to_have_count(0, timeout=10_000)

        page.reload()
        page.locator("#redphone button").click()
        frame.get_by_role("link", name="Nobody can log in").click()
        expect(frame.locator(".bubble")).to_have_count(3)
        # Nothing is to be under way when the vendor's server goes.
        page.goto("about:blank")

    assert told(row.ref)[1:] == ["Words of Ana.", "Thank you!"]
    last = EntryRow.objects.filter(stream=row.ref).order_by("seq").last()
    assert last is not None
    assert last.actor == cast.jon.actor
