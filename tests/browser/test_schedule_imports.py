"""A schedule imported in a browser, with scripts off, by keyboard and on a telephone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from redphone.records.models import RotaLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def shifts() -> bytes:
    shift: dict[str, Any] = {
        "id": "OSHIFT",
        "name": "Weeks",
        "type": "rolling_users",
        "time_zone": "Europe/Berlin",
        "level": 1,
        "start": "2026-01-05T09:00:00",
        "duration": 604_800,
        "frequency": "weekly",
        "interval": 1,
        "week_start": "MO",
        "rolling_users": [["U1"], ["U2"]],
    }
    users = [{"id": "U1", "username": "Ana Lima"}, {"id": "U2", "username": "anni"}]
    return json.dumps({"results": [shift], "users": users}).encode()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_schedule_is_proved_and_saved(
    cast: Cast, window: Open, axe: Callable[..., list[str]], scripts: bool
) -> None:
    desk = window(cast.maya, scripts=scripts)
    page = desk.open("/oncall/import/")
    page.get_by_label("Team").select_option("On-call Engineer")
    page.get_by_label("Comes from").select_option("grafana")
    page.get_by_label("Files").set_input_files(
        {"name": "shifts.json", "mimeType": "application/json", "buffer": shifts()}
    )
    page.get_by_role("button", name="Read and prove it").click()

    expect(page.get_by_text("525,600 minutes agree.")).to_be_visible()
    page.get_by_label("anni here").select_option(cast.bo.name)
    page.get_by_label("Ana Lima here").select_option(cast.ana.name)
    page.get_by_role("button", name="That is who they are").click()
    page.get_by_label("It takes the place of the present plan").check()
    if scripts:
        assert axe(page) == []
    page.get_by_role("button", name="Make it the plan").click()

    expect(page.get_by_text("is on call by this plan from now on")).to_be_visible()
    assert RotaLayer.objects.filter(team__name="On-call Engineer").count() == 1


def test_an_address_for_a_calendar_is_made_by_keyboard(
    cast: Cast, window: Open, axe: Callable[..., list[str]]
) -> None:
    desk = window(cast.ana)
    page = desk.open("/oncall/feeds/")
    page.get_by_role("button", name="Make an address for my own duties").press("Enter")

    address = page.get_by_label("Address of my own duties")
    expect(address).to_have_value(f"{desk.site}/calendar/" + address.input_value().rsplit("/")[-1])
    assert axe(page) == []
