"""On call, as people do it: by the keyboard, on a phone, with scripts off, in the dark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from redphone.clock import now
from redphone.records import rotas
from redphone.records.models import Absence, Override, RotaLayer, RotaShift, RotaTurn, Swap, Team

if TYPE_CHECKING:
    from tests.browser.conftest import Open
    from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """L1 Support by turns with a hole at week-ends, a stand-in, an absence, a swap that waits."""
    at, team = now(), Team.objects.get(name="L1 Support")
    RotaShift.objects.filter(team=team).delete()
    layer = RotaLayer.objects.create(
        team=team,
        name="Days",
        time_zone="Europe/Berlin",
        unit="day",
        starts_at=at - 9 * DAY,
        windows=[[day, "00:00", (day + 1) % 7, "00:00"] for day in range(5)],
        made_at=at,
    )
    for position, person in enumerate((cast.ana, cast.bo)):
        RotaTurn.objects.create(layer=layer, position=position, person=person)
    times = {"starts_at": at + DAY, "ends_at": at + 2 * DAY}
    Override.objects.create(
        team=team, person=cast.ines, made_by=cast.maya.actor, made_at=at, **times
    )
    Absence.objects.create(
        person=cast.tom, why="training", made_by=cast.tom.actor, made_at=at, **times
    )
    Swap.objects.create(
        team=Team.objects.get(name="CISO"),
        asked_by=cast.maya,
        asked_of=cast.bo,
        asked_at=at,
        **times,
    )
    return cast


def test_the_pages_have_no_faults_wide_and_on_a_phone_in_the_dark(
    busy: Cast, window: Open, axe: Callable[[Page], list[str]]
) -> None:
    layer = RotaLayer.objects.get()
    paths = [
        "/oncall/",
        "/oncall/calendar/",
        "/oncall/calendar/?show=month",
        "/oncall/calendar/?team=l1-support&show=month",
        f"/oncall/calendar/?by=person&show=month&person={busy.bo.pk}",
        "/oncall/mine/",
        "/oncall/nights/",
        "/oncall/teams/l1-support/",
        "/oncall/teams/l1-support/shift/",
        f"/oncall/teams/l1-support/layers/{layer.pk}/",
        f"/oncall/teams/l1-support/layers/{layer.pk}/remove/",
    ]
    wide, phone = window(busy.maya), window(busy.maya, narrow=True, dark=True)

    looked = [*((path, phone) for path in paths), *((path, wide) for path in paths[1:4])]
    found = {(path, each is phone): axe(each.open(path)) for path, each in looked}

    assert {where: faults for where, faults in found.items() if faults} == {}


def test_a_layer_is_planned_seen_and_saved_with_scripts_off(cast: Cast, window: Open) -> None:
    page = window(cast.maya, narrow=True, scripts=False).open("/oncall/teams/cto/")
    page.get_by_role("link", name="Add a layer").click()
    page.get_by_label("Turn 1", exact=True).select_option("Ana Reyes")
    page.get_by_label("Turn 2", exact=True).select_option("Bo Lindqvist")
    page.get_by_role("button", name="Room for more").click()
    page.get_by_label("Turn 2, together with").first.select_option("Ines Haddad")
    page.get_by_label("Name", exact=True).fill("Weeks")
    page.get_by_label("The first turn begins").fill(f"{now() - 3 * DAY:%Y-%m-%dT09:00}")
    page.get_by_role("button", name="Show what changes").click()
    effect = page.locator("#effect").inner_text()

    page.get_by_role("button", name="Save it").click()

    assert "Tom Okafor" in effect
    assert "How evenly it lies" in effect
    assert page.locator("#layers").inner_text().count("Bo Lindqvist and Ines Haddad") == 1
    assert rotas.on_call("CTO", now()) == (cast.ana.actor,)


def test_a_shift_is_given_away_and_taken_by_the_keyboard_alone(cast: Cast, window: Open) -> None:
    ana = window(cast.ana).open("/oncall/teams/l1-support/shift/")
    ana.get_by_text("Ask for a swap…").focus()
    ana.keyboard.press("Enter")
    ask = ana.locator("details[open] form")
    ask.get_by_label("Ask", exact=True).select_option("Bo Lindqvist")
    begins = now() + DAY
    ask.get_by_label("They take from").fill(f"{begins:%Y-%m-%dT%H:%M}")
    ask.get_by_label("until (UTC)").first.fill(f"{begins + DAY:%Y-%m-%dT%H:%M}")
    ask.get_by_role("button", name="Ask").press("Enter")
    ana.get_by_text("They are asked.").wait_for()

    bo = window(cast.bo, narrow=True).open("/oncall/")
    bo.get_by_role("link", name="1 waiting for you").first.press("Enter")
    bo.get_by_role("button", name="I take it").press("Enter")
    bo.get_by_text("It is yours now.").wait_for()

    assert rotas.on_call("L1 Support", begins + timedelta(hours=1)) == (cast.bo.actor,)


def test_on_a_phone_the_calendar_is_an_agenda(busy: Cast, window: Open) -> None:
    page = window(busy.ana, narrow=True).open("/oncall/calendar/?team=l1-support")
    days = page.locator(".week-table td:visible")
    first = days.first.bounding_box()
    second = days.nth(1).bounding_box()

    assert first is not None
    assert second is not None
    assert first["width"] > 300
    assert second["y"] >= first["y"] + first["height"]
    assert page.get_by_text("Nobody").first.is_visible()
