"""A door in a browser: made with scripts off, its token opens the very server that showed it."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from redphone.records.models import Alert

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def trigger(site: str, token: str) -> None:
    event: dict[str, Any] = {
        "routing_key": token,
        "event_action": "trigger",
        "dedup_key": "checkout",
        "payload": {"summary": "The checkout is down", "source": "web-1", "severity": "critical"},
    }
    with urlopen(Request(f"{site}/v2/enqueue", json.dumps(event).encode())) as answer:
        assert answer.status == 202


def settled() -> None:
    until = time.monotonic() + 10
    while Alert.objects.filter(became="waiting").exists() and time.monotonic() < until:
        time.sleep(0.05)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_door_is_made_and_opens(
    cast: Cast, window: Open, axe: Callable[..., list[str]], scripts: bool
) -> None:
    desk = window(cast.maya, scripts=scripts)
    page = desk.open("/doors/")
    page.get_by_text("New door…").click()
    page.get_by_label("What comes in by it").fill("Frankfurt")
    page.get_by_label("What it sends").select_option("pagerduty")
    page.get_by_role("button", name="Make it").click()
    token = re.findall(r"rpd[0-9a-f]{29}", page.get_by_label("The token").inner_text())[0]

    trigger(desk.site, token)
    settled()
    page = desk.open(f"/doors/{Alert.objects.get().door_id}/")

    expect(page.get_by_role("link", name="INC-")).to_be_visible()
    expect(page.get_by_text("The checkout is down")).to_be_visible()
    if scripts:
        assert axe(page) == []


def test_its_pages_are_right_on_a_phone_in_the_dark(
    cast: Cast, window: Open, axe: Callable[..., list[str]]
) -> None:
    from redphone import clock
    from redphone.actions import doors

    door, token = doors.create(name="Frankfurt", format="pagerduty", at=clock.now())
    phone = window(cast.maya, narrow=True, dark=True)
    trigger(phone.site, token)
    settled()

    for path in ("/doors/", f"/doors/{door.pk}/"):
        assert axe(phone.open(path)) == [], path
