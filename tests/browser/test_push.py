"""Push in a real browser: the button, the service worker, and what it shows on a locked screen.

No push service can be reached from here. The browser's own subscription is stood in for, and what
our worker sends is opened by a push service of ours and handed to the service worker by the
browser's own debugger: all that is ours is real.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from playwright.sync_api import CDPSession, Page

from redphone import clock
from redphone.actions import browsers, deliveries, device_messages, incidents, push_keys
from redphone.actions.browsers import Standing
from redphone.channels.push.fake import FakeBrowser, FakePushServer
from redphone.channels.switchboard import Switchboard
from redphone.jobs import lines
from redphone.records.models import Delivery, Device, EntryRow
from redphone.records.models.delivery import DeliveryState

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Window
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SUBSCRIBED = """(subscription) => {
    const options = { userVisibleOnly: true, applicationServerKey: null };
    const mine = { endpoint: subscription.endpoint, options, toJSON: () => subscription };
    let current = null;
    PushManager.prototype.getSubscription = async () => current;
    PushManager.prototype.subscribe = async (asked) => {
        options.applicationServerKey = asked.applicationServerKey.buffer;
        current = mine;
        return mine;
    };
}"""
"""Stands in for the browser's push service, which is far away; the rest of the page is ours."""

WITHIN = 40.0


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, site: str) -> Iterator[FakePushServer]:
    monkeypatch.setattr(settings, "WEBHOOK_ALLOW", ["127.0.0.1"])
    monkeypatch.setattr(settings, "PUBLIC_URL", site)
    with FakePushServer() as service:
        yield service


def push_line() -> Switchboard:
    return Switchboard({"push": lines.lines()["push"]})


class Telephone:
    """A window whose service worker gets what the desk pushes to its browser."""

    def __init__(self, window: Window, browser: FakeBrowser) -> None:
        self.window, self.browser = window, browser
        self._handed = 0
        self._registration = ""
        self._debugger: CDPSession = window.context.new_cdp_session(window.page)
        self._debugger.on("ServiceWorker.workerRegistrationUpdated", self._updated)
        self._debugger.send("ServiceWorker.enable")

    def _updated(self, event: dict[str, Any]) -> None:
        for registration in event["registrations"]:
            if not registration["isDeleted"]:
                self._registration = registration["registrationId"]

    def hand_over(self) -> None:
        """Give the service worker what has come to the push service since the last time."""
        for pushed in self.browser.pushes[self._handed :]:
            self.deliver(json.dumps(pushed.told))
        self._handed = len(self.browser.pushes)

    def deliver(self, data: str) -> None:
        """A push as it is, of whatever says so."""
        told = {"origin": self.window.site, "data": data, "registrationId": self._registration}
        self._debugger.send("ServiceWorker.deliverPushMessage", told)

    def shows(self) -> list[dict[str, Any]]:
        """The notifications that are on the screen now."""
        found: list[dict[str, Any]] = self.window.page.evaluate(
            """async () => (await (await navigator.serviceWorker.ready).getNotifications()).map(
                ({ title, body, tag, requireInteraction, silent, actions }) => ({
                    title, body, tag, requireInteraction, silent,
                    actions: actions.map((each) => each.title),
                }))"""
        )
        return found

    def press(self, action: str) -> None:
        """Press a button of the notification that is shown."""
        worker = self.window.context.service_workers[0]
        worker.evaluate(
            """async (action) => {
                const [notification] = await self.registration.getNotifications();
                const pressed = { notification, action };
                self.dispatchEvent(new NotificationEvent("notificationclick", pressed));
            }""",
            action,
        )

    def until(self, what: Callable[[], bool], why: str) -> None:
        ends = time.monotonic() + WITHIN
        while not what():
            assert time.monotonic() < ends, f"{why}; it shows {self.shows()}"
            self.window.page.wait_for_timeout(100)


def a_telephone(cast: Cast, window: Open, service: FakePushServer, **look: bool) -> Telephone:
    """Ana's browser, on the page where she adds devices."""
    opened = window(cast.ana, **look)
    opened.context.grant_permissions(["notifications"], origin=opened.site)
    browser = FakeBrowser(service, push_keys.ours(at=clock.now()).public)
    told = browser.subscription.as_text()
    opened.context.add_init_script(f"({SUBSCRIBED})({told})")
    opened.open("/me/devices/")
    return Telephone(opened, browser)


def press_the_button(telephone: Telephone) -> None:
    page = telephone.window.page
    page.get_by_text("Push to this browser").first.click()
    page.get_by_role("button", name="Push to this browser").click()
    page.get_by_text("A first push is on its way").wait_for()


def a_working(cast: Cast, window: Open, service: FakePushServer) -> Telephone:
    telephone = a_telephone(cast, window, service)
    press_the_button(telephone)
    device_messages.send_waiting(channel=push_line, now=clock.now)
    telephone.hand_over()
    telephone.window.page.locator(".device", has_text="Chrome on Linux").get_by_text(
        "works"
    ).wait_for()
    return telephone


def a_page(cast: Cast, telephone: Telephone) -> str:
    """A page has come to Ana's browser: its incident."""
    ref = str(cast.report(cast.mira, at=clock.now() - timedelta(seconds=5)).incident)
    deliveries.send_waiting(channel=push_line, now=clock.now)
    telephone.hand_over()
    telephone.until(lambda: any(ref in each["title"] for each in telephone.shows()), "no page")
    return ref


