"""Can a responder do their work: with the keyboard alone, with scripts off, on a phone, live?"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from redphone.actions import cases, incidents, runbooks, updates
from redphone.clock import now
from redphone.core.updates import Stage
from redphone.records import ledger
from redphone.records.models import Heartbeat, IncidentRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE = timedelta(minutes=1)
FOCUSED = """(() => {
  const on = document.activeElement;
  return on.getAttribute("aria-label") || (on.labels && on.labels[0] && on.labels[0].textContent)
    || on.textContent;
})()"""
SAID = "We have found the cause and move traffic away from it."
RESTORED = "Service is restored; we checked from outside."


def an_outage(cast: Cast, minutes: int = 1) -> str:
    taken = cast.report(cast.mira, at=now() - minutes * MINUTE, closest_to="system-outage")
    return str(taken.incident)


def kinds(ref: str) -> list[str]:
    return [entry.kind for entry in ledger.entries(ref)]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name or text has the focus, as a person does."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if str(page.evaluate(FOCUSED)).strip().startswith(name):
            return
    pytest.fail(f"Tab never came to {name}")


def work_by_keyboard(page: Page) -> None:
    tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("You have it.")
    tab_to(page, "Update")
    page.keyboard.type(SAID)
    tab_to(page, "Send update")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("The update is on its way.")
    tab_to(page, "Resolve…")
    page.keyboard.press("Enter")
    tab_to(page, "What was restored")
    page.keyboard.type(RESTORED)
    tab_to(page, "Resolve and tell everyone")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Resolved, with all of its cases.")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_an_incident_goes_to_its_end_by_keyboard_alone(
    cast: Cast, window: Open, scripts: bool
) -> None:
    ref = an_outage(cast)
    page = window(cast.ana, scripts=scripts).open("/now/")

    tab_to(page, "Nobody can reach the dashboard")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/incidents/{ref}/$"))
    work_by_keyboard(page)

    done = [k for k in kinds(ref) if k in {"acknowledged", "update_posted", "resolved"}]
    assert done == ["acknowledged", "update_posted", "resolved"]
    assert IncidentRow.objects.get(ref=ref).status == "resolved"


def test_the_composer_says_what_is_missing_while_one_writes(cast: Cast, window: Open) -> None:
    ref = an_outage(cast)
    page = window(cast.ana).open(f"/incidents/{ref}/")

    page.locator("#update_words").press_sequentially("On it.")
    expect(page.locator("#hints")).to_contain_text("says too little")
    page.locator("#update_words").press_sequentially(" Traffic goes another way now.")
    expect(page.locator("#hints")).to_contain_text("says what changed")

    assert "update_posted" not in kinds(ref)


def test_the_room_follows_what_others_do_and_keeps_what_is_typed(cast: Cast, window: Open) -> None:
    ref = an_outage(cast)
    page = window(cast.ana).open(f"/incidents/{ref}/")
    page.locator("#update_words").fill("Half a sentence")
    page.locator("summary", has_text="Resolve…").click()
    page.locator("#resolve_words").fill("Half a reason")
    expect(page.locator("body[data-live=on]")).to_have_count(1)

    incidents.note(incident=ref, by=cast.bo.actor, words="The gateway answers again.", at=now())

    expect(page.locator("#timeline")).to_contain_text("The gateway answers again.")
    expect(page.locator("#update_words")).to_have_value("Half a sentence")
    expect(page.locator("#resolve_words")).to_have_value("Half a reason")


def test_the_board_shows_a_new_report_by_itself(cast: Cast, window: Open) -> None:
    page = window(cast.ana).open("/now/")
    expect(page.locator("body[data-live=on]")).to_have_count(1)
    expect(page.locator("h1")).to_have_text("No emergencies are open")

    ref = an_outage(cast, minutes=0)

    expect(page.locator("#board-table")).to_contain_text(ref)
    expect(page.locator("h1")).to_have_text("One emergency is open")


def test_on_a_phone_the_next_deadline_and_the_answer_are_where_the_thumb_is(
    cast: Cast, window: Open
) -> None:
    ref = an_outage(cast)
    page = window(cast.ana, narrow=True).open(f"/incidents/{ref}/")
    button = page.locator("#thumb button")

    box = button.bounding_box()
    assert box is not None
    assert box["y"] > 844 * 2 / 3
    assert box["height"] >= 44
    expect(page.locator("#thumb .due")).to_have_text(re.compile(r"\d:\d\d"))
    button.click()

    expect(page.locator(".messages")).to_contain_text("You have it.")
    assert "acknowledged" in kinds(ref)


def test_every_page_is_sound_for_assistive_technology(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    ref = an_outage(cast, minutes=20)
    case = str(cast.report(cast.jon, "Checkout shows an error to all shops.", at=now()).case)
    ines, at = cast.ines.actor, now()
    incidents.acknowledge(incident=ref, by=cast.ana.actor, at=at - 15 * MINUTE)
    incidents.take(incident=ref, by=ines, at=at - 14 * MINUTE)
    incidents.confirm(incident=ref, types=("system-outage",), by=ines, why="", at=at - MINUTE)
    runbooks.start(incident=ref, slug="service-outage", by=ines, at=at - MINUTE)
    cases.respond(case=case, by=ines, words="We are on it.", at=at)
    updates.post_update(
        incident=ref,
        by=ines,
        words=SAID,
        next_at=at + 20 * MINUTE,
        stage=Stage.CAUSE_FOUND,
        at=at,
    )
    Heartbeat.objects.create(name="clock", kind="clock", at=at)
    paths = [
        "/now/",
        f"/incidents/{ref}/",
        "/cases/",
        f"/cases/{case}/",
        "/oncall/",
        "/policy/",
        "/customers/",
        "/customers/nordwind/",
    ]

    found = {
        (path, narrow, dark): axe(window(cast.maya, narrow=narrow, dark=dark).open(path))
        for path in paths
        for narrow, dark in ((False, False), (True, True))
    }

    assert {where: faults for where, faults in found.items() if faults} == {}
