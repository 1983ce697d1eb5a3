"""Every page of customers and of the public: nothing serious for axe-core, nothing sideways.

Each is looked at wide and on a phone, light and dark. What the content security policy refuses,
or scripts complain of, fails by itself (see `conftest`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from redphone.actions import cases, incidents, updates
from redphone.clock import now
from redphone.core.updates import Stage
from redphone.records.models import Component, ComponentChange
from redphone.web.customer import links

if TYPE_CHECKING:
    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE = timedelta(minutes=1)
OPEN_TO_ALL = (
    "/report/",
    "/status/",
    "/status/history/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/nowhere/",
)
MIRAS = (
    "/report/",
    "/my/cases/",
    "/me/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/password/change/",
    "/accounts/logout/",
)


def outage(cast: Cast) -> tuple[str, str]:
    """A case and its incident, half an hour in: answered, told, a component down."""
    at = now() - 30 * MINUTE
    taken = cast.report(cast.mira, at=at, closest_to="system-outage")
    incident, case = str(taken.incident), str(taken.case)
    incidents.acknowledge(incident=incident, by=cast.ana.actor, at=at + MINUTE)
    cases.respond(case=case, by=cast.ana.actor, words="I have this.", at=at + 4 * MINUTE)
    updates.post_update(
        incident=incident,
        by=cast.ines.actor,
        words="Some shops see an error when customers pay by card.",
        next_at=at + 40 * MINUTE,
        stage=Stage.INVESTIGATING,
        at=at + 20 * MINUTE,
    )
    checkout = Component.objects.get(slug="checkout")
    for days, state in ((50, "operational"), (20, "degraded"), (19, "operational")):
        day = at - timedelta(days=days)
        ComponentChange.objects.create(component=checkout, state=state, at=day, actor="system")
    return case, incident


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_axe_finds_nothing_serious(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]], narrow: bool, dark: bool
) -> None:
    case, incident = outage(cast)
    late = cast.report(cast.mira, "We are locked out", at=now() - 20 * MINUTE).case
    link = f"/my/report/{links.token(cast.report(None, at=now()).report)}/"
    found = {}

    anyone = window(narrow=narrow, dark=dark)
    for path in (*OPEN_TO_ALL, f"/status/incident/{incident}/", link):
        found[path] = axe(anyone.open(path))
    mira = window(cast.mira, narrow=narrow, dark=dark)
    for path in (*MIRAS, f"/my/cases/{case}/", f"/my/cases/{late}/"):
        found[f"mira {path}"] = axe(mira.open(path))
    found["ana /me/"] = axe(window(cast.ana, narrow=narrow, dark=dark).open("/me/"))

    assert {path: faults for path, faults in found.items() if faults} == {}


def test_axe_sees_what_is_wrong(
    cast: Cast, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    """The check itself: a field without a name, pale words, and a page wider than the window."""
    page = window().open("/report/")
    page.evaluate(
        """() => {
            document.querySelector("label[for=id_contact]").remove();
            document.querySelector("h1").style.cssText = "color: #ddd; width: 3000px";
        }"""
    )

    faults = axe(page)

    assert {fault.partition(":")[0] for fault in faults} >= {"label", "color-contrast"}
    assert "the page scrolls sideways" in faults


def test_times_are_there_with_scripts_off(cast: Cast, window: Open) -> None:
    case, _ = outage(cast)

    page = window(cast.mira, scripts=False).open(f"/my/cases/{case}/")

    expect(page.locator("#next")).to_contain_text("Next update in 9 minutes")
    expect(page.locator("#next")).to_contain_text("UTC at the latest")


def test_times_tick_by_themselves(cast: Cast, window: Open) -> None:
    """The words go on without asking the server, and a clock that runs out turns red."""
    ref = cast.report(cast.mira, at=now() - 15 * MINUTE + timedelta(seconds=6)).case
    page = window(cast.mira).open(f"/my/cases/{ref}/")

    expect(page.locator("#next .what time")).to_contain_text("seconds late", timeout=15_000)
    expect(page.locator("#next")).to_have_attribute("data-state", "late")


def test_a_customers_page_hears_of_an_answer(cast: Cast, window: Open) -> None:
    """What was typed meanwhile stays, and the page isn't loaded anew."""
    ref = str(cast.report(cast.mira, at=now()).case)
    page = window(cast.mira).open(f"/my/cases/{ref}/")
    page.wait_for_selector("body[data-live=on]", timeout=40_000)
    page.get_by_label("Add to your report").fill("half a sentence")
    page.evaluate("window.same = true")

    cases.respond(case=ref, by=cast.ana.actor, words="Hello Mira, I am on it.", at=now())

    expect(page.locator("#said")).to_contain_text("Hello Mira, I am on it.")
    expect(page.locator("#next")).to_contain_text("Next update")
    expect(page.get_by_label("Add to your report")).to_have_value("half a sentence")
    assert page.evaluate("window.same")


def test_the_status_page_hears_of_an_update(cast: Cast, window: Open) -> None:
    _, incident = outage(cast)
    page = window().open("/status/")
    page.wait_for_selector("body[data-live=on]", timeout=40_000)

    updates.post_update(
        incident=incident,
        by=cast.ines.actor,
        words="We have moved traffic to the second gateway.",
        next_at=now() + 20 * MINUTE,
        stage=Stage.RECOVERING,
        at=now(),
    )

    expect(page.locator("#said")).to_contain_text("We have moved traffic to the second gateway.")
