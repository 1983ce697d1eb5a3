"""Can somebody in trouble report it: by keyboard alone, with scripts off, without an account?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from redphone.records.models import CaseRow, Report

if TYPE_CHECKING:
    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOCUSED = "document.activeElement.name || document.activeElement.textContent.trim()"
WORDS = "Nobody in our company can sign in since the SSO change this morning."


def test_an_emergency_is_reported_with_the_keyboard_alone(cast: Cast, window: Open) -> None:
    """FAQ-2, FAQ-6: tab, write, choose, send; the case shows until when somebody answers."""
    mira = window(cast.mira)
    page = mira.open("/report/")
    keys = page.keyboard

    page.locator("textarea[name=description]").focus()
    keys.type(WORDS)
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("Space")
    keys.press("Tab")
    keys.type("+44 20 7946 0321")
    keys.press("Enter")

    expect(page).to_have_url(re.compile(r"/my/cases/RP-\d+/$"))
    expect(page.locator("#next")).to_contain_text("A person answers you in 1")
    case = CaseRow.objects.get()
    assert case.customer == cast.mira.customer
    assert case.report.description == WORDS


def test_tab_reaches_everything_on_the_form_in_order(cast: Cast, window: Open) -> None:
    page = window().open("/report/")
    reached = []

    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))

    wanted = ["description", "closest_to", "contact", "Report critical issue"]
    places = [reached.index(name) for name in wanted]
    assert reached[0] == "Skip to the page"
    assert places == sorted(places)


def test_an_emergency_is_reported_with_scripts_off_and_without_an_account(
    cast: Cast, window: Open
) -> None:
    """POL-6: the link that comes back is the way to the case, and to add to it."""
    page = window(scripts=False).open("/report/")

    page.get_by_label("What is wrong?").fill(WORDS)
    page.get_by_label("We are locked out").check()
    page.get_by_label("Best way to reach you now").fill("+44 20 7946 0321")
    page.get_by_text("More that helps").click()
    page.get_by_label("How many users are affected?").fill("all 240")
    page.get_by_role("button", name="Report critical issue").click()

    expect(page).to_have_url(re.compile(r"/my/report/.+/$"))
    expect(page.locator("#next")).to_contain_text("A person answers you in 14 minutes")
    page.get_by_label("Add to your report").fill("It began at 9 in the morning.")
    page.get_by_role("button", name="Add details").click()
    expect(page.locator("#said")).to_contain_text("It began at 9 in the morning.")
    report = Report.objects.get()
    assert report.case_ref
    assert report.fields["users_affected"] == "all 240"


def test_what_is_missing_is_said_and_nothing_typed_is_lost(cast: Cast, window: Open) -> None:
    page = window().open("/report/")
    page.evaluate("document.querySelector('form[action=\"/report/\"]').noValidate = true")

    page.get_by_label("What is wrong?").fill(WORDS)
    page.get_by_role("button", name="Report critical issue").click()

    expect(page.get_by_role("alert")).to_contain_text("Leave a phone number")
    expect(page.get_by_label("What is wrong?")).to_have_value(WORDS)
    assert not Report.objects.exists()


def test_pressing_twice_makes_one_case(cast: Cast, window: Open) -> None:
    page = window(cast.mira).open("/report/")
    page.get_by_label("What is wrong?").fill(WORDS)

    page.get_by_role("button", name="Report critical issue").dblclick()

    expect(page).to_have_url(re.compile(r"/my/cases/RP-\d+/$"))
    assert CaseRow.objects.count() == 1
