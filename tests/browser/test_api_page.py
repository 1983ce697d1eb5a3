"""The API's page in a browser, under our content security policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_apis_page_shows_every_route_and_asks_nobody_else(cast: Cast, window: Open) -> None:
    browser = window()
    asked: list[str] = []
    browser.page.on("request", lambda request: asked.append(request.url))

    page = browser.open("/api/v1/docs")

    page.locator(".opblock-summary-description").first.wait_for(timeout=30_000)
    page.locator(".opblock-summary-control").first.click()
    page.locator(".try-out__btn").click()
    page.locator("textarea").first.wait_for()
    assert page.locator(".opblock").count() > 30
    assert asked
    assert all(url.startswith(("data:", browser.site)) for url in asked)
