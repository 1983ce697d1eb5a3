"""A call on a responder's phone, in the dark: whom to call back, and that it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from redphone.actions import hotline, hotline_deeds
from redphone.clock import now
from redphone.core.hotline import Callback, Step
from redphone.records.models import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CALLER = "+442079460321"


def a_call_that_was_abandoned() -> str:
    at = now() - timedelta(minutes=3)
    for told in (
        Callback(step=Step.VOICE, call="CA1", at=at, caller=CALLER, called="+18005559999"),
        Callback(step=Step.MENU, call="CA1", at=at, speech="Nobody can <b>pay</b> " + "ä" * 90),
        Callback(step=Step.STATUS, call="CA1", at=at, status="completed"),
    ):
        hotline.hear(told)
    hotline_deeds.sweep(at=now())
    return Call.objects.get().case_ref


def test_whom_to_call_back_is_one_touch_away_and_ticked_off(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    ref = a_call_that_was_abandoned()
    phone = window(cast.ana, narrow=True, dark=True)

    page = phone.open("/now/")
    expect(page.locator("#board-calls")).to_contain_text("Call back")
    expect(page.locator(f'#board-calls a[href="tel:{CALLER}"]')).to_be_visible()
    page.get_by_role("link", name=ref).first.click()
    page.get_by_text("I called back").click()
    faults = axe(page)
    page.get_by_label("What was said", exact=False).last.fill("Shops are back; they wait for us.")
    page.get_by_role("button", name="Put it on record").last.click()

    expect(page.locator("#calls")).to_contain_text("Called back")
    assert faults == []
    assert Call.objects.get().called_back_by == cast.ana
