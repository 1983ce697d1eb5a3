"""Can a responder read mail that came in, and put a parked one somewhere, with scripts off too?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.integration.mails import Post, letter

from redphone.clock import now
from redphone.records.models import CaseRow, ReceivedMail

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HTML = (
    "<p>It is <b>down</b></p><script>document.title='run'</script><img src='https://x.example/'>"
)


@pytest.fixture
def post(cast: Cast) -> Post:
    return Post(now())


def test_a_parked_mail_is_put_to_a_case_without_scripts(
    cast: Cast, post: Post, window: Open
) -> None:
    case = post.bring(letter(cast.mira.email)).stream
    post.bring(letter("x@elsewhere.example", "Away", auto_submitted="auto-replied"))
    page = window(cast.ana, scripts=False).open("/mail/")

    page.get_by_role("link", name="Away").click()
    page.get_by_text("Put it to a case…").click()
    page.get_by_label("Case").fill(case)
    page.get_by_role("button", name="Put it there").click()

    expect(page.locator(".messages")).to_contain_text(f"It stands in {case} now.")
    assert ReceivedMail.objects.get(subject="Away").stream == case


def test_the_pages_of_mail_are_fit_for_everybody(
    cast: Cast, post: Post, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    made = letter(cast.mira.email, "The dashboard of our " + "w" * 80 + " is down")
    made.add_alternative(HTML, subtype="html")
    opened = post.bring(made, dmarc="fail")
    parked = post.bring(letter("x@elsewhere.example", auto_submitted="auto-replied"))

    for look in ({}, {"narrow": True, "dark": True}):
        seen = window(cast.ana, **look)
        for path in (
            "/mail/?show=all",
            f"/mail/{parked.mail}/",
            f"/mail/{opened.mail}/",
            f"/cases/{opened.stream}/",
        ):
            assert axe(seen.open(path)) == [], path


def test_the_layout_of_a_mail_runs_nothing(cast: Cast, post: Post, window: Open) -> None:
    made = letter(cast.mira.email)
    made.add_alternative(HTML, subtype="html")
    taken = post.bring(made)
    asked: list[str] = []
    seen = window(cast.ana)
    seen.page.on("request", lambda request: asked.append(request.url))
    page = seen.open(f"/mail/{taken.mail}/")

    page.get_by_text("As it was laid out").click()
    expect(page.frame_locator("iframe").locator("b")).to_have_text("down")

    assert page.title() != "run"
    assert not [url for url in asked if "x.example" in url]
    assert CaseRow.objects.count() == 1
