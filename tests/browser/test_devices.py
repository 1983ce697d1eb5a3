"""Can somebody say how they are reached: by keyboard, without scripts, on a phone, in the dark?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.browser.test_responder_room import tab_to

from redphone.actions import device_messages, devices
from redphone.channels.mail.fake import FakeMail
from redphone.clock import now
from redphone.records.models import Device, RuleStep
from redphone.records.models.device import DeviceKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def the_code() -> str:
    """Send what waits, as a worker does, and read the code that it brings."""
    line = FakeMail()
    device_messages.send_waiting(channel=lambda: line, now=now)
    found = re.search(r"\b\d{6}\b", line.messages[-1].lines[0])
    assert found
    return found[0]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_a_device_is_added_and_verified_by_keyboard_alone(
    cast: Cast, window: Open, scripts: bool
) -> None:
    page = window(cast.ana, scripts=scripts, narrow=True, dark=True).open("/me/devices/")

    tab_to(page, "E-mail")
    page.keyboard.press("Enter")
    tab_to(page, "E-mail address")
    page.keyboard.type("ana@home.example")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("The code is being sent…")
    code = the_code()
    if scripts:
        # It looks again by itself.
        expect(page.locator("main")).to_contain_text("The code was sent")
    tab_to(page, "Code for E-mail ana@home.example")
    page.keyboard.type(code)
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("works: pages come to it")
    assert Device.objects.get(address="ana@home.example").is_working


def test_a_rule_says_what_it_does_while_it_is_changed_and_is_saved_by_keyboard(
    cast: Cast, window: Open
) -> None:
    Device.objects.create(
        person=cast.ana,
        kind=DeviceKind.VOICE,
        address="+442079460321",
        verified_at=now(),
        created_at=now(),
    )
    page = window(cast.ana).open("/me/rules/")

    tab_to(page, "Device 1")
    page.keyboard.type("Telephone")
    tab_to(page, "After minutes 1")
    page.keyboard.type("6")
    expect(page.locator("#words-urgent")).to_contain_text("Nothing at all happens for 1 minute")
    tab_to(page, "Save")
    page.keyboard.press("Enter")

    expect(page.locator(".messages")).to_contain_text("Saved.")
    assert RuleStep.objects.filter(person=cast.ana, urgency="urgent").exists()


def test_the_pages_of_devices_are_sound_for_assistive_technology(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    devices.begin(person=cast.rosa.pk, kinds=["voice", "sms"], to="+442079460321", at=now())
    Device.objects.filter(person=cast.bo).update(off_at=now(), off_why="its mailbox is full")

    found = {
        (path, dark): axe(window(cast.rosa, narrow=dark, dark=dark).open(path))
        for path in ("/me/", "/me/devices/", "/me/rules/", "/oncall/reach/")
        for dark in (False, True)
    }

    assert {where: faults for where, faults in found.items() if faults} == {}