def acknowledged(ref: str) -> list[str]:
    rows = EntryRow.objects.filter(stream=ref, kind="acknowledged")
    return list(rows.values_list("actor", flat=True))


def test_the_button_makes_a_device_that_works_without_any_code_typed(
    cast: Cast, window: Open, service: FakePushServer
) -> None:
    telephone = a_working(cast, window, service)

    standing = browsers.find(cast.ana.pk, telephone.browser.subscription.as_text().encode())
    assert standing.standing is Standing.WORKS
    assert [each["title"] for each in telephone.shows()] == ["Pages ring here"]


def test_a_page_rings_until_it_is_taken_and_says_that_it_has_come(
    cast: Cast, window: Open, service: FakePushServer
) -> None:
    telephone = a_working(cast, window, service)
    ref = a_page(cast, telephone)
    row = Delivery.objects.get(stream=ref, channel="push", purpose="page")

    def has_come() -> bool:
        row.refresh_from_db()
        return row.state == DeliveryState.DELIVERED

    telephone.until(has_come, "the receipt did not come")
    (shown,) = [each for each in telephone.shows() if each["tag"] == ref]
    assert shown["requireInteraction"] is True
    assert shown["actions"] == ["Take it", "Open"]
    assert acknowledged(ref) == []


def test_take_it_answers_from_the_locked_screen_and_says_who_was_let_go(
    cast: Cast, window: Open, service: FakePushServer
) -> None:
    telephone = a_working(cast, window, service)
    ref = a_page(cast, telephone)
    # Nobody is signed in there any more: the token of the message is all that there is.
    telephone.window.context.clear_cookies()

    telephone.press("take")

    says = f"{ref} is yours"
    telephone.until(lambda: says in [each["title"] for each in telephone.shows()], "not taken")
    (shown,) = [each for each in telephone.shows() if each["tag"] == ref]
    assert shown["body"]
    assert shown["requireInteraction"] is False
    assert acknowledged(ref) == [cast.ana.actor]


def test_taken_by_somebody_else_takes_the_place_of_what_rings(
    cast: Cast, window: Open, service: FakePushServer
) -> None:
    telephone = a_working(cast, window, service)
    ref = a_page(cast, telephone)
    incidents.acknowledge(incident=ref, by=cast.bo.actor, at=clock.now())

    deliveries.send_waiting(channel=push_line, now=clock.now)
    telephone.hand_over()

    says = f"{ref}: taken by {cast.bo.name}"
    telephone.until(lambda: any(each["title"] == says for each in telephone.shows()), "not told")
    (shown,) = [each for each in telephone.shows() if each["tag"] == ref]
    assert (shown["silent"], shown["requireInteraction"], shown["actions"]) == (True, False, [])


def test_a_push_of_whoever_calls_and_opens_no_other_site(
    cast: Cast, window: Open, service: FakePushServer
) -> None:
    telephone = a_working(cast, window, service)
    calls: list[str] = []
    telephone.window.context.on("request", lambda request: calls.append(request.url))
    told = {
        "kind": "page",
        "title": "Evil",
        "tag": "evil",
        "callback": "https://elsewhere.example/x",
        "link": "javascript:alert(1)",
    }

    telephone.deliver("no JSON at all")
    telephone.deliver(json.dumps(told))
    telephone.until(lambda: any(each["tag"] == "evil" for each in telephone.shows()), "nothing")

    assert {"Redphone", "Evil"} <= {each["title"] for each in telephone.shows()}
    assert not [each for each in calls if "elsewhere" in each]


def test_a_browser_that_blocks_notifications_is_told_where_to_allow_them(
    cast: Cast, window: Open
) -> None:
    opened = window(cast.ana, narrow=True)
    page = opened.open("/me/devices/")
    page.evaluate("Notification.requestPermission = async () => 'denied'")

    page.get_by_text("Push to this browser").first.click()
    page.get_by_role("button", name="Push to this browser").click()

    page.get_by_text("Notifications of this site are blocked").wait_for()
    assert not Device.objects.filter(kind="push").exists()


def test_a_browser_whose_push_service_is_away_says_so(cast: Cast, window: Open) -> None:
    opened = window(cast.ana)
    opened.context.grant_permissions(["notifications"], origin=opened.site)
    opened.context.add_init_script(
        """PushManager.prototype.subscribe = async () => {
            throw new DOMException("Registration failed - push service error", "AbortError");
        }"""
    )
    page = opened.open("/me/devices/")

    page.get_by_text("Push to this browser").first.click()
    page.get_by_role("button", name="Push to this browser").click()

    page.get_by_text("The push service of this browser did not answer").wait_for()
    assert page.get_by_role("button", name="Push to this browser").is_enabled()
    assert not Device.objects.filter(kind="push").exists()


def test_an_iphone_is_told_to_use_the_home_screen_first(cast: Cast, window: Open) -> None:
    opened = window(cast.ana, narrow=True)
    opened.context.add_init_script(
        "Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (iPhone)' })"
    )
    page = opened.open("/me/devices/")

    page.get_by_text("Push to this browser").first.click()

    page.get_by_text("Add to Home Screen").wait_for()
    assert page.get_by_role("button", name="Push to this browser").is_disabled()


def test_the_push_card_is_sound_to_axe(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    page = window(cast.ana, narrow=True, dark=True).open("/me/devices/")
    page.get_by_text("Push to this browser").first.click()

    assert axe(page) == []
